"""A real SMTP server on loopback that answers as a test tells it to."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from tests.support.processes import free_port

Login = tuple[str, str]


class Postbox:
    """Keeps what it accepts, and does as it is told.

    `thanks` is what it says to a mail it takes; `answers` replaces the next answers to DATA, `to_recipients` those to
    RCPT; each DATA takes `seconds`, those in progress too when it changes. The next `drops` mails are taken without a
    word and the line is cut; the next `mutes` are taken, and the line stays silent. After `mails_per_line` mails a line
    is over: the next mail on it is answered with `farewell`, or the line is closed at once where that is empty. `begun` counts the mails whose text arrived, also those it then did not take.
    """

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answers: list[str | bytes] = []
        self.thanks: str | bytes = "250 taken"
        self.to_recipients: list[str] = []
        self.seconds = 0.0
        self.drops, self.mutes = 0, 0
        self.mails_per_line, self.farewell = 10_000, ""
        self.lines: Counter[object] = Counter()
        self.begun, self.needs_login = 0, False
        self.port = free_port()
        self._newest: SMTP | None = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def taken(self) -> Counter[str]:
        """How often each Message-ID was taken."""
        return Counter(str(mail["Message-ID"]) for mail in self.mails)

    def hang_up(self) -> None:
        """Close the newest line, as a server does to one that idles."""
        server = self._newest

        async def close() -> None:
            server.transport.close()
            await asyncio.sleep(0)  # the loop closes the socket before it comes back here

        asyncio.run_coroutine_threadsafe(close(), server.loop).result()

    async def handle_MAIL(self, server, session, envelope, address, options) -> str:  # noqa: N802  (aiosmtpd's name)
        if self.needs_login and not session.authenticated:
            return "530 who are you?"
        if self.lines[session.peer] >= self.mails_per_line:
            asyncio.get_running_loop().call_soon(server.transport.close)  # once this answer is written
            return self.farewell
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 ok"

    async def handle_RCPT(self, _server, _session, envelope, address, _options) -> str:  # noqa: N802  (aiosmtpd's name)
        answer = self.to_recipients.pop(0) if self.to_recipients else "250 ok"
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope) -> str | bytes:  # noqa: N802  (aiosmtpd's name)
        self.begun += 1
        self._newest = server
        began = time.monotonic()
        while time.monotonic() < began + self.seconds:  # which a test may change meanwhile
            await asyncio.sleep(0.02)
        if self.answers:
            return self.answers.pop(0)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        self.mails.append(mail)
        self.lines[session.peer] += 1
        if self.drops:
            self.drops -= 1
            server.transport.abort()
        elif self.mutes:
            self.mutes -= 1
            await asyncio.sleep(3600)  # ended with the line
        elif self.lines[session.peer] >= self.mails_per_line and not self.farewell:
            asyncio.get_running_loop().call_soon(server.transport.close)
        return self.thanks


@contextmanager
def postbox(login: Login | None = None) -> Iterator[Postbox]:
    """A running postbox; with a `login` it takes mail from nobody else."""
    box = Postbox()
    box.needs_login = login is not None
    guard = {"authenticator": _only(login), "auth_require_tls": False} if login else {}
    controller = Controller(box, hostname="127.0.0.1", port=box.port, **guard)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


def _only(login: Login):
    def asked(_server, _session, _envelope, _mechanism, data) -> AuthResult:
        return AuthResult(success=(data.login.decode(), data.password.decode()) == login, handled=False)

    return asked
