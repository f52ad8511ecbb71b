"""The lead's overview: how cases, offers, follow-ups and the model did within a stretch of time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from app.web.bars import by_day
from app.web.console_words import Tell, kept, told_in
from app.web.context import WebDep
from app.web.pages import language_of, page
from app.web.roles import LeadDep
from app.web.security import require_same_origin
from db.session import read_only
from desk import case_figures, figures
from desk.case_figures import Span
from desk.effects import measured_effect
from risk_model.drift import LITTLE, MUCH
from risk_model.errors import ModelMissing, ModelRefused
from risk_model.manifest import Manifest, read_model

router = APIRouter(prefix="/console", include_in_schema=False, dependencies=[Depends(require_same_origin)])

MOST_REASONS = 8
SPANS = (7, 30, 90, 365)
UNITS = {"days": timedelta(days=1), "hours": timedelta(hours=1), "minutes": timedelta(minutes=1)}
Days = Annotated[int, Query(ge=1, le=366)]


@dataclass(frozen=True, slots=True)
class Served:
    """The model that is served, or why there is none."""

    manifest: Manifest | None
    cause: str = ""

    @property
    def trained_until(self) -> datetime | None:
        return datetime.fromisoformat(self.manifest.trained_until) if self.manifest else None

    @property
    def measured(self) -> dict[str, Any]:
        """What its test measured of the way it scores where nothing is missing; empty where it could not be tested."""
        if self.manifest is None:
            return {}
        found: dict[str, Any] = self.manifest.metrics.get(self.manifest.serves, {})
        return found


@router.get("/overview")
def show_overview(web: WebDep, request: Request, user: LeadDep, days: Days = 30) -> Response:
    now, served = web.clock(), served_model(web.settings.models)
    span = Span.last(days, now, web.settings.zone)
    version = served.manifest.version if served.manifest else None
    with read_only(web.engine) as session:
        cases = case_figures.cases(session, span)
        told: dict[str, Any] = {
            "cases": cases,
            "offers": figures.offers(session, span),
            "follow_ups": figures.follow_ups(session, span),
            "refusals": _in_words(figures.refusals(session, span), language_of(request)),
            "scores": figures.scores(session, span, version, served.measured.get("scores")),
            "effect": measured_effect(session),
        }
    return page(
        request, "overview.html", shop=web.settings.shop_name, agent=user.agent, days=days, spans=SPANS,
        bars=by_day(cases.opened, cases.resolved), served=served,
        trained_until=served.trained_until, few=figures.FEW, little=LITTLE, much=MUCH,
        lasting=partial(lasting, told_in(language_of(request))), **told,
    )  # fmt: skip


def _in_words(reasons: dict[str, int], language: str) -> list[tuple[str, int]]:
    """The most frequent reasons, in the reader's language where we have them."""
    return [(kept(words, language), number) for words, number in list(reasons.items())[:MOST_REASONS]]


def lasting(t: Tell, took: timedelta | None) -> str:
    """A duration in the largest unit of which there are two, to one place below ten."""
    if took is None:
        return "–"
    unit = next((unit for unit, length in UNITS.items() if took >= 2 * length), "minutes")
    number = took / UNITS[unit]
    return str(t(f"overview.{unit}", n=f"{number:.0f}" if number >= 10 else f"{number:.1f}"))


def served_model(folder: Path) -> Served:
    try:
        return Served(read_model(folder))
    except (ModelMissing, ModelRefused) as refusal:
        return Served(None, str(refusal))
