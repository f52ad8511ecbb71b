"""The rules that plan follow-ups, in the console: what each says, how its messages read, and a test to oneself."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import HTMLResponse, Response

from app.channels.texts import LANGUAGES
from app.rule_samples import (
    SENDERS,
    BadAddress,
    BadTemplate,
    NotTaken,
    RuleSampleError,
    missing_templates,
    sample_mail,
    sample_reader,
    sample_text,
)
from app.rule_words import in_words, span
from app.web.audit import note
from app.web.console_words import kept, told_in
from app.web.context import Web, WebDep
from app.web.errors import Refused
from app.web.login import SignedIn, SignedInDep
from app.web.pages import language_of, page
from app.web.rates import TEST_SENDS
from app.web.security import require_same_origin
from db.session import unit_of_work
from desk.errors import NotFound
from desk.rules import Rule, Rules, load_rules

router = APIRouter(
    prefix="/console/rules", include_in_schema=False, dependencies=[Depends(require_same_origin)]
)

MAIL_POLICY = (  # a mail has its styles inline, and nothing else: it runs, loads and sends nothing
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox"
)
STATUS = {BadAddress: 422, BadTemplate: 409, NotTaken: 502}
Field = Annotated[str, Form()]


@dataclass(frozen=True, slots=True)
class Preview:
    """A rule's words in one language; `texts` are those of the channels without a subject."""

    language: str
    subject: str
    text: str
    texts: dict[str, str]


@dataclass(frozen=True, slots=True)
class TestSend:
    """What an agent asked for, and what came of it."""

    channel: str = "email"
    language: str = "en"
    to: str = ""
    done: str | None = None
    refusal: str | None = None


@router.get("")
def show_rules(web: WebDep, request: Request, user: SignedInDep) -> Response:
    rules, language = _rules(web), language_of(request)
    return _page(
        web, request, user, "rules.html",
        rules=[(rule, in_words(rule, language), missing_templates(rule)) for rule in rules.rules],
        limits=rules.limits, period=span(rules.limits.period, language),
    )  # fmt: skip


@router.get("/{name}")
def show_rule(web: WebDep, request: Request, user: SignedInDep, name: str) -> Response:
    return _rule_page(web, request, user, _rule(web, name), TestSend())


@router.get("/{name}/mail/{language}")
def show_mail(web: WebDep, user: SignedInDep, name: str, language: str) -> Response:
    """The HTML part alone, for a frame in which nothing runs."""
    rule = _rule(web, name)
    if language not in LANGUAGES:
        raise NotFound("preview")
    try:
        mail = sample_mail(web.settings, rule, sample_reader(language), web.clock())
    except RuleSampleError as error:
        raise NotFound("preview") from error
    return HTMLResponse(mail.html, headers={"Content-Security-Policy": MAIL_POLICY})


@router.post("/{name}/test")
def send_test(
    web: WebDep,
    request: Request,
    user: SignedInDep,
    name: str,
    channel: Field = "",
    language: Field = "",
    to: Field = "",
) -> Response:
    """Send the rule's message to an address that the agent typed. Who tried is kept; the address is not."""
    rule, asked = _rule(web, name), TestSend(channel, language, to.strip())
    try:
        answer = _send(web, user, rule, asked)
    except (RuleSampleError, Refused) as refusal:
        told = TestSend(
            asked.channel, asked.language, asked.to, refusal=_sentence(refusal, language_of(request))
        )
        return _rule_page(web, request, user, rule, told, _status(refusal))
    done = told_in(language_of(request))("rules.sent", to=asked.to, answer=answer)
    told = TestSend(asked.channel, asked.language, asked.to, done=done)
    return _rule_page(web, request, user, rule, told)


def _send(web: Web, user: SignedIn, rule: Rule, asked: TestSend) -> str:
    if asked.channel not in SENDERS or asked.language not in LANGUAGES:
        raise BadAddress("please choose a channel and a language")
    web.rates.count(TEST_SENDS, "test send", user.actor)
    with unit_of_work(web.engine) as session:
        note(session, web.clock(), user.actor, f"test send, {asked.channel}", f"rule:{rule.name}")
    return SENDERS[asked.channel](web.settings, rule, asked.language, asked.to, web.clock())


def _sentence(refusal: Exception, language: str) -> str:
    why = kept(str(refusal), language).rstrip(".。")
    return told_in(language)("rules.not_sent", why=why)


def _status(refusal: Exception) -> int:
    return refusal.status if isinstance(refusal, Refused) else STATUS.get(type(refusal), 400)


def _rule_page(
    web: Web, request: Request, user: SignedIn, rule: Rule, test: TestSend, status: int = 200
) -> Response:
    previews, problems = [], []
    for language in LANGUAGES:
        try:
            previews.append(_preview(web, rule, language))
        except RuleSampleError as error:
            problems.append(str(error))
    return _page(
        web, request, user, "rule.html", status,
        rule=rule, words=in_words(rule, language_of(request)), problems=problems, previews=previews, test=test,
    )  # fmt: skip


def _preview(web: Web, rule: Rule, language: str) -> Preview:
    reader, now = sample_reader(language), web.clock()
    mail = sample_mail(web.settings, rule, reader, now)
    texts = {channel: sample_text(web.settings, rule, reader, now, channel) for channel in ("sms", "in_chat")}
    return Preview(language, mail.subject, mail.text.strip(), texts)


def _page(
    web: Web, request: Request, user: SignedIn, template: str, status: int = 200, **context: Any
) -> Response:
    return page(request, template, status, shop=web.settings.shop_name, agent=user.agent, **context)


def _rules(web: Web) -> Rules:
    return load_rules(web.settings.rules)


def _rule(web: Web, name: str) -> Rule:
    if (rule := _rules(web).named(name)) is None:
        raise NotFound("rule")
    return rule
