"""E-mails: made from templates, sent by SMTP, with an answer that says whether trying again makes sense."""

import asyncio
import re
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib
from markupsafe import Markup, escape

from app.channels.port import PermanentFailure, Receipt, TransientFailure
from app.channels.texts import TEMPLATES, counted_link, facts_of, language_for, words_for
from app.settings import Settings
from db import tables

DEADLINE_SECONDS = 30.0
ONE_ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\\\"\x00-\x1f]+@[^\s@,;:<>()\[\]\\\"\x00-\x1f]+")
FOOTER = {
    "en": "Do not send me such messages: {unsubscribe_url}\nWhat we may send you: {preferences_url}",
    "zh": "不再接收这类邮件：{unsubscribe_url}\n选择可以接收的消息：{preferences_url}",
}


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
    """The mail of a follow-up in the customer's language; the same row gives the same mail.

    Raises `PermanentFailure` for an address that is not one: a list of them, or one with a line break.
    """
    if not ONE_ADDRESS.fullmatch(customer.email or ""):
        raise PermanentFailure("the customer's e-mail address is not one that mail can be sent to")
    language = language_for(customer)
    facts = facts_of(follow_up, customer, settings)
    facts["shop_url"] = counted_link(follow_up, facts["shop_url"], settings)
    subject, body = words_for(follow_up, customer, facts, "email")
    mail = EmailMessage()
    mail["Subject"] = subject
    mail["From"] = Address(" ".join(settings.shop_name.split()), addr_spec=settings.mail_from)
    mail["To"] = customer.email
    mail["Date"] = format_datetime(follow_up.planned_at)
    mail["Message-ID"] = message_id(follow_up, settings)
    mail["List-Unsubscribe"] = f"<{facts['unsubscribe_url']}>"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(f"{body}\n\n-- \n{FOOTER[language].format_map(facts)}\n")
    html = TEMPLATES.get_template("layout.html").render(
        facts, paragraphs=_paragraphs(body, facts, settings), language=language
    )
    mail.add_alternative(html, subtype="html")
    return mail


def _paragraphs(body: str, facts: dict[str, Any], settings: Settings) -> list[Markup]:
    """The text's paragraphs, escaped, with our own link to the shop as the only one that can be pressed."""
    shown = urlsplit(settings.web_url).netloc
    link = Markup('<a href="{}" style="color:#2f5d50">{}</a>').format(facts["shop_url"], shown)  # escaped
    parts = [part for part in body.split("\n\n") if part.strip()]
    return [escape(part).replace(escape(facts["shop_url"]), link) for part in parts]


def message_id(follow_up: tables.FollowUp, settings: Settings) -> str:
    """The idempotency key as an id that mail allows; what it does not allow is written as `=` and its code."""
    domain = settings.mail_from.rpartition("@")[2]
    key = follow_up.idempotency_key.replace(":", ".")
    return f"<{re.sub(r'[^A-Za-z0-9._-]', lambda odd: f'={ord(odd[0]):x}=', key)}@{domain}>"


def send_mail(mail: EmailMessage, server: SmtpServer) -> str:
    """The server's answer to the accepted mail. Raises `TransientFailure` or `PermanentFailure`; never takes
    longer than `DEADLINE_SECONDS`.
    """
    return asyncio.run(_send(mail, server))


async def _send(mail: EmailMessage, server: SmtpServer) -> str:
    client = aiosmtplib.SMTP(
        hostname=server.hostname,
        port=server.port,
        username=server.username,
        password=server.password,
        use_tls=server.use_tls,
    )
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            await client.connect()
            _, answer = await client.send_message(mail)
        return answer
    except aiosmtplib.SMTPRecipientsRefused as error:
        raise _by_code(error.recipients[0].code, error.recipients[0].message) from error
    except aiosmtplib.SMTPResponseException as error:
        raise _by_code(error.code, error.message) from error
    except aiosmtplib.SMTPNotSupported as error:
        raise PermanentFailure("the mail server does not take an address with such letters") from error
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        raise TransientFailure(f"{type(error).__name__}: {error}") from error
    finally:
        client.close()  # at once: a polite QUIT to a server that hangs would outlast our deadline


def _by_code(code: int, message: str) -> TransientFailure | PermanentFailure:
    sentence = f"the mail server answered {code} {message}"
    return PermanentFailure(sentence) if 500 <= code < 600 else TransientFailure(sentence)
