"""What an installation needs, looked at part by part: each finding says what is so, and how to mend what is not."""

import shutil
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from importlib import metadata
from pathlib import Path

import httpx
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import select

from app.bot_process import BOT, MODEL, RASA, fingerprint
from app.channels.smtp import SmtpServer
from app.settings import Environment, Settings
from db import tables
from db.migrate import is_current
from db.session import make_engine, read_only
from desk.canned_replies import load_canned_replies
from desk.errors import DeskError
from desk.rules import load_rules
from desk.shop_facts import load_shop_facts
from risk_model.encoder import Manifest, holds_encoder
from risk_model.encoder_engines import computes_bf16
from risk_model.loading import load_scorer
from risk_model.scorer import NoModel

CORE = (
    "torch",
    "transformers",
    "sentence-transformers",
    "rasa-sdk",
    "sqlmodel",
    "apscheduler",
    "onnxruntime",
)
PATIENCE_SECONDS = 3.0
LEAST_FREE_GIB = 2
HOST = "127.0.0.1"
OLDEST_TICK = timedelta(seconds=60)


class State(StrEnum):
    OK = "ok"
    NOTE = "note"  # works, and is worth knowing
    MEND = "mend"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `mend` says what to do about it."""

    part: str
    state: State
    words: str
    mend: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """Every finding, one by one. Nothing is changed, sent or started."""
    looks = (_versions, _bot_environment, _secrets, _data_folder, _database, _encoder, _model, _bot, _files)
    for look in (*looks, _ports, _mail):
        yield from look(settings)


def _versions(_: Settings) -> Iterator[Finding]:
    for name in CORE:
        try:
            yield _ok("versions", f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            yield _mend("versions", f"{name} is not installed", "run: make setup")


def _bot_environment(_: Settings) -> Iterator[Finding]:
    found = sorted((BOT / ".venv" / "lib").glob("python*/site-packages/rasa-*.dist-info"))
    if not RASA.is_file() or not found:
        yield _mend("versions", "the bot's environment bot/.venv is missing", "run: make setup")
        return
    python = found[0].parent.parent.name.removeprefix("python")
    yield _ok("versions", f"rasa {found[0].name.split('-')[1].removesuffix('.dist')} on Python {python}")


def _secrets(settings: Settings) -> Iterator[Finding]:
    if settings.env is Environment.PRODUCTION:
        yield _ok("secrets", "set, and long enough: a start without them is refused")
    else:
        yield Finding(
            "secrets", State.NOTE, "a demo's, made from the data folder's own seed",
            "before customers come: set STAYLINE_ENV=production, which names the secrets it needs",
        )  # fmt: skip


def _data_folder(settings: Settings) -> Iterator[Finding]:
    folder = settings.data_folder
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free / 2**30
    if free < LEAST_FREE_GIB:
        yield _mend("data folder", f"{free:.1f} GiB free at {folder}", f"free at least {LEAST_FREE_GIB} GiB")
    else:
        yield _ok("data folder", f"{folder}, {free:.0f} GiB free")


def _database(settings: Settings) -> Iterator[Finding]:
    url = settings.database
    if url.startswith("sqlite") and not Path(url.removeprefix("sqlite:///")).exists():
        yield _mend("database", "not made yet", "run: stayline demo, or feed your data with: stayline ingest")
        return
    engine = make_engine(url)
    try:
        if not is_current(engine):
            yield _mend("database", "its tables are not the newest", "start Stayline once: it upgrades them")
            return
        with read_only(engine) as session:
            customers = session.exec(select(tables.Customer.id).limit(1)).first()
            tick = session.get(tables.Tick, "deliver")
    except SQLAlchemyError as error:
        why = str(getattr(error, "orig", error)).strip().splitlines()[0]
        yield _mend("database", f"does not answer ({why})", "start it, or set STAYLINE_DATABASE_URL")
        return
    finally:
        engine.dispose()
    yield _ok("database", f"{engine.dialect.name}, newest tables")
    if customers is None:
        yield Finding("database", State.NOTE, "no customer in it yet", "run: stayline ingest customers FILE")
    yield _worker(tick)


def _worker(tick: tables.Tick | None) -> Finding:
    if tick is None or datetime.now(UTC) - tick.last_tick_at > OLDEST_TICK:
        when = f"it last looked {tick.last_tick_at:%Y-%m-%d %H:%M} UTC" if tick else "it never ran"
        return Finding(
            "worker", State.NOTE, f"not running: {when}", "start it: stayline run, or stayline worker"
        )
    return _ok("worker", f"looked for due follow-ups at {tick.last_tick_at:%H:%M:%S} UTC")


def _encoder(settings: Settings) -> Iterator[Finding]:
    if not holds_encoder(settings.encoder_folder, settings.encoder, settings.encoder_precision):
        yield _mend("encoder", f"{settings.encoder} is not built", "run: stayline train, which builds it")
        return
    precision = Manifest.read(settings.encoder_folder).precision
    what = f"{settings.encoder} in {precision} at {settings.encoder_folder}"
    if precision == "bf16" and not computes_bf16():
        yield _mend(
            "encoder",
            f"{what}, which this machine cannot compute: risks are told by behaviour alone",
            "install stayline[openvino], or set STAYLINE_ENCODER_PRECISION=fp32 and run: stayline train",
        )
    else:
        yield _ok("encoder", what)


def _model(settings: Settings) -> Iterator[Finding]:
    scorer = load_scorer(settings.models, settings.encoder_folder)
    if isinstance(scorer, NoModel):
        yield _mend(
            "risk model", f"every risk is unknown: {scorer.cause}", "run: stayline train --as-of DATE"
        )
        return
    until = scorer.manifest.trained_until[:10]
    yield _ok("risk model", f"{scorer.manifest.version}, learned from what was known at {until}")


def _bot(settings: Settings) -> Iterator[Finding]:
    stamp = settings.bot_folder / "trained-from"
    if not (settings.bot_folder / MODEL).is_file():
        yield _mend("bot", "not trained", "run: stayline demo")
    elif not holds_encoder(settings.encoder_folder, settings.encoder):
        yield _mend("bot", "trained, but the encoder it reads with is missing", "run: stayline train")
    elif not stamp.is_file() or stamp.read_text() != fingerprint(settings):
        yield Finding("bot", State.NOTE, "trained from other files than those here", "run: stayline demo")
    else:
        yield _ok("bot", "trained from the files here")


def _files(settings: Settings) -> Iterator[Finding]:
    looks: tuple[tuple[str, Callable[[], object], str], ...] = (
        ("rules", lambda: load_rules(settings.rules), "STAYLINE_RULES"),
        ("shop facts", lambda: load_shop_facts(settings.shop_facts), "STAYLINE_SHOP_FACTS"),
        ("replies", lambda: load_canned_replies(settings.canned_replies), "STAYLINE_CANNED_REPLIES"),
    )
    for part, load, name in looks:
        try:
            load()
        except DeskError as error:
            yield _mend(part, str(error), f"mend the file that {name} names")
        else:
            yield _ok(part, "readable")


def _ports(settings: Settings) -> Iterator[Finding]:
    for name, is_ours in (("web", _is_web), ("bot", _is_bot), ("actions", _is_actions)):
        port = getattr(settings, f"{name}_port")
        if not _is_taken(port):
            yield _ok("ports", f"{port} is free for {name}")
        elif is_ours(port):
            yield _ok("ports", f"{name} answers on {port}")
        else:
            setting = f"STAYLINE_{name.upper()}_PORT"
            wrong = f"{port}, wanted by {name}, is taken by another program"
            yield _mend("ports", wrong, f"end that, or set {setting}")


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(PATIENCE_SECONDS)
        return probe.connect_ex((HOST, port)) == 0


def _is_web(port: int) -> bool:
    return '"status":"ok"' in _said(port, "/health/live")


def _is_bot(port: int) -> bool:
    return _said(port, "/").startswith("Hello from Rasa")


def _is_actions(port: int) -> bool:
    return '"model":' in _said(port, "/health")


def _said(port: int, path: str) -> str:
    try:
        return httpx.get(f"http://{HOST}:{port}{path}", timeout=PATIENCE_SECONDS, trust_env=False).text
    except httpx.HTTPError:
        return ""


def _mail(settings: Settings) -> Iterator[Finding]:
    server = SmtpServer.from_url(settings.smtp)
    place = f"{server.hostname}:{server.port}"
    try:
        with _smtp(server) as line:
            line.ehlo()
            if line.has_extn("starttls") and not server.use_tls:
                line.starttls(context=ssl.create_default_context())
            if server.username is not None:
                line.login(server.username, server.password or "")
    except (OSError, smtplib.SMTPException) as error:
        if not settings.smtp_url:
            yield Finding(
                "mail", State.NOTE, "a demo's own server, not running", "it starts with: stayline run"
            )
            return
        yield _mend(
            "mail", f"{place} does not take mail ({error})", "check STAYLINE_SMTP_URL and that server"
        )
        return
    yield _ok("mail", f"{place} answers" + (" and takes our login" if server.username else ""))


def _smtp(server: SmtpServer) -> smtplib.SMTP:
    if server.use_tls:
        return smtplib.SMTP_SSL(server.hostname, server.port, timeout=PATIENCE_SECONDS)
    return smtplib.SMTP(server.hostname, server.port, timeout=PATIENCE_SECONDS)


def _ok(part: str, words: str) -> Finding:
    return Finding(part, State.OK, words)


def _mend(part: str, words: str, mend: str) -> Finding:
    return Finding(part, State.MEND, words, mend)
