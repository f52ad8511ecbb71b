"""The demo's own mail and SMS services: what would have gone out lies in a folder, and a page shows it.

No mail and no SMS ever leaves a demo. Both servers listen on loopback.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import uuid4

import uvicorn
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

HOST = "127.0.0.1"
NEWEST = 200  # what the page lists
LARGEST_SMS = 20_000
NAME = re.compile(r"[0-9a-f]{32}")
TEMPLATES = Path(__file__).parent / "templates" / "fakes"
PAGES = Environment(
    loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
# a mail's own HTML: its style and nothing else, in a frame that may run, send and open nothing
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox"
)
ALWAYS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}


class KeepMail:
    """Writes each accepted mail to `folder` as one .eml file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    async def handle_DATA(self, _server: SMTP, _session: SmtpSession, envelope: Envelope) -> str:  # noqa: N802  (aiosmtpd)
        content: Any = envelope.content
        _keep(self._folder, content, "eml")
        return "250 kept"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One line of the page."""

    kind: str
    name: str
    time: datetime
    to: str
    subject: str


def serve_fakes(mail_folder: Path, smtp_port: int, page_port: int) -> None:
    """Take mail and SMS and show them, on loopback, until SIGTERM or SIGINT."""
    controller = Controller(KeepMail(mail_folder), hostname=HOST, port=smtp_port)
    controller.start()
    try:
        uvicorn.run(
            create_fakes(mail_folder), host=HOST, port=page_port, access_log=False, log_config=None,
            timeout_graceful_shutdown=2,
        )  # fmt: skip
    finally:
        controller.stop()


def create_fakes(mail_folder: Path) -> Starlette:
    """The page of what arrived, and `POST /sms`, which takes what apprise's `json://` sends."""
    mail_folder.mkdir(parents=True, exist_ok=True)
    static = Path(__file__).parent / "web" / "static"
    app = Starlette(
        routes=[
            Route("/", _list),
            Route("/mails/{name}", _mail),
            Route("/mails/{name}/html", _html_part),
            Route("/sms", _take_sms, methods=["POST"]),
            Route("/fakes.css", lambda _request: FileResponse(TEMPLATES / "fakes.css")),
            Mount("/static", StaticFiles(directory=static)),
        ],
        # a page elsewhere must not read this one by giving its own name our address
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])],
    )
    app.state.folder = mail_folder
    return app


def arrivals_for(folder: Path, email: str | None, phone: str | None) -> list[Path]:
    """The files of mails and SMS that went to this address or number."""
    theirs = {address for address in (email, phone) if address}
    if not theirs or not folder.is_dir():
        return []
    files = [path for path in folder.iterdir() if path.suffix in (".eml", ".sms")]
    return [path for path in files if any(address in _arrival(path).to for address in theirs)]


def _list(request: Request) -> Response:
    folder: Path = request.app.state.folder
    files = [
        path for path in folder.iterdir() if path.suffix in (".eml", ".sms") and NAME.fullmatch(path.stem)
    ]
    newest = sorted(files, key=lambda path: path.stat().st_mtime, reverse=True)
    return _page("list.html", arrivals=[_arrival(path) for path in newest[:NEWEST]], total=len(newest))


def _mail(request: Request) -> Response:
    path = _path(request)
    if path is None:
        return _page("missing.html", status=404)
    mail = _read(path)
    text, html = _part(mail, "plain"), _part(mail, "html")
    headers = [(name, str(value)) for name, value in mail.items()]
    return _page(
        "mail.html", arrival=_arrival(path), headers=headers, text=text or "", has_html=html is not None
    )


def _html_part(request: Request) -> Response:
    path = _path(request)
    html = _part(_read(path), "html") if path else None
    return HTMLResponse(html or "", 200 if html else 404, {"Content-Security-Policy": MAIL_POLICY, **ALWAYS})


async def _take_sms(request: Request) -> Response:
    """Keep `to` and `message` of a JSON object."""
    try:
        said = json.loads((await request.body())[:LARGEST_SMS])
        kept = {"to": str(said["to"]), "message": str(said["message"])}
    except (ValueError, KeyError, TypeError, RecursionError):
        return JSONResponse({"error": "Expected a JSON object with to and message."}, 400)
    _keep(request.app.state.folder, json.dumps(kept).encode(), "sms")
    return JSONResponse({"kept": True})


def _keep(folder: Path, content: bytes, kind: str) -> None:
    """Whole or not at all: a reader never sees half a file."""
    fresh = folder / f".{uuid4().hex}"
    fresh.write_bytes(content)
    fresh.rename(folder / f"{uuid4().hex}.{kind}")


def _arrival(path: Path) -> Arrival:
    time = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    if path.suffix == ".sms":
        said = json.loads(path.read_bytes())
        return Arrival("SMS", path.stem, time, said["to"], said["message"])
    mail = _read(path)
    return Arrival("Mail", path.stem, time, str(mail["To"] or ""), str(mail["Subject"] or "(no subject)"))


def _path(request: Request) -> Path | None:
    name = request.path_params["name"]
    path: Path = request.app.state.folder / f"{name}.eml"
    return path if NAME.fullmatch(name) and path.is_file() else None


def _read(path: Path) -> EmailMessage:
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def _part(mail: EmailMessage, subtype: str) -> str | None:
    part = mail.get_body((subtype,))
    return None if part is None else str(part.get_content())


def _page(name: str, status: int = 200, **context: Any) -> Response:
    headers = {"Content-Security-Policy": PAGE_POLICY, **ALWAYS}
    return HTMLResponse(PAGES.get_template(name).render(context), status, headers)
