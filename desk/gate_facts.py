"""The two queries behind the send gate, for any number of follow-ups. They are built once, because they run before
every send.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, ScalarSelect, Select, and_, bindparam, exists, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from db import tables
from db.columns import UTCDateTime
from desk.activity import active, ordered
from desk.consent import ANY_CHANNEL, Purpose

GONE_OUT = ("sent", "sending", "uncertain")
_now, _since = (bindparam(name, type_=UTCDateTime()) for name in ("now", "since"))
_row, _other = tables.FollowUp, aliased(tables.FollowUp)
_asked = col(_row.id).in_(bindparam("rows", expanding=True))


def customers(session: Session, row_ids: Sequence[int], now: datetime) -> dict[int, Row[Any]]:
    """For each follow-up whose customer is there: the customer, the consent, and what has happened since."""
    return {found.row_id: found for found in session.execute(_CUSTOMERS, {"rows": row_ids, "now": now})}


class Others(NamedTuple):
    """Other messages to the same customer: when those went out that did, and how many are being decided on now."""

    sent: tuple[datetime, ...] = ()
    undecided: int = 0


def others(session: Session, row_ids: Sequence[int], since: datetime, now: datetime) -> dict[int, Others]:
    """For each follow-up whose customer has others. Of several claimed at once each counts those before it, so that
    two workers cannot exceed the limits together.
    """
    found: dict[int, Others] = {}
    for row_id, status, sent_at in session.execute(_OTHERS, {"rows": row_ids, "since": since}):
        so_far = found.get(row_id, Others())
        if status == "leased":
            found[row_id] = so_far._replace(undecided=so_far.undecided + 1)
        else:
            found[row_id] = so_far._replace(sent=(*so_far.sent, sent_at or now))
    return found


def _consent() -> ScalarSelect[bool]:
    """The newest answer to follow-ups on this channel or on any, as `desk.consent` reads it."""
    given = tables.Consent
    answers = select(col(given.granted)).where(
        col(given.customer_id) == col(_row.customer_id),
        col(given.purpose) == Purpose.FOLLOW_UP,
        col(given.channel).in_((col(_row.channel), ANY_CHANNEL)),
    )
    return answers.order_by(col(given.id).desc()).limit(1).scalar_subquery()


_CUSTOMERS: Select[*tuple[Any, ...]] = (
    select(
        col(_row.id).label("row_id"),
        tables.Customer,
        _consent().label("consent"),
        exists()
        .where(
            col(tables.Conversation.customer_id) == col(_row.customer_id),
            # in any chat: a message that knows nothing of it is unwelcome
            col(tables.Conversation.agent_id).is_not(None),
        )
        .label("human_has_chat"),
        ordered(col(_row.customer_id), col(_row.planned_at), since=col(_row.planned_at), until=_now).label(
            "ordered"
        ),
        active(col(_row.customer_id), col(_row.planned_at)).label("active"),
        exists()
        .where(
            col(tables.Offer.code) == col(_row.details)["offer_code"].as_string(),
            col(tables.Offer.status) == "made",
            col(tables.Offer.expires_at) > _now,
        )
        .label("offer_open"),
    )
    .join(tables.Customer, col(tables.Customer.id) == col(_row.customer_id))
    .where(_asked)
)

_OTHERS = (
    select(col(_row.id), col(_other.status), col(_other.sent_at))
    .join(_other, and_(col(_other.customer_id) == col(_row.customer_id), col(_other.id) != col(_row.id)))
    .where(
        _asked,
        or_(
            and_(col(_other.status) == "leased", col(_other.id) < col(_row.id)),
            col(_other.status).in_(GONE_OUT),
        ),
        or_(col(_other.sent_at).is_(None), col(_other.sent_at) > _since),
        col(_other.due_at) > _since,
    )
)
