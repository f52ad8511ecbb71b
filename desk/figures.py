"""What became of offers, follow-ups and scores within a stretch of time: the lead's overview, beside
`desk.case_figures`. Only read.

Shares and medians of few are told with their number, so that nobody takes chance for news: `FEW`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col, select

from db import tables
from desk.case_figures import Span
from risk_model.drift import shares, stability_index
from risk_model.risk import UNLIKE_TRAINING

FEW = 20  # below, a figure is said to be of few


@dataclass(frozen=True, slots=True)
class Scores:
    """Of the scores computed in the span: how many are unknown. `drift` is the PSI of the newest night's against the
    model's test, of `drift_n` customers like those it learned from; None where either is missing.
    """

    n: int
    unknown: int
    drift: float | None
    drift_n: int
    now: list[float]


def offers(session: Session, span: Span) -> dict[str, int]:
    """Offers of the span by their status now."""
    status, time = col(tables.Offer.status), col(tables.Offer.made_at)
    return _counted(session, status, time, span)


def follow_ups(session: Session, span: Span) -> dict[str, int]:
    """Follow-ups that were due in the span by their status now."""
    status, time = col(tables.FollowUp.status), col(tables.FollowUp.due_at)
    return _counted(session, status, time, span)


def refusals(session: Session, span: Span) -> dict[str, int]:
    """Why follow-ups that were due in the span were not sent, the most frequent reason first."""
    row = tables.FollowUp
    reason = col(row.status_reason)
    query = (
        select(reason, func.count())
        .where(col(row.status).in_(("cancelled", "expired", "failed", "dead")), reason.is_not(None))
        .where(col(row.due_at) >= span.since, col(row.due_at) <= span.until)
        .group_by(reason)
        .order_by(func.count().desc(), reason)
    )
    return {words or "": number for words, number in session.exec(query).all()}


def scores(session: Session, span: Span, version: str | None, then: Sequence[float] | None) -> Scores:
    """`then` are the shares of the model's own test by bin, where its training kept them."""
    risk = tables.Risk
    status, time = col(risk.status), col(risk.as_of)
    counted = _counted(session, status, time, span)
    now = _night(session, version)
    drift = stability_index(then, shares(now)) if then and now else None
    return Scores(sum(counted.values()), counted.get("unknown", 0), drift, len(now), shares(now))


def _night(session: Session, version: str | None) -> list[float]:
    """This model's scores of the newest night, of customers like those it learned from."""
    risk = tables.Risk
    query = select(risk.probability).where(
        col(risk.message_id).is_(None),
        risk.model_version == version,
        col(risk.reliability_reason).not_in(UNLIKE_TRAINING),
    )
    return [probability for probability in session.exec(query) if probability is not None]


def _counted(session: Session, what: Mapped[Any], time: Mapped[Any], span: Span) -> dict[str, int]:
    query = select(what, func.count()).where(time >= span.since, time <= span.until).group_by(what)
    return dict(session.exec(query).all())
