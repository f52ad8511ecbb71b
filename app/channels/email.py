"""E-mails: made from templates, sent by SMTP, with an answer that says whether trying again makes sense."""

import asyncio
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import aiosmtplib
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from app.channels.port import PermanentFailure, Receipt, TransientFailure
from app.links import unsubscribe_token
from app.settings import Settings
from db import tables

DEADLINE_SECONDS = 30.0
TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent.parent / "templates" / "mail"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
)
LANGUAGES = ("en", "zh")


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


class Email:
    """The e-mail channel. Its Message-ID is the idempotency key, so a repeat is the same mail."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._server = SmtpServer.from_url(settings.smtp)

    def send(self, follow_up: tables.FollowUp, customer: tables.Customer) -> Receipt:
        mail = write_mail(follow_up, customer, self._settings)
        return Receipt(str(mail["Message-ID"]), send_mail(mail, self._server))


def write_mail(follow_up: tables.FollowUp, customer: tables.Customer, settings: Settings) -> EmailMessage:
    """The mail of a follow-up in the customer's language. Its Message-ID is the idempotency key: a repeat is
    the same mail.
    """
    language = customer.language if customer.language in LANGUAGES else "en"
    token = unsubscribe_token(settings.secret("link_secret"), follow_up.customer_id, "email")
    link = f"{settings.web_url}/u/{token}"
    facts = {
        "name": customer.name or "",
        "shop": settings.shop_name,
        "shop_url": settings.web_url,
        "unsubscribe_url": link,
        "offer_title": None,
        "offer_code": None,
        **follow_up.details,
    }
    text = TEMPLATES.get_template(f"{follow_up.rule}.{language}.txt").render(facts)
    subject, _, body = text.partition("\n\n")
    mail = EmailMessage()
    mail["Subject"] = " ".join(subject.split())
    mail["From"] = f"{settings.shop_name} <{settings.mail_from}>"
    mail["To"] = customer.email
    mail["Date"] = format_datetime(follow_up.planned_at)
    mail["Message-ID"] = message_id(follow_up, settings)
    mail["List-Unsubscribe"] = f"<{link}>"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(body)
    paragraphs = [part for part in body.split("\n\n") if part.strip()]
    html = TEMPLATES.get_template("layout.html").render(facts, paragraphs=paragraphs, language=language)
    mail.add_alternative(html, subtype="html")
    return mail


def message_id(follow_up: tables.FollowUp, settings: Settings) -> str:
    domain = settings.mail_from.rpartition("@")[2]
    return f"<{follow_up.idempotency_key.replace(':', '.')}@{domain}>"


def send_mail(mail: EmailMessage, server: SmtpServer) -> str:
    """The server's answer to the accepted mail. Raises `TransientFailure` or `PermanentFailure`; never takes
    longer than `DEADLINE_SECONDS`.
    """
    return asyncio.run(_send(mail, server))


async def _send(mail: EmailMessage, server: SmtpServer) -> str:
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            _, answer = await aiosmtplib.send(
                mail,
                hostname=server.hostname,
                port=server.port,
                username=server.username,
                password=server.password,
                use_tls=server.use_tls,
            )
        return answer
    except aiosmtplib.SMTPRecipientsRefused as error:
        raise _by_code(error.recipients[0].code, error.recipients[0].message) from error
    except aiosmtplib.SMTPResponseException as error:
        raise _by_code(error.code, error.message) from error
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        raise TransientFailure(f"{type(error).__name__}: {error}") from error


def _by_code(code: int, message: str) -> TransientFailure | PermanentFailure:
    sentence = f"the mail server answered {code} {message}"
    return PermanentFailure(sentence) if 500 <= code < 600 else TransientFailure(sentence)
