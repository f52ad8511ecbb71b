"""A customer contests their score (GDPR Art. 22): it decides nothing about them until a person has reviewed it.

Only the newest contest counts. One that was set aside keeps the score out of decisions until a review upholds it.
"""

from datetime import datetime
from enum import StrEnum

from sqlmodel import Session, col, select

from db import tables
from desk.errors import ContestRefused, NotFound
from desk.escalations import find, held_by

CAUSE = "the score is contested and decides nothing until a person has reviewed it"
SET_ASIDE_CAUSE = "a person has reviewed the score and set it aside"


class Review(StrEnum):
    """What a person found: the score may be used again, or it may not."""

    UPHELD = "upheld"
    SET_ASIDE = "set_aside"


def contest(
    session: Session,
    escalation_id: int,
    risk_id: int | None,
    agent: tables.Agent,
    reason: str,
    now: datetime,
) -> tables.Contest:
    """Keep that the customer of this case contests the score. Raises `NotYourCase`; `ContestRefused` for a visitor
    and where one waits already.
    """
    escalation = held_by(session, escalation_id, agent)
    if escalation.customer_id is None:
        raise ContestRefused.of_a_visitor()
    _lock(session, escalation.customer_id)
    newest = newest_contest(session, escalation.customer_id)
    if newest is not None and newest.verdict is None:
        raise ContestRefused.open_already()
    row = tables.Contest(
        customer_id=escalation.customer_id, escalation_id=escalation.id, risk_id=risk_id, time=now,
        agent_id=agent.id, reason=reason,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def review(
    session: Session,
    escalation_id: int,
    contest_id: int,
    reviewer: tables.Agent,
    verdict: Review,
    reason: str,
    now: datetime,
) -> tables.Contest:
    """Keep what a person found; any agent may, on any case of the customer.

    Raises `NotFound`, and `ContestRefused` once a newer contest counts or it is upheld.
    """
    row, escalation = session.get(tables.Contest, contest_id), find(session, escalation_id)
    if row is None or row.customer_id != escalation.customer_id:
        raise NotFound("contest")
    _lock(session, row.customer_id)
    session.refresh(row)
    newest = newest_contest(session, row.customer_id)
    if newest is None or newest.id != row.id or row.verdict == Review.UPHELD:
        raise ContestRefused.reviewed_already()
    row.verdict, row.verdict_reason, row.reviewed_by, row.reviewed_at = verdict, reason, reviewer.id, now
    return row


def newest_contest(session: Session, customer_id: int) -> tables.Contest | None:
    this = tables.Contest
    query = select(this).where(this.customer_id == customer_id).order_by(col(this.id).desc()).limit(1)
    return session.exec(query).first()


def why_not_used(session: Session, customer_id: int) -> str | None:
    """Why this customer's score decides nothing, or None where it may."""
    newest = newest_contest(session, customer_id)
    if newest is None or newest.verdict == Review.UPHELD:
        return None
    return SET_ASIDE_CAUSE if newest.verdict == Review.SET_ASIDE else CAUSE


def _lock(session: Session, customer_id: int) -> None:
    """Two who contest or review at once wait for each other here."""
    this = tables.Customer
    session.exec(select(this.id).where(this.id == customer_id).with_for_update(key_share=True)).one()
