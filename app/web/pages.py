"""Templates with autoescape, and the few ways a value is written on a page."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.templating import Jinja2Templates
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.responses import Response

from app.web.console_words import kept as kept_in
from app.web.console_words import told_in
from app.web.tags import known_language
from desk.queue import band_of

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"

LANGUAGE_COOKIE = "stayline_language"


def language_of(request: Request) -> str:
    """The language that was chosen in this browser, else the browser's own, else English."""
    return known_language(request.cookies.get(LANGUAGE_COOKIE), request.headers.get("accept-language"))


def page(
    request: Request, name: str, status: int = 200, headers: dict[str, str] | None = None, **context: Any
) -> Response:
    """A template as an answer; it tells the console's words by `t`, in the reader's language."""
    language = language_of(request)
    words = {"language": language, "t": told_in(language), "abs": abs}
    return _templates.TemplateResponse(request, name, words | context, status_code=status, headers=headers)


@pass_context
def percent(context: Context, probability: float | None) -> str:
    """A probability for people: unknown is said, never shown as 0, and what is not quite certain never as certain."""
    if probability is None:
        return str(context["t"]("stored.unknown"))
    told = f"{probability:.0%}"
    if told == "100%" and probability < 1:
        return ">99%"
    return "<1%" if told == "0%" and probability > 0 else told


@pass_context
def moment(context: Context, time: datetime | None) -> Markup:
    """A time as an element: in UTC, until the page's script shows it in the reader's zone."""
    if time is None:
        return Markup()
    element = '<time datetime="{}" data-moment>{}</time>'
    told = f"{time:%m-%d %H:%M} UTC" if context["language"] == "zh" else f"{time:%d %b, %H:%M} UTC"
    return Markup(element).format(time.isoformat(), told)  # noqa: S704  # both are escaped


def since(time: datetime) -> Markup:
    """How long ago, as an element: its hour in UTC, until the page's script counts."""
    element = '<time datetime="{}" data-since>{}</time>'
    return Markup(element).format(time.isoformat(), f"{time:%H:%M} UTC")  # noqa: S704  # both are escaped


def money(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def level(probability: float | None) -> str:
    """The class name of a risk's colour."""
    return band_of(probability)


@pass_context
def lasting(context: Context, span: timedelta) -> str:
    """A span of time as the page's script writes it too: `5 min`, `2 hrs 5 min`, `3 days`."""
    minutes = max(0, int(span.total_seconds() // 60))
    unit = "minutes" if minutes < 60 else "hours" if minutes < 48 * 60 else "days"
    number = {"minutes": minutes, "hours": minutes // 60, "days": minutes // (24 * 60)}[unit]
    return str(context["t"](f"frame.{unit}", n=number, minutes=minutes % 60))


def plain(word: str) -> str:
    """A stored word such as `not_at_risk` as people write it."""
    return word.replace("_", " ")


@pass_context
def kept(context: Context, sentence: str) -> Markup:
    """A sentence or a name that the desk keeps, in the reader's language where we have it."""
    return kept_in(sentence, context["language"])


_templates = Jinja2Templates(FOLDER / "templates")
_templates.env.filters |= {
    filter.__name__: filter for filter in (percent, moment, since, lasting, money, level, plain, kept)
}
