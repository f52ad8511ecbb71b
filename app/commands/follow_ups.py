"""Follow-ups from the command line: the rules, how a message reads, and why one was sent or not."""

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer
from jinja2 import TemplateNotFound
from sqlmodel import select

from app.channels import PermanentFailure, TransientFailure
from app.channels.email import SmtpServer, send_mail, write_mail
from app.channels.texts import LANGUAGES, TEMPLATES
from app.commands.data import open_database
from app.settings import Settings
from app.terminal import BAD_USAGE, PART_FAILED, fail, read_settings
from db import tables
from db.session import read_only
from desk.errors import NotFound
from desk.rules import Rule, When, load_rules
from desk.why import Told
from desk.why import why as stories

SAMPLE_NAMES = {"en": "Ana", "zh": "小雨"}
WITHOUT_OFFER = {When.QUIET, When.RECOVERED}
LINE = "%Y-%m-%d %H:%M UTC"

app = typer.Typer(no_args_is_help=True, help="The rules that plan follow-ups, and how their messages read.")
RuleName = Annotated[str, typer.Argument(metavar="RULE", help="A rule's name; list-rules shows them.")]
Language = Annotated[str, typer.Option(help="en or zh")]


@app.command("list-rules")
def list_rules() -> None:
    """Show the rules in use, and whether each has its templates in every language."""
    rules, missing = load_rules(read_settings().rules), []
    for rule in rules.rules:
        typer.echo(describe(rule))
        missing += [name for name in _template_files(rule) if not _is_there(name)]
    days = f"{rules.limits.period / timedelta(days=1):g}"
    typer.echo(f"at most {rules.limits.messages} messages per customer within {days} days, over all rules")
    if missing:
        fail(f"expected these templates, which are not there: {', '.join(missing)}", PART_FAILED)


@app.command()
def preview(
    rule: RuleName,
    language: Language = "en",
    customer: Annotated[str | None, typer.Option(help="Write to this customer_key.")] = None,
    html: Annotated[Path | None, typer.Option(help="Also write the HTML part to this file.")] = None,
) -> None:
    """Show the subject and text of a rule's message. Nothing is planned and nothing is sent."""
    settings = read_settings()
    reader = _sample(language) if customer is None else _customer(settings, customer)
    mail = _mail(settings, _rule(settings, rule), reader)
    typer.echo(f"Subject: {mail['Subject']}\n\n{_part(mail, 'plain').strip()}")
    if html is not None:
        html.write_text(_part(mail, "html"), "utf-8")


@app.command("test-send")
def send_test(
    rule: RuleName,
    to: Annotated[str, typer.Option(help="The e-mail address to send it to.")],
    language: Language = "en",
) -> None:
    """Send a rule's message to an address of yours, marked as a test; the outbox never sees it."""
    settings = read_settings()
    reader = _sample(language)
    reader.email = to
    mail = _mail(settings, _rule(settings, rule), reader)
    mail.replace_header("Subject", f"[test] {mail['Subject']}")
    try:
        answer = send_mail(mail, SmtpServer.from_url(settings.smtp))
    except (PermanentFailure, TransientFailure) as failure:
        fail(f"test-send: {failure}", PART_FAILED)
    else:
        typer.echo(f"sent to {to}: {answer}")


def why(customer: Annotated[str, typer.Argument(help="The customer_key.")]) -> None:
    """Tell for each follow-up of a customer why it was sent or not, and what was withheld."""
    with read_only(open_database(read_settings())) as session:
        told = stories(session, customer)
    for one in told:
        typer.echo("\n".join(_lines(one)) + "\n")
    if not told:
        typer.echo("nothing was planned for this customer, and nothing was withheld")


