"""What becomes of our messages, as events: bounces, unsubscribes, clicks, replies, calls; and what customers allow."""

import re
import unicodedata
from datetime import datetime
from enum import StrEnum

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from db import tables
from desk import consent, outbox
from desk.errors import NotFound

STOP_WORDS = frozenset(
    {"stop", "stopall", "stop all", "unsubscribe", "opt out", "optout"}
    | {"td", "退订", "回复退订", "取消订阅", "我要退订"}
)


class Feedback(StrEnum):
    """Kinds of events that a follow-up comes back as."""

    BOUNCED = "mail_bounced"
    UNSUBSCRIBED = "unsubscribed"
    CLICKED = "mail_clicked"
    SCANNED = "mail_scanned"  # a program followed the link, not the customer
    REPLIED = "replied"
    CALL_REACHED = "call_reached"
    CALL_NOT_REACHED = "call_not_reached"


def record(session: Session, customer_id: int, kind: Feedback, now: datetime, row_key: str) -> bool:
    """Keep it as an event of the customer; False when this `row_key` is there already.

    The key is kept under its kind, so one follow-up may be clicked and bounce, each once.
    """
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    row = {"customer_id": customer_id, "kind": kind, "time": now, "row_key": f"{kind}:{row_key}"}
    insert = dialect.insert(tables.Event).values(row).on_conflict_do_nothing()
    return session.execute(insert.returning(tables.Event.id)).first() is not None


def is_stop(text: str) -> bool:
    """Whether these words ask for no more messages, and for nothing else: "stop", not "stop my order"."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.sub(r"[^\w\s]", " ", plain).split()) in STOP_WORDS


def keep_answer(
    session: Session,
    customer_id: int,
    purpose: consent.Purpose,
    granted: bool,
    now: datetime,
    source: str,
    channel: str = consent.ANY_CHANNEL,
) -> bool:
    """Apply what the customer allows or refuses from now on; False when it was so already.

    A refusal of follow-ups cancels those that are planned on the channel, and is an event. Raises `NotFound`
    for a customer who was erased.
    """
    if not consent.lock_customer(session, customer_id):  # so that the same answer twice at once is one
        raise NotFound("customer")
    if all(answer is granted for answer in consent.answers_for(session, customer_id, purpose, channel)):
        return False
    answer_id = consent.record(session, customer_id, purpose, granted, now, source, channel)
    if purpose is consent.Purpose.FOLLOW_UP and not granted:
        of_channel = None if channel == consent.ANY_CHANNEL else channel
        outbox.cancel_open(session, customer_id, "the customer unsubscribed", of_channel)
        record(session, customer_id, Feedback.UNSUBSCRIBED, now, f"{channel}:{answer_id}")
    return True


def stop(session: Session, customer_id: int, now: datetime, source: str) -> bool:
    """No more follow-ups on any channel, at once."""
    return keep_answer(session, customer_id, consent.Purpose.FOLLOW_UP, False, now, source)
