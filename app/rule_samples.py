"""How a rule's messages read before anybody gets them, and sending one to an address of one's own.

A sample belongs to no customer: it has an offer where there can be one, its unsubscribe link ends nobody's messages,
and the outbox never sees it.

RuleSampleError
├── BadTemplate  the rule's words are not there in this language, or cannot be written
├── BadAddress   what was typed cannot be sent to
└── NotTaken     the mail server or SMS service said no, or nothing
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from jinja2 import TemplateError, TemplateNotFound

from app.channels import PermanentFailure, TransientFailure, UnknownOutcome
from app.channels.email import write_mail
from app.channels.mime import Mail
from app.channels.sms import send_sms
from app.channels.smtp import SmtpServer, send_mail
from app.channels.texts import LANGUAGES, TEMPLATES, plain_words
from app.settings import Settings
from db import tables
from desk.phone_numbers import e164
from desk.rules import Rule, When

NAMES = {"en": "Ana", "zh": "小雨"}
WITHOUT_OFFER = {When.QUIET, When.RECOVERED}
MARK = "[test]"


class RuleSampleError(Exception):
    """The root; `str(error)` is the sentence."""


class BadTemplate(RuleSampleError):
    def __init__(self, rule: Rule, error: BaseException | None) -> None:
        if isinstance(error, TemplateNotFound):
            super().__init__(f"rule {rule.name}: expected a template {error.name}, and there is none")
        else:
            super().__init__(f"rule {rule.name}: its template cannot be written ({error})")


class BadAddress(RuleSampleError):
    pass


class NotTaken(RuleSampleError):
    pass


def sample_reader(language: str) -> tables.Customer:
    """Somebody who reads this language."""
    return tables.Customer(
        customer_key="sample", name=NAMES[language], language=language, email="ana@example.com"
    )


def sample_mail(settings: Settings, rule: Rule, reader: tables.Customer, now: datetime) -> Mail:
    """The rule's mail to this reader. Raises `BadTemplate`, and `BadAddress` for a reader without one."""
    try:
        return write_mail(_sample(settings, rule, reader, now, "email"), reader, settings)
    except TemplateError as error:
        raise BadTemplate(rule, error) from error
    except PermanentFailure as failure:
        raise BadAddress(str(failure)) from failure


def sample_text(settings: Settings, rule: Rule, reader: tables.Customer, now: datetime, channel: str) -> str:
    """The rule's words for `sms` or `in_chat`. Raises `BadTemplate`."""
    try:
        return plain_words(_sample(settings, rule, reader, now, channel), reader, settings, channel)
    except PermanentFailure as failure:
        raise BadTemplate(rule, failure.__cause__) from failure


def missing_templates(rule: Rule) -> list[str]:
    """The files that the rule needs and that are not there."""
    needed = [f"{rule.template}.{language}.txt" for language in LANGUAGES]
    return [name for name in needed if name not in TEMPLATES.list_templates()]


def send_test_mail(settings: Settings, rule: Rule, language: str, to: str, now: datetime) -> str:
    """Send the sample, marked as a test; gives the mail server's answer."""
    reader = sample_reader(language)
    reader.email = to
    mail = sample_mail(settings, rule, reader, now)
    marked = replace(mail, subject=f"{MARK} {mail.subject}")
    return _taken(lambda: send_mail(marked, SmtpServer.from_url(settings.smtp)))


def send_test_sms(settings: Settings, rule: Rule, language: str, to: str, now: datetime) -> str:
    """Send the sample's words, marked as a test; gives what the service said."""
    if (number := e164(to)) is None:
        raise BadAddress("expected a phone number with its country's code, such as +4915112345678")
    text = sample_text(settings, rule, sample_reader(language), now, "sms")
    return _taken(lambda: send_sms(settings.sms_url, number, f"{MARK} {text}"))


SENDERS = {"email": send_test_mail, "sms": send_test_sms}


def _taken(send: Callable[[], str]) -> str:
    try:
        return send()
    except (PermanentFailure, TransientFailure, UnknownOutcome) as failure:
        raise NotTaken(str(failure)) from failure


def _sample(
    settings: Settings, rule: Rule, reader: tables.Customer, now: datetime, channel: str
) -> tables.FollowUp:
    """A follow-up without a row, with a sample offer where there can be one."""
    details = {"template": rule.template}
    if rule.when not in WITHOUT_OFFER:
        offer = settings.policy.offer(settings.policy.offer_for_escalation)
        ends = f"{now + offer.valid_for:%Y-%m-%d}"
        title = offer.title(reader.language)
        details |= {"offer_title": title, "offer_code": "STAY-SAMPLE", "offer_ends": ends}
    return tables.FollowUp(
        idempotency_key=f"test:{uuid4().hex}", customer_id=0, rule=rule.name, channel=channel, details=details,
        planned_at=now, due_at=now, not_after=now + rule.valid_for,
    )  # fmt: skip
