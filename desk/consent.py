"""What customers allowed: purpose x channel. The newest answer counts; no answer is told apart from a refusal.

An answer for any channel covers every channel, until a newer one names a channel.
"""

from collections.abc import Sequence
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


def who_may_be_profiled(session: Session, customer_ids: Sequence[int], needs_consent: bool) -> set[int]:
    """Those of these customers of whom a score may exist, in one query for all."""
    query = (
        select(tables.Consent.customer_id, tables.Consent.granted)
        .where(
            tables.Consent.purpose == Purpose.PROFILING,
            tables.Consent.channel == ANY_CHANNEL,
            col(tables.Consent.customer_id).in_(customer_ids),
        )
        .order_by(col(tables.Consent.id))
    )
    newest = dict(session.exec(query).all())
    return {one for one in customer_ids if newest.get(one, not needs_consent)}


def may_profile(session: Session, customer_id: int, needs_consent: bool) -> bool:
    """Whether a score may exist: with consent as the basis only after a yes, else until a no."""
    given = answer(session, customer_id, Purpose.PROFILING)
    return given is True or (given is None and not needs_consent)


def may_keep_score(session: Session, customer_id: int, needs_consent: bool) -> bool:
    """`may_profile` asked again just before a score is stored, which may be long after it was begun.

    The customer stays locked until the commit, so a refusal is either seen here or waits and then removes the score.
    """
    return lock_customer(session, customer_id) and may_profile(session, customer_id, needs_consent)


def lock_customer(session: Session, customer_id: int) -> bool:
    """Until the commit, what changes this customer's answers waits for us; False for one who was erased."""
    return session.get(tables.Customer, customer_id, with_for_update={"key_share": True}) is not None
