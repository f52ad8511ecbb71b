"""The words of a follow-up: one template for each rule and language, whatever the channel."""

from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, select_autoescape

from app.channels.port import PermanentFailure
from app.links import click_token, unsubscribe_token
from app.settings import Settings
from db import tables

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent.parent / "templates" / "mail"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
)
LANGUAGES = ("en", "zh")


class Words(NamedTuple):
    """What a template said: its first line, and the rest."""

    subject: str
    body: str


def language_for(customer: tables.Customer) -> str:
    return customer.language if customer.language in LANGUAGES else "en"


def words_for(
    follow_up: tables.FollowUp, customer: tables.Customer, facts: dict[str, Any], channel: str
) -> Words:
    """The template of this rule in the customer's language. A template may ask for `channel`."""
    name = (follow_up.details or {}).get("template", follow_up.rule)
    template = TEMPLATES.get_template(f"{name}.{language_for(customer)}.txt")
    subject, _, body = template.render(facts, channel=channel).partition("\n\n")
    return Words(" ".join(subject.split()), body.strip("\n"))


def plain_words(
    follow_up: tables.FollowUp, customer: tables.Customer, settings: Settings, channel: str
) -> str:
    """The body alone, for channels without a subject. Raises `PermanentFailure` where the template is at fault."""
    try:
        words = words_for(follow_up, customer, facts_of(follow_up, customer, settings), channel)
    except TemplateError as error:
        kind = type(error).__name__
        raise PermanentFailure(
            f"the template of {follow_up.rule} cannot be written ({kind}: {error})"
        ) from error
    return "\n\n".join(part.strip() for part in words.body.split("\n\n") if part.strip())


def facts_of(follow_up: tables.FollowUp, customer: tables.Customer, settings: Settings) -> dict[str, Any]:
    """Everything a template may name. Addresses are plain ones; e-mail puts its own counted link to the shop."""
    token = unsubscribe_token(settings.secret("link_secret"), follow_up.customer_id, "email")
    unsubscribe = f"{settings.web_url}/u/{token}"
    return {
        "name": " ".join((customer.name or "").split()),
        "shop": settings.shop_name,
        "shop_url": settings.web_url,
        "offer_title": None,
        "offer_code": None,
        **(follow_up.details or {}),
        "unsubscribe_url": unsubscribe,
        "preferences_url": f"{unsubscribe}/preferences",
    }


def counted_link(follow_up: tables.FollowUp, url: str, settings: Settings) -> str:
    """A link to `url` through our own redirect; of a follow-up without a row (a preview) it is `url` itself."""
    if follow_up.id is None:
        return url
    return f"{settings.web_url}/c/{click_token(settings.secret('link_secret'), follow_up.id, url)}"
