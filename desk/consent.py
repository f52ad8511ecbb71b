"""What customers allowed: purpose x channel. The newest answer counts; no answer is told apart from a refusal."""

from datetime import datetime
from enum import StrEnum

from sqlmodel import Session, col, delete, select

from db import tables

ANY_CHANNEL = "any"


class Purpose(StrEnum):
    PROFILING = "profiling"
    FOLLOW_UP = "follow_up"


def answer(session: Session, customer_id: int, purpose: Purpose, channel: str = ANY_CHANNEL) -> bool | None:
    """True when allowed, False when refused or withdrawn, None when never asked."""
    query = (
        select(tables.Consent.granted)
        .where(
            tables.Consent.customer_id == customer_id,
            tables.Consent.purpose == purpose,
            tables.Consent.channel == channel,
        )
        .order_by(col(tables.Consent.id).desc())
        .limit(1)
    )
    return session.exec(query).first()


def record(
    session: Session,
    customer_id: int,
    purpose: Purpose,
    granted: bool,
    now: datetime,
    source: str,
    channel: str = ANY_CHANNEL,
) -> None:
    """Keep the answer. Refusing profiling also removes every score that exists (requirement R6)."""
    session.add(
        tables.Consent(
            customer_id=customer_id,
            purpose=purpose,
            channel=channel,
            granted=granted,
            time=now,
            source=source,
        )
    )
    if purpose is Purpose.PROFILING and not granted:
        session.exec(delete(tables.Risk).where(col(tables.Risk.customer_id) == customer_id))


def may_profile(session: Session, customer_id: int, needs_consent: bool) -> bool:
    """Whether a score may exist: with consent as the basis only after a yes, else until a no."""
    given = answer(session, customer_id, Purpose.PROFILING)
    return given is True or (given is None and not needs_consent)
