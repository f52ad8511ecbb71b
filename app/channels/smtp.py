"""Mails to one server by SMTP, over lines kept open from one mail to the next, with an answer that says whether
trying again makes sense.
"""

import asyncio
import logging
import time
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import aiosmtplib

from app.channels.mime import Mail
from app.channels.port import AddressRefused, PermanentFailure, TransientFailure, UnknownOutcome
from app.settings import LONGEST_SEND_SECONDS

DEADLINE_SECONDS = float(LONGEST_SEND_SECONDS)
LOGIN_REFUSED_FOR_SECONDS = 60.0  # trying again and again locks an account
NEEDS_LOGIN = 530
HANGS_UP = 421
LOST = (aiosmtplib.SMTPException, OSError, TimeoutError)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SmtpServer:
    hostname: str
    port: int
    username: str | None
    password: str | None
    use_tls: bool

    @classmethod
    def from_url(cls, url: str) -> "SmtpServer":
        """From `smtp://[user:password@]host:port`; `smtps` speaks TLS from the start, `smtp` upgrades where offered."""
        parts = urlsplit(url)
        tls = parts.scheme == "smtps"
        name, password = parts.username, parts.password
        return cls(
            parts.hostname or "127.0.0.1",
            parts.port or (465 if tls else 25),
            unquote(name) if name else None,
            unquote(password) if password else None,
            tls,
        )


class LoginRefused(TransientFailure):
    """The operator's to mend, and no mail's fault."""

    def __init__(self, answer: str) -> None:
        super().__init__(f"the mail server refused our login ({answer}); check STAYLINE_SMTP_URL")


class Mailer:
    """Hands mails to one server. May be used by several threads: each has a line of its own while it sends."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._idle: list[_Line] = []
        self._refused: tuple[float, LoginRefused] | None = None

    def send(self, mail: Mail) -> str:
        """The server's answer to the accepted mail, after at most `DEADLINE_SECONDS`.

        Raises `TransientFailure`, `PermanentFailure` (`AddressRefused` where it is the recipient's), or
        `UnknownOutcome` when the line was lost after the mail was handed over.
        """
        if self._refused is not None and time.monotonic() < self._refused[0]:
            raise self._refused[1]
        line = self._line()
        try:
            return line.send(mail)
        except LoginRefused as failure:
            log.error("%s", failure)  # noqa: TRY400  (no traceback to show)
            self._refused = (time.monotonic() + LOGIN_REFUSED_FOR_SECONDS, failure)
            raise
        finally:
            self._idle.append(line)

    def hang_up(self) -> None:
        """Close the lines that nobody uses."""
        while self._idle:
            self._idle.pop().close()

    def _line(self) -> "_Line":
        try:
            return self._idle.pop()
        except IndexError:
            return _Line(self._server)


class _Line:
    """One connection with the event loop it lives in; connects when it must."""

    def __init__(self, server: SmtpServer) -> None:
        self._loop = asyncio.Runner()
        self._handed_over = False
        self._client = aiosmtplib.SMTP(
            hostname=server.hostname,
            port=server.port,
            username=server.username,
            password=server.password,
            use_tls=server.use_tls,
        )

    def send(self, mail: Mail) -> str:
        return self._loop.run(self._send(mail))

    def close(self) -> None:
        self._client.close()  # at once: a polite QUIT to a server that hangs would outlast our deadline
        self._loop.close()

    async def _send(self, mail: Mail) -> str:
        self._handed_over = False
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                return await self._hand_over(mail)
        except LOST as error:
            self._client.close()  # the next mail must not begin inside this one
            raise self._failure(error) from error

    async def _begin(self, mail: Mail) -> None:
        """Name the sender, on the open line or, where the server ended that meanwhile, on a new one."""
        if self._client.is_connected:
            try:
                await self._name_sender(mail)
            except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPSenderRefused) as error:
                if isinstance(error, aiosmtplib.SMTPSenderRefused) and error.code != HANGS_UP:
                    raise
                self._client.close()
            else:
                return
        await self._connect()
        await self._name_sender(mail)

    async def _connect(self) -> None:
        try:
            await self._client.connect()
        except aiosmtplib.SMTPAuthenticationError as error:
            raise LoginRefused(f"{error.code} {error.message}") from error
        except aiosmtplib.SMTPResponseException as error:
            # whatever its code: it is us that the server refuses, not the mail
            raise TransientFailure(_words(error)) from error

    async def _name_sender(self, mail: Mail) -> None:
        if not mail.needs_utf8:
            await self._client.mail(mail.sender)
        elif self._client.supports_extension("smtputf8"):
            await self._client.mail(mail.sender, options=["SMTPUTF8"], encoding="utf-8")
        else:
            raise PermanentFailure("the mail server does not take an address with such letters")

    async def _hand_over(self, mail: Mail) -> str:
        await self._begin(mail)
        await self._client.rcpt(mail.recipient, encoding="utf-8" if mail.needs_utf8 else "ascii")
        content = mail.as_bytes()
        self._handed_over = True
        return (await self._client.data(content)).message

    def _failure(self, error: Exception) -> Exception:
        if isinstance(error, aiosmtplib.SMTPResponseException):
            return _refusal(error)
        reason = f"{type(error).__name__}: {error}"
        if self._handed_over:
            return UnknownOutcome(f"the line was lost before the server's answer ({reason}); perhaps taken")
        return TransientFailure(reason)


def _refusal(error: aiosmtplib.SMTPResponseException) -> Exception:
    if error.code == NEEDS_LOGIN:
        return LoginRefused(f"{error.code} {error.message}")
    if not 500 <= error.code < 600:
        return TransientFailure(_words(error))
    refused = isinstance(error, aiosmtplib.SMTPRecipientRefused)
    return AddressRefused(_words(error)) if refused else PermanentFailure(_words(error))


def _words(error: aiosmtplib.SMTPResponseException) -> str:
    return f"the mail server answered {error.code} {error.message}"


def send_mail(mail: Mail, server: SmtpServer) -> str:
    """Send this one mail; as `Mailer.send`."""
    mailer = Mailer(server)
    try:
        return mailer.send(mail)
    finally:
        mailer.hang_up()
