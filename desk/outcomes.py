"""Measuring: what customers did after a decision. The newest step of the flow, and what later training learns from."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists
from sqlmodel import Session, col, select

from db import tables

BOUGHT_AGAIN = "bought_again"
LEFT = "left"


def measure(session: Session, now: datetime, limit: int = 500) -> int:
    """Write the outcome of decisions that have none yet: an order within the horizon, or none by its end."""
    query = (
        select(tables.Decision, tables.Risk.horizon_days)
        .join(tables.Risk, col(tables.Risk.id) == col(tables.Decision.risk_id))
        .where(~is_measured(), col(tables.Risk.horizon_days).is_not(None))
        .order_by(col(tables.Decision.time))
        .limit(limit)
    )
    found = 0
    for decision, horizon_days in session.exec(query).all():
        ends = decision.time + timedelta(days=horizon_days or 0)
        if (outcome := _outcome(session, decision, ends, now)) is not None:
            session.add(outcome)
            found += 1
    return found


def is_measured() -> ColumnElement[bool]:
    """Of a decision in a query: whether its outcome is known."""
    outcome = tables.Outcome
    same = (col(outcome.decision_id) == col(tables.Decision.id)) & col(outcome.kind).in_((BOUGHT_AGAIN, LEFT))
    return exists().where(same)


def _outcome(
    session: Session, decision: tables.Decision, ends: datetime, now: datetime
) -> tables.Outcome | None:
    event = tables.Event
    query = select(event.time, event.value).where(
        event.customer_id == decision.customer_id,
        event.kind == "order",
        col(event.time) > decision.time,
        col(event.time) <= min(ends, now),
    )
    order = session.exec(query.order_by(col(event.time)).limit(1)).first()
    if order is None and ends > now:
        return None
    kind, time, value = (BOUGHT_AGAIN, *order) if order else (LEFT, ends, None)
    return tables.Outcome(
        customer_id=decision.customer_id, decision_id=decision.id, kind=kind, time=time, value=value
    )
