"""The demo's own mail server: what would have gone out lies in a folder. No mail ever leaves a demo."""

import signal
from pathlib import Path
from threading import Event
from typing import Any
from uuid import uuid4

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession


class KeepMail:
    """Writes each accepted mail to `folder` as one .eml file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    async def handle_DATA(self, _server: SMTP, _session: SmtpSession, envelope: Envelope) -> str:  # noqa: N802  (aiosmtpd)
        content: Any = envelope.content
        fresh = self._folder / f".{uuid4().hex}"
        fresh.write_bytes(content)
        fresh.rename(self._folder / f"{uuid4().hex}.eml")
        return "250 kept"


def serve_mail(folder: Path, port: int) -> None:
    """Accept mail on loopback until SIGTERM or SIGINT."""
    controller = Controller(KeepMail(folder), hostname="127.0.0.1", port=port)
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    controller.start()
    stop.wait()
    controller.stop()
