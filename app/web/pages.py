"""Templates with autoescape, and the few ways a value is written on a page."""

from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.templating import Jinja2Templates
from markupsafe import Markup
from starlette.responses import Response

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"

CAUSES = {
    "risk": "High risk of leaving",
    "asked": "Asked for a person",
    "failure": "Assistant was down",
    "follow_up": "A call is due",
}


def page(
    request: Request, name: str, status: int = 200, headers: dict[str, str] | None = None, **context: Any
) -> Response:
    """A template as an answer."""
    return _templates.TemplateResponse(request, name, context, status_code=status, headers=headers)


def percent(probability: float | None) -> str:
    """A probability for people; unknown is said, never shown as 0."""
    return "unknown" if probability is None else f"{probability:.0%}"


def moment(time: datetime | None) -> Markup:
    """A time as an element: in UTC, until the page's script shows it in the reader's zone."""
    if time is None:
        return Markup()
    element = '<time datetime="{}" data-moment>{}</time>'
    return Markup(element).format(time.isoformat(), f"{time:%d %b, %H:%M} UTC")  # noqa: S704  # both are escaped


def money(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def level(probability: float | None) -> str:
    """The class name of a risk's colour."""
    if probability is None:
        return "unknown"
    return "high" if probability >= 0.7 else "middle" if probability >= 0.45 else "low"


def cause_words(cause: str) -> str:
    return CAUSES.get(cause, cause)


def plain(word: str) -> str:
    """A stored word such as `not_at_risk` as people write it."""
    return word.replace("_", " ")


_templates = Jinja2Templates(FOLDER / "templates")
_templates.env.filters |= {
    filter.__name__: filter for filter in (percent, moment, money, level, cause_words, plain)
}
