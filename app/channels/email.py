"""E-mails, made from templates."""

import re
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from app.channels.mime import Mail
from app.channels.port import Channel, PermanentFailure, Receipt
from app.channels.smtp import Mailer, SmtpServer
from app.channels.texts import TEMPLATES, counted_link, facts_of, language_for, words_for
from app.settings import Settings
from db import tables

ONE_ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\\\"\x00-\x1f]+@[^\s@,;:<>()\[\]\\\"\x00-\x1f]+")
FOOTER = {
    "en": "Do not send me such messages: {unsubscribe_url}\nWhat we may send you: {preferences_url}",
    "zh": "不再接收这类邮件：{unsubscribe_url}\n选择可以接收的消息：{preferences_url}",
}


class Email(Channel):
    """The e-mail channel. Its Message-ID is the idempotency key, so a repeat is the same mail."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._mailer = Mailer(SmtpServer.from_url(settings.smtp))

    def send(self, follow_up: tables.FollowUp, customer: tables.Customer) -> Receipt:
        mail = write_mail(follow_up, customer, self._settings)
        return Receipt(mail.message_id, self._mailer.send(mail))

    def rest(self) -> None:
        self._mailer.hang_up()


def write_mail(follow_up: tables.FollowUp, customer: tables.Customer, settings: Settings) -> Mail:
    """The mail of a follow-up in the customer's language; the same row gives the same mail.

    Raises `PermanentFailure` for an address that is not one: a list of them, or one with a line break.
    """
    if not ONE_ADDRESS.fullmatch(customer.email or ""):
        raise PermanentFailure("the customer's e-mail address is not one that mail can be sent to")
    language = language_for(customer)
    facts = facts_of(follow_up, customer, settings)
    facts["shop_url"] = counted_link(follow_up, facts["shop_url"], settings)
    subject, body = words_for(follow_up, customer, facts, "email")
    html = TEMPLATES.get_template("layout.html").render(
        facts, paragraphs=_paragraphs(body, facts, settings), language=language
    )
    return Mail(
        sender_name=" ".join(settings.shop_name.split()),
        sender=settings.mail_from,
        recipient=customer.email or "",
        subject=subject,
        text=f"{body}\n\n-- \n{FOOTER[language].format_map(facts)}\n",
        html=html,
        message_id=message_id(follow_up, settings),
        date=follow_up.planned_at,
        unsubscribe_url=facts["unsubscribe_url"],
    )


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
