"""Follow-ups from the command line: the rules, how a message reads, and why one was sent or not."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from sqlmodel import select

from app.channels.mime import Mail
from app.channels.texts import LANGUAGES
from app.commands.data import open_database
from app.rule_samples import (
    SENDERS,
    BadAddress,
    RuleSampleError,
    missing_templates,
    sample_mail,
    sample_reader,
)
from app.rule_words import in_words
from app.settings import Settings
from app.terminal import BAD_USAGE, PART_FAILED, fail, read_settings
from db import tables
from db.session import read_only
from desk.errors import NotFound
from desk.rules import Rule, load_rules
from desk.why import Told
from desk.why import why as stories

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
        missing += missing_templates(rule)
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
    typer.echo(f"Subject: {mail.subject}\n\n{mail.text.strip()}")
    if html is not None:
        html.write_text(mail.html, "utf-8")


@app.command("test-send")
def send_test(
    rule: RuleName,
    to: Annotated[str, typer.Option(help="The e-mail address or phone number to send it to.")],
    language: Language = "en",
    channel: Annotated[str, typer.Option(help="email or sms")] = "email",
) -> None:
    """Send a rule's message to an address of yours, marked as a test; the outbox never sees it."""
    settings = read_settings()
    if channel not in SENDERS:
        fail(f"--channel: expected one of {', '.join(SENDERS)}, got {channel!r}", BAD_USAGE)
    _sample(language)
    try:
        answer = SENDERS[channel](settings, _rule(settings, rule), language, to, datetime.now(UTC))
    except RuleSampleError as error:
        _fail(error)
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
    return f"{rule.name}: {'; '.join(in_words(rule))}"


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
    return rule


def _sample(language: str) -> tables.Customer:
    if language not in LANGUAGES:
        fail(f"--language: expected one of {', '.join(LANGUAGES)}, got {language!r}", BAD_USAGE)
    return sample_reader(language)


def _customer(settings: Settings, key: str) -> tables.Customer:
    """A copy without its row, with an address where there is none: only its words are asked for."""
    with read_only(open_database(settings)) as session:
        found = session.exec(select(tables.Customer).where(tables.Customer.customer_key == key)).first()
    if found is None:
        raise NotFound("customer")
    return tables.Customer(
        customer_key=key, name=found.name, language=found.language, email=found.email or "ana@example.com"
    )


def _mail(settings: Settings, rule: Rule, reader: tables.Customer) -> Mail:
    try:
        return sample_mail(settings, rule, reader, datetime.now(UTC))
    except RuleSampleError as error:
        _fail(error)


def _fail(error: RuleSampleError) -> NoReturn:
    fail(str(error), BAD_USAGE if isinstance(error, BadAddress) else PART_FAILED)
