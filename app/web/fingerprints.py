"""Cheap answers to "did anything change?": one query for all watched conversations, one for the queue."""

from collections.abc import Hashable, Mapping

from sqlalchemy import Engine, func, select
from sqlmodel import Session, col

from app.web.hub import QUEUE
from db import tables
from db.session import read_only

MOST_IN_ONE_QUERY = 500


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
    case = (
        select(col(tables.Escalation.status))
        .where(col(tables.Escalation.conversation_id) == this)
        .order_by(col(tables.Escalation.id).desc())
        .limit(1)
    ).scalar_subquery()
    query = select(this, agent, last_message, last_risk, case).where(this.in_(ids))
    return {row[0]: tuple(row[1:]) for row in session.connection().execute(query)}


def _queue(session: Session) -> Hashable:
    case = tables.Escalation
    last_message = (
        select(func.max(col(tables.Message.id))).where(
            col(tables.Message.conversation_id) == col(case.conversation_id),
            col(tables.Message.role) == "customer",
        )
    ).scalar_subquery()
    shown = (col(case.id), col(case.status), col(case.claimed_by), col(case.priority), col(case.risk_id))
    query = select(*shown, last_message).where(col(case.status) != "resolved")
    return tuple(sorted(tuple(row) for row in session.connection().execute(query)))
