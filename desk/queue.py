"""The queue of cases: which are shown, in which order, and how many of each kind there are.

Every question is one statement, however long the queue is.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, exists, func, or_
from sqlalchemy import case as when
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from db import tables
from desk.escalations import Case, Cause

PER_PAGE = 50
HIGH, MIDDLE = 0.7, 0.45
LONGEST_SEARCH = 80


class Show(StrEnum):
    """Which open cases: those that wait for anybody and those at work, without the snoozed ones; or only some."""

    OPEN = "open"
    MINE = "mine"
    UNCLAIMED = "unclaimed"
    SNOOZED = "snoozed"


class Band(StrEnum):
    HIGH = "high"
    MIDDLE = "middle"
    LOW = "low"
    UNKNOWN = "unknown"


def band_of(probability: float | None) -> Band:
    if probability is None:
        return Band.UNKNOWN
    return Band.HIGH if probability >= HIGH else Band.MIDDLE if probability >= MIDDLE else Band.LOW


@dataclass(frozen=True, slots=True)
class Wish:
    """What an agent wants to see. None and the empty search leave nothing out."""

    show: Show = Show.OPEN
    band: Band | None = None
    cause: Cause | None = None
    language: str | None = None
    search: str = ""

    @property
    def narrows(self) -> bool:
        return replace(self, show=Show.OPEN) != Wish()


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks at the queue, and when."""

    agent_id: int
    now: datetime


class Counts(NamedTuple):
    open: int
    mine: int
    unclaimed: int
    snoozed: int


class Waiting(NamedTuple):
    """A case of the queue, with what its customer wrote last."""

    case: Case
    language: str | None
    wrote_at: datetime | None


def waiting(session: Session, wish: Wish, reader: Reader, page: int = 1) -> list[Waiting]:
    """One page, the highest risk x value first, then those who wait longest; pages count from 1."""
    row, talk = tables.Escalation, tables.Conversation
    shown = columns(row, tables.Customer, tables.Risk, tables.Agent, col(talk.language))
    query = (
        _with_joins(shown)
        .outerjoin(tables.Agent, col(tables.Agent.id) == col(row.claimed_by))
        .where(*_matching(wish, reader))
        .order_by(*_order())
        .limit(PER_PAGE)
        .offset(PER_PAGE * (page - 1))
    )
    found = session.execute(query).all()
    said = _last_words(session, [escalation.conversation_id for escalation, *_ in found])
    return [
        Waiting(Case(escalation, customer, risk, agent, text), language, time)
        for escalation, customer, risk, agent, language in found
        for text, time in [said.get(escalation.conversation_id, (None, None))]
    ]


def how_many(session: Session, wish: Wish, reader: Reader) -> int:
    query = _with_joins(columns(func.count())).where(*_matching(wish, reader))
    return int(session.execute(query).scalar_one())


def counts(session: Session, reader: Reader) -> Counts:
    """How many open cases there are of each kind."""
    sums = [func.coalesce(func.sum(when((_shown(show, reader), 1), else_=0)), 0) for show in Show]
    query = columns(*sums).where(_open())
    found = session.execute(query).one()
    return Counts(*(int(number) for number in found))


def order_of(session: Session, wish: Wish, reader: Reader) -> list[int]:
    """The ids of all that match, in the order of the queue: for going from one to the next."""
    query = _with_joins(columns(col(tables.Escalation.id))).where(*_matching(wish, reader))
    return list(session.execute(query.order_by(*_order())).scalars())


def unread(session: Session, reader: Reader) -> frozenset[int]:
    """The agent's own cases in which the customer wrote what the agent has not had on screen."""
    row, said = tables.Escalation, tables.Message
    news = exists().where(
        col(said.conversation_id) == col(row.conversation_id),
        col(said.role) == "customer",
        col(said.id) > func.coalesce(col(row.seen_message_id), 0),
    )
    query = select(row.id).where(_open(), row.claimed_by == reader.agent_id, news)
    return frozenset(session.exec(query).all())


def seen(session: Session, escalation_id: int, reader: Reader, message_id: int) -> bool:
    """Note that the holder has had this message on screen; False for somebody else's look, and for an older one."""
    found = session.get(tables.Escalation, escalation_id)
    if found is None or found.claimed_by != reader.agent_id or message_id <= (found.seen_message_id or 0):
        return False
    found.seen_message_id = message_id
    return True


def _open() -> ColumnElement[bool]:
    return col(tables.Escalation.status) != "resolved"


def _asleep(now: datetime) -> ColumnElement[bool]:
    return and_(col(tables.Escalation.snoozed_until).is_not(None), col(tables.Escalation.snoozed_until) > now)


def _shown(show: Show, reader: Reader) -> ColumnElement[bool]:
    asleep, holder = _asleep(reader.now), col(tables.Escalation.claimed_by)
    awake = or_(
        col(tables.Escalation.snoozed_until).is_(None), col(tables.Escalation.snoozed_until) <= reader.now
    )
    match show:
        case Show.OPEN:
            return awake
        case Show.MINE:
            return and_(awake, holder == reader.agent_id)
        case Show.UNCLAIMED:
            return and_(awake, holder.is_(None))
        case Show.SNOOZED:
            return asleep


def _matching(wish: Wish, reader: Reader) -> list[ColumnElement[bool]]:
    conditions = [_open(), _shown(wish.show, reader)]
    if wish.cause is not None:
        conditions.append(col(tables.Escalation.cause) == wish.cause)
    if wish.language is not None:
        conditions.append(col(tables.Conversation.language) == wish.language)
    if wish.band is not None:
        conditions.append(_in_band(wish.band))
    if wish.search:
        conditions.append(_named(wish.search))
    return conditions


def _in_band(band: Band) -> ColumnElement[bool]:
    probability = col(tables.Risk.probability)
    match band:
        case Band.HIGH:
            return probability >= HIGH
        case Band.MIDDLE:
            return and_(probability >= MIDDLE, probability < HIGH)
        case Band.LOW:
            return probability < MIDDLE
        case Band.UNKNOWN:
            return probability.is_(None)


def _named(search: str) -> ColumnElement[bool]:
    """By a part of the name or of the shop's key; what SQL would take for a pattern is taken as it is."""
    who = tables.Customer
    part = search[:LONGEST_SEARCH].lower()
    return or_(
        func.lower(col(who.name)).contains(part, autoescape=True),
        func.lower(col(who.customer_key)).contains(part, autoescape=True),
    )


def _with_joins(query: Any) -> Any:
    row = tables.Escalation
    return (
        query.select_from(row)
        .join(tables.Conversation, col(tables.Conversation.id) == col(row.conversation_id))
        .outerjoin(tables.Customer, col(tables.Customer.id) == col(row.customer_id))
        .outerjoin(tables.Risk, col(tables.Risk.id) == col(row.risk_id))
    )


def _order() -> tuple[Any, ...]:
    row = tables.Escalation
    return col(row.priority).desc(), col(row.opened_at), col(row.id)


def _last_words(session: Session, conversations: list[str]) -> dict[str, tuple[str, datetime]]:
    """What each customer wrote last, and when."""
    said = tables.Message
    newest = (
        select(func.max(col(said.id)))
        .where(col(said.conversation_id).in_(conversations), said.role == "customer")
        .group_by(col(said.conversation_id))
    )
    query = select(said.conversation_id, said.text, said.time).where(col(said.id).in_(newest))
    return {conversation: (text, time) for conversation, text, time in session.exec(query)}