def describe(rule: Rule) -> str:
    """A rule in one line for a person."""
    causes = {
        When.DECISION: f"after a decision ({', '.join(sorted(rule.decisions or ['any']))})",
        When.ESCALATION_RESOLVED: f"after a resolved case ({', '.join(sorted(rule.verdicts or ['any']))})",
        When.OFFER_EXPIRING: f"{_span(rule.before)} before an offer ends",
        When.QUIET: f"after {rule.days} quiet days",
        When.RECOVERED: f"after an order within {_span(rule.within)} of a case or an offer",
    }
    times = [f"wait {_span(rule.wait)}" if rule.wait else "", f"at {rule.at:%H:%M} local" if rule.at else ""]
    often = "once per conversation" if rule.at_most is None else f"once in {_span(rule.at_most)}"
    parts = [causes[rule.when], *filter(None, times), f"by {rule.channel}", often]
    return f"{rule.name}: {', '.join(parts)}, valid for {_span(rule.valid_for)}"


def _span(duration: timedelta | None) -> str:
    hours = (duration or timedelta()) / timedelta(hours=1)
    return f"{hours / 24:g} d" if hours >= 24 else f"{hours:g} h"


def _lines(one: Told) -> list[str]:
    """The lines that tell one follow-up."""
    lines = [f"{one.time:{LINE}}  {one.what}", f"  {one.cause}"]
    if one.due_at is not None and one.sent_at is None:
        lines.append(f"  due {one.due_at:{LINE}}")
    for said in one.answers:
        until = f" (from {said.until:{LINE}})" if said.until else ""
        lines.append(f"  {said.time:{LINE}}  gate: {said.answer}{until}: {said.reason}")
    sent = f" ({one.sent_at:{LINE}})" if one.sent_at else ""
    return [*lines, f"  {one.end}{sent}"]


def _rule(settings: Settings, name: str) -> Rule:
    rules = load_rules(settings.rules)
    if (rule := rules.named(name)) is None:
        names = ", ".join(known.name for known in rules.rules)
        fail(f"expected the name of a rule ({names}), got {name!r}", BAD_USAGE)
        raise AssertionError("unreachable")
    return rule


def _sample(language: str) -> tables.Customer:
    if language not in LANGUAGES:
        fail(f"--language: expected one of {', '.join(LANGUAGES)}, got {language!r}", BAD_USAGE)
    return tables.Customer(
        customer_key="sample", name=SAMPLE_NAMES[language], language=language, email="ana@example.com"
    )


def _customer(settings: Settings, key: str) -> tables.Customer:
    """A copy without its row, with an address where there is none: only its words are asked for."""
    with read_only(open_database(settings)) as session:
        found = session.exec(select(tables.Customer).where(tables.Customer.customer_key == key)).first()
    if found is None:
        raise NotFound("customer")
    return tables.Customer(
        customer_key=key, name=found.name, language=found.language, email=found.email or "ana@example.com"
    )


def _mail(settings: Settings, rule: Rule, reader: tables.Customer) -> EmailMessage:
    """The mail, with a sample offer where there can be one.

    It belongs to no customer, so its unsubscribe link ends nobody's messages.
    """
    now = datetime.now(UTC)
    details = {"template": rule.template}
    if rule.when not in WITHOUT_OFFER:
        offer = settings.policy.offer(settings.policy.offer_for_escalation)
        ends = f"{now + offer.valid_for:%Y-%m-%d}"
        title = offer.title(reader.language)
        details |= {"offer_title": title, "offer_code": "STAY-SAMPLE", "offer_ends": ends}
    follow_up = tables.FollowUp(
        idempotency_key=f"test:{uuid4().hex}", customer_id=0, rule=rule.name, channel="email", details=details,
        planned_at=now, due_at=now, not_after=now + rule.valid_for,
    )  # fmt: skip
    try:
        return write_mail(follow_up, reader, settings)
    except TemplateNotFound as error:
        fail(f"rule {rule.name}: expected a template {error}, and there is none", PART_FAILED)
        raise AssertionError("unreachable") from error
    except PermanentFailure as failure:
        fail(str(failure), BAD_USAGE)
        raise AssertionError("unreachable") from failure


def _part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None, "we write both parts"
    content: str = body.get_content()
    return content


def _template_files(rule: Rule) -> list[str]:
    return [f"{rule.template}.{language}.txt" for language in LANGUAGES]


def _is_there(name: str) -> bool:
    return name in TEMPLATES.list_templates()
