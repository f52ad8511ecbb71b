"""A browser's right to one conversation: given, recognised, resumed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from app.channels.in_chat import conversation_with_news
from app.web.identity import hash_of, new_token
from app.web.text import known_language
from app.web.words import greeting, talk_button
from db import tables
from desk.conversations import add_message, open_conversation

SESSION_LIFE = timedelta(hours=12)
RESUMED_FOR = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Chat:
    """Whose conversation a session token opens; `customer_id` is None for an anonymous visitor."""

    conversation_id: str
    customer_id: int | None

    @property
    def actor(self) -> str:
        return f"customer:{self.customer_id}" if self.customer_id else f"visitor:{self.conversation_id}"


def recognise(session: Session, token: str | None, now: datetime) -> Chat | None:
    """The chat this token opens, or None when it is unknown or has ended."""
    found = session.get(tables.ChatSession, hash_of(token)) if token else None
    if found is None or found.expires_at <= now:
        return None
    return Chat(found.conversation_id, found.customer_id)


def open_for_customer(
    session: Session, customer_key: str, wishes: tuple[str | None, ...], shop: str, now: datetime
) -> tables.Conversation:
    """The conversation to show, else a new one (also for a stranger)."""
    customer = _customer(session, customer_key)
    if (found := conversation_to_show(session, customer.id, now)) is not None:
        return found
    asked, *others = wishes
    return _open_greeted(session, customer, known_language(asked, customer.language, *others), shop, now)


def conversation_to_show(session: Session, customer_id: int, now: datetime) -> tables.Conversation | None:
    """The conversation of the last day, else one where something waits for the customer."""
    recent = (
        select(tables.Conversation)
        .where(
            tables.Conversation.customer_id == customer_id,
            tables.Conversation.source == "widget",
            col(tables.Conversation.opened_at) > now - RESUMED_FOR,
        )
        .order_by(col(tables.Conversation.opened_at).desc())
    )
    return session.exec(recent).first() or conversation_with_news(session, customer_id, now)


def open_for_visitor(
    session: Session, wishes: tuple[str | None, ...], shop: str, now: datetime
) -> tables.Conversation:
    return _open_greeted(session, None, known_language(*wishes), shop, now)


def resumable(
    session: Session, token: str | None, customer_key: str | None, now: datetime
) -> tables.Conversation | None:
    """The conversation this token opens, unless the shop now names somebody else."""
    chat = recognise(session, token, now)
    conversation = session.get(tables.Conversation, chat.conversation_id) if chat else None
    if conversation is None or customer_key is None:
        return conversation
    customer = session.get(tables.Customer, conversation.customer_id) if conversation.customer_id else None
    return conversation if customer is not None and customer.customer_key == customer_key else None


def give_token(session: Session, conversation: tables.Conversation, now: datetime) -> str:
    """A new session token for this conversation; only its hash is kept."""
    token = new_token()
    session.add(
        tables.ChatSession(
            token_hash=hash_of(token),
            conversation_id=conversation.id,
            customer_id=conversation.customer_id,
            created_at=now,
            expires_at=now + SESSION_LIFE,
        )
    )
    return token


def _open_greeted(
    session: Session, customer: tables.Customer | None, language: str, shop: str, now: datetime
) -> tables.Conversation:
    conversation = open_conversation(session, customer, language, now)
    payload = {"buttons": [talk_button(language)]}
    add_message(session, conversation.id, "bot", greeting(language, shop), now, payload=payload)
    return conversation


def _customer(session: Session, customer_key: str) -> tables.Customer:
    """The customer's row, locked: two tabs opened at once share one conversation."""
    query = (
        select(tables.Customer)
        .where(tables.Customer.customer_key == customer_key)
        .with_for_update(key_share=True)
    )
    if (found := session.exec(query).first()) is None:
        try:
            with session.begin_nested():
                session.add(tables.Customer(customer_key=customer_key))
        except IntegrityError:
            pass  # another request made it meanwhile
        found = session.exec(query).one()
    return found
