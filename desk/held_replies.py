"""Answers that an agent may take back for a few seconds.

A held answer is a row of its own and no message: who reads messages cannot see it, and its message gets its id only
when it is released, so that no stream passes it by. Releasing is a matter of time, not of the browser that wrote it;
several processes may release at once, and the one whose delete finds the row adds the message.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import Session, col, select

from db import tables
from desk import escalations
from desk.conversations import add_message
from desk.errors import SentAlready

A_PASS = 200


def hold(
    session: Session,
    escalation_id: int,
    agent: tables.Agent,
    text: str,
    now: datetime,
    undo_within: timedelta,
) -> tables.HeldReply:
    """Keep the answer of the agent who holds the case until it may go. Raises `NotYourCase`."""
    escalation = escalations.held_by(session, escalation_id, agent)
    held = tables.HeldReply(
        conversation_id=escalation.conversation_id,
        escalation_id=escalation_id,
        agent_id=agent.id,
        written_at=now,
        release_at=now + undo_within,
        text=text,
    )
    session.add(held)
    session.flush()
    return held


def held_in(session: Session, conversation_id: str) -> Sequence[tables.HeldReply]:
    query = select(tables.HeldReply).where(tables.HeldReply.conversation_id == conversation_id)
    return session.exec(query.order_by(col(tables.HeldReply.id))).all()


def take_back(session: Session, held_id: int, agent: tables.Agent) -> str:
    """Undo it and give back its words, for the draft. Raises `SentAlready` when it has gone, or is not the agent's."""
    row = tables.HeldReply
    gone = delete(row).where(col(row.id) == held_id, col(row.agent_id) == agent.id).returning(col(row.text))
    text = session.execute(gone).scalar_one_or_none()
    if text is None:
        raise SentAlready
    return str(text)


def due(session: Session, now: datetime) -> Sequence[tuple[int, str]]:
    """(id, conversation) of what may go, oldest first."""
    row = tables.HeldReply
    query = select(row.id, row.conversation_id).where(col(row.release_at) <= now)
    return session.exec(query.order_by(col(row.release_at), col(row.id)).limit(A_PASS)).all()


def release(session: Session, held_id: int, now: datetime) -> tables.Message | None:
    """Say it to the customer, with the conversation locked by the caller; None when it has gone or was taken back."""
    row = tables.HeldReply
    taken = delete(row).where(col(row.id) == held_id).returning(
        col(row.conversation_id), col(row.escalation_id), col(row.agent_id), col(row.text)
    )  # fmt: skip
    found = session.execute(taken).one_or_none()
    if found is None:
        return None
    conversation_id, escalation_id, agent_id, text = found
    author = session.get_one(tables.Agent, agent_id).name
    escalations.note_answer(escalations.find(session, escalation_id), now)
    return add_message(session, conversation_id, "agent", text, now, author=author)


def release_all(session: Session, conversation_id: str, now: datetime) -> None:
    """At once what still waits here: before its case is resolved or handed back."""
    for held in held_in(session, conversation_id):
        release(session, held.id, now)
