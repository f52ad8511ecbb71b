"""The two queries behind the send gate. They are built once, because they run before every send."""

from datetime import datetime
from typing import Any

from sqlalchemy import ScalarSelect, and_, bindparam, exists, or_, select
from sqlmodel import Session, col

from db import tables
from db.columns import UTCDateTime
from desk.activity import active, ordered
from desk.consent import ANY_CHANNEL, Purpose

GONE_OUT = ("sent", "sending", "uncertain")
_now, _planned_at, _since = (bindparam(name, type_=UTCDateTime()) for name in ("now", "planned_at", "since"))


def asked_about(follow_up: tables.FollowUp, now: datetime) -> dict[str, Any]:
    """The parameters of `CUSTOMER`."""
    return {
        "who": follow_up.customer_id,
        "channel": follow_up.channel,
        "planned_at": follow_up.planned_at,
        "offer_code": (follow_up.details or {}).get("offer_code"),
        "now": now,
    }


def sent_lately(
    session: Session, follow_up: tables.FollowUp, since: datetime, now: datetime
) -> tuple[datetime, ...]:
    """When the customer's other messages went out. Of several claimed at once each counts those before it, so that
    two workers cannot exceed the limits together.
    """
    asked = {"who": follow_up.customer_id, "this": follow_up.id, "since": since}
    return tuple(sent_at or now for (sent_at,) in session.execute(_OTHERS, asked))


def _consent() -> ScalarSelect[bool]:
    """The newest answer to follow-ups on this channel or on any, as `desk.consent` reads it."""
    given = tables.Consent
    answers = select(col(given.granted)).where(
        col(given.customer_id) == col(tables.Customer.id),
        col(given.purpose) == Purpose.FOLLOW_UP,
        col(given.channel).in_((bindparam("channel"), ANY_CHANNEL)),
    )
    return answers.order_by(col(given.id).desc()).limit(1).scalar_subquery()


CUSTOMER = select(
    tables.Customer,
    _consent().label("consent"),
    exists()
    .where(
        col(tables.Conversation.customer_id) == col(tables.Customer.id),
        col(tables.Conversation.agent_id).is_not(
            None
        ),  # in any chat: a message that knows nothing of it is unwelcome
    )
    .label("human_has_chat"),
    ordered(col(tables.Customer.id), _planned_at, since=_planned_at, until=_now).label("ordered"),
    active(col(tables.Customer.id), _planned_at).label("active"),
    exists()
    .where(
        col(tables.Offer.code) == bindparam("offer_code"),
        col(tables.Offer.status) == "made",
        col(tables.Offer.expires_at) > _now,
    )
    .label("offer_open"),
).where(col(tables.Customer.id) == bindparam("who"))

_row = tables.FollowUp
_OTHERS = select(col(_row.sent_at)).where(
    col(_row.customer_id) == bindparam("who"),
    col(_row.id) != bindparam("this"),
    or_(and_(col(_row.status) == "leased", col(_row.id) < bindparam("this")), col(_row.status).in_(GONE_OUT)),
    or_(col(_row.sent_at).is_(None), col(_row.sent_at) > _since),
    col(_row.due_at) > _since,
)
