"""What agents tell each other about a conversation. Customers, the bot and the risk model never read it."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from db import tables


def add_note(
    session: Session, conversation_id: str, agent: tables.Agent, text: str, now: datetime
) -> tables.Note:
    """Any agent may leave one, whoever holds the case."""
    note = tables.Note(
        conversation_id=conversation_id, agent_id=agent.id, author=agent.name, time=now, text=text
    )
    session.add(note)
    session.flush()
    return note


def notes_between(
    session: Session, conversation_id: str, start: datetime | None, end: datetime | None
) -> Sequence[tables.Note]:
    """Those from `start` on and before `end`, oldest first; None leaves that side open."""
    query = select(tables.Note).where(tables.Note.conversation_id == conversation_id)
    if start is not None:
        query = query.where(col(tables.Note.time) >= start)
    if end is not None:
        query = query.where(col(tables.Note.time) < end)
    return session.exec(query.order_by(col(tables.Note.time), col(tables.Note.id))).all()
