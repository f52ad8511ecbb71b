"""What customers allowed: purpose x channel. The newest answer counts; no answer is told apart from a refusal.

An answer for any channel covers every channel, until a newer one names a channel.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session, col, delete, select

from db import tables

ANY_CHANNEL = "any"
CHANNELS = ("email", "in_chat", "sms", "phone")


class Purpose(StrEnum):
    PROFILING = "profiling"
    FOLLOW_UP = "follow_up"


@dataclass(frozen=True, slots=True)
class Standing:
    """What counts now for one purpose and channel: the newest answer, or none with `granted` None."""

    purpose: Purpose
    channel: str
    granted: bool | None
    time: datetime | None = None
    source: str | None = None


def answer(session: Session, customer_id: int, purpose: Purpose, channel: str = ANY_CHANNEL) -> bool | None:
    """True when allowed, False when refused or withdrawn, None when never asked."""
    return standing(session, customer_id, purpose, channel).granted


def answers_for(session: Session, customer_id: int, purpose: Purpose, channel: str) -> list[bool | None]:
    """What counts now on each channel that an answer for `channel` would cover."""
    every = purpose is Purpose.FOLLOW_UP and channel == ANY_CHANNEL
    covered = CHANNELS if every else (channel,)
    return [answer(session, customer_id, purpose, name) for name in covered]


def standing(session: Session, customer_id: int, purpose: Purpose, channel: str = ANY_CHANNEL) -> Standing:
    query = (
        select(tables.Consent)
        .where(
            tables.Consent.customer_id == customer_id,
            tables.Consent.purpose == purpose,
            col(tables.Consent.channel).in_((channel, ANY_CHANNEL)),
        )
        .order_by(col(tables.Consent.id).desc())
        .limit(1)
    )
    if (newest := session.exec(query).first()) is None:
        return Standing(purpose, channel, None)
    return Standing(purpose, channel, newest.granted, newest.time, newest.source)


def overview(session: Session, customer_id: int) -> list[Standing]:
    """Follow-ups on each channel, then profiling: what a customer sees and may change."""
    follow_ups = [standing(session, customer_id, Purpose.FOLLOW_UP, channel) for channel in CHANNELS]
    return [*follow_ups, standing(session, customer_id, Purpose.PROFILING)]


def record(
    session: Session,
    customer_id: int,
    purpose: Purpose,
    granted: bool,
    now: datetime,
    source: str,
    channel: str = ANY_CHANNEL,
) -> int:
    """Keep the answer and give its id. Refusing profiling also removes every score that exists (requirement R6)."""
    given = tables.Consent(
        customer_id=customer_id, purpose=purpose, channel=channel, granted=granted, time=now, source=source
    )
    session.add(given)
    session.flush()
    if purpose is Purpose.PROFILING and not granted:
        session.exec(delete(tables.Risk).where(col(tables.Risk.customer_id) == customer_id))
    return given.id


def may_profile(session: Session, customer_id: int, needs_consent: bool) -> bool:
    """Whether a score may exist: with consent as the basis only after a yes, else until a no."""
    given = answer(session, customer_id, Purpose.PROFILING)
    return given is True or (given is None and not needs_consent)
