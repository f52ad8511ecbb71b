"""Conversations and their messages: stored before anything else happens, and never twice."""

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from db import tables
from desk.errors import NotFound

IMPORTED = "import"  # the source of a conversation that the shop brought along


def open_conversation(
    session: Session, customer: tables.Customer | None, language: str | None, now: datetime
) -> tables.Conversation:
    """A new thread; without a customer it is an anonymous visitor's."""
    conversation = tables.Conversation(
        customer_id=customer.id if customer else None, language=language, opened_at=now
    )
    session.add(conversation)
    session.flush()
    return conversation


def find_conversation(session: Session, conversation_id: str) -> tables.Conversation:
    conversation = session.get(tables.Conversation, conversation_id)
    if conversation is None:
        raise NotFound("conversation")
    return conversation


def post_customer_message(
    session: Session, conversation: tables.Conversation, text: str, client_id: str, now: datetime
) -> tuple[tables.Message, bool]:
    """The stored message, and whether it is new: the same `client_id` again gives the first one back."""
    same = select(tables.Message).where(
        tables.Message.conversation_id == conversation.id, tables.Message.row_key == client_id
    )
    if found := session.exec(same).first():
        return found, False
    return add_message(session, conversation.id, "customer", text, now, row_key=client_id), True


def add_message(
    session: Session,
    conversation_id: str,
    role: str,
    text: str,
    now: datetime,
    *,
    author: str | None = None,
    payload: dict[str, Any] | None = None,
    row_key: str | None = None,
) -> tables.Message:
    message = tables.Message(
        conversation_id=conversation_id,
        time=now,
        role=role,
        text=text,
        author=author,
        payload=payload,
        row_key=row_key,
    )
    session.add(message)
    session.flush()
    return message


def messages_before(
    session: Session, conversation_id: str, message_id: int | None, limit: int
) -> list[tables.Message]:
    """The newest messages with a lower id (None: of all), oldest first."""
    query = select(tables.Message).where(tables.Message.conversation_id == conversation_id)
    if message_id is not None:
        query = query.where(col(tables.Message.id) < message_id)
    newest = session.exec(query.order_by(col(tables.Message.id).desc()).limit(limit)).all()
    return list(reversed(newest))


def messages_between(
    session: Session, conversation_id: str, first_id: int, before_id: int | None
) -> list[tables.Message]:
    """The messages from `first_id` on and before `before_id` (None: to the newest), oldest first."""
    row = tables.Message
    query = select(row).where(row.conversation_id == conversation_id, col(row.id) >= first_id)
    if before_id is not None:
        query = query.where(col(row.id) < before_id)
    return list(session.exec(query.order_by(col(row.id))))


def messages_after(session: Session, conversation_id: str, message_id: int = 0) -> list[tables.Message]:
    """The messages of a conversation with a higher id, oldest first: what a reconnecting browser missed."""
    query = (
        select(tables.Message)
        .where(tables.Message.conversation_id == conversation_id, col(tables.Message.id) > message_id)
        .order_by(col(tables.Message.id))
    )
    return list(session.exec(query))
