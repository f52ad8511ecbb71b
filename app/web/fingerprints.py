"""Cheap answers to "did anything change?": one query for all watched conversations, one for the queue."""

from collections.abc import Hashable, Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, case, exists, func, select
from sqlmodel import Session, col

from app.web.hub import QUEUE
from db import tables
from db.session import read_only

MOST_IN_ONE_QUERY = 500
LATELY = timedelta(minutes=10)  # what is new to a stream has come since; older messages need no look


def fingerprints_of(engine: Engine, topics: list[str]) -> Mapping[str, Hashable]:
    """A value per topic that differs when something a stream shows has changed."""
    found: dict[str, Hashable] = {}
    conversations = [topic for topic in topics if topic != QUEUE]
    with read_only(engine) as session:
        for start in range(0, len(conversations), MOST_IN_ONE_QUERY):
            found |= _conversations(session, conversations[start : start + MOST_IN_ONE_QUERY])
        if QUEUE in topics:
            found[QUEUE] = _queue(session)
    return found


def _conversations(session: Session, ids: list[str]) -> dict[str, Hashable]:
    this, agent = col(tables.Conversation.id), col(tables.Conversation.agent_id)
    message, risk = col(tables.Message.id), col(tables.Risk.id)
    of_this = col(tables.Message.conversation_id) == this
    last_message = select(func.max(message)).where(of_this).scalar_subquery()
    last_risk = (
        select(func.max(risk)).join(tables.Message, message == col(tables.Risk.message_id)).where(of_this)
    ).scalar_subquery()
    status, snoozed = (
        select(column)
        .where(col(tables.Escalation.conversation_id) == this)
        .order_by(col(tables.Escalation.id).desc())
        .limit(1)
        .scalar_subquery()
        for column in (col(tables.Escalation.status), col(tables.Escalation.snoozed_until))
    )
    last_note, held = (
        select(func.max(column)).where(of).scalar_subquery()
        for column, of in (
            (col(tables.Note.id), col(tables.Note.conversation_id) == this),
            (col(tables.HeldReply.id), col(tables.HeldReply.conversation_id) == this),
        )
    )
    shown = (agent, last_message, last_risk, status, snoozed, last_note, held)
    query = select(this, *shown).where(this.in_(ids))
    return {row[0]: tuple(row[1:]) for row in session.connection().execute(query)}


def _queue(session: Session) -> Hashable:
    """Sums over the open cases, not the cases: a long queue is asked about each second. A change that leaves every
    sum as it was would be missed until the next one.
    """
    row, said, now = tables.Escalation, tables.Message, datetime.now(UTC)
    is_open = col(row.status) != "resolved"
    asleep = case((col(row.snoozed_until) > now, 1), else_=0)
    holders = func.sum(col(row.id) * func.coalesce(col(row.claimed_by), 0))
    answered = case((col(row.answered_at).is_(None), 0), else_=col(row.id))
    sums = (
        func.count(), func.max(col(row.id)), func.sum(col(row.id)), holders, func.sum(answered), func.sum(asleep),
        func.sum(col(row.priority)), func.sum(col(row.risk_id)), func.sum(col(row.seen_message_id)),
    )  # fmt: skip
    cases = session.connection().execute(select(*sums).where(is_open)).one()
    in_a_case = exists().where(col(row.conversation_id) == col(said.conversation_id), is_open)
    newest = (
        select(col(said.id))
        .where(col(said.time) > now - LATELY, col(said.role) == "customer", in_a_case)
        .order_by(col(said.id).desc())
        .limit(1)
    )
    return (*cases, session.connection().execute(newest).scalar())
