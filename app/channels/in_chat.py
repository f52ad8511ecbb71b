"""A follow-up as the bot's message in the customer's chat, waiting there for the customer's next visit."""

from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col, select

from app.channels.port import Channel, PermanentFailure, Receipt, TransientFailure
from app.channels.texts import plain_words
from app.settings import Settings
from db import tables
from db.session import unit_of_work
from desk import outbox
from desk.conversations import add_message, open_conversation

WIDGET = "widget"
REPLY_IS_NEWS_FOR = timedelta(days=14)


class InChat(Channel):
    """The in-chat channel: our own database is the provider, so a repeat is found and not said again."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        self._settings, self._engine = settings, engine

    def send(self, follow_up: tables.FollowUp, customer: tables.Customer) -> Receipt:
        text = plain_words(follow_up, customer, self._settings, "in_chat")
        try:
            with unit_of_work(self._engine) as session:
                said = _say_once(session, follow_up, text)
                return Receipt(f"message:{said.id}", "in the customer's chat")
        except OperationalError as error:
            raise TransientFailure(f"the database did not answer ({type(error).__name__})") from error


def newest_conversation(
    session: Session, customer: tables.Customer, now: datetime, language: str | None = None
) -> tables.Conversation:
    """The customer's newest conversation in the widget, or a new one."""
    query = (
        select(tables.Conversation)
        .where(tables.Conversation.customer_id == customer.id, tables.Conversation.source == WIDGET)
        .order_by(col(tables.Conversation.opened_at).desc())
    )
    return session.exec(query).first() or open_conversation(
        session, customer, language or customer.language, now
    )


def conversation_with_news(session: Session, customer_id: int, now: datetime) -> tables.Conversation | None:
    """The conversation whose last word waits for the customer: a follow-up of any age, or an agent's fresh reply."""
    query = (
        select(tables.Message, tables.Conversation)
        .join(tables.Conversation, col(tables.Conversation.id) == col(tables.Message.conversation_id))
        .where(tables.Conversation.customer_id == customer_id, tables.Conversation.source == WIDGET)
        .order_by(col(tables.Message.id).desc())
        .limit(1)
    )
    if (found := session.exec(query).first()) is None:
        return None
    message, conversation = found
    is_fresh_reply = message.role == "agent" and message.time > now - REPLY_IS_NEWS_FOR
    return conversation if is_fresh_reply or (message.payload or {}).get("follow_up") else None


def _say_once(session: Session, follow_up: tables.FollowUp, text: str) -> tables.Message:
    customer = _locked(session, follow_up.customer_id)
    if (said := _said(session, follow_up)) is not None:
        return said
    now = outbox.database_now(session)
    conversation = newest_conversation(session, customer, now)
    if conversation.agent_id is not None:
        raise TransientFailure("a human has the chat")
    payload = {"follow_up": True}
    return add_message(
        session, conversation.id, "bot", text, now, payload=payload, row_key=follow_up.idempotency_key
    )


def _locked(session: Session, customer_id: int) -> tables.Customer:
    """The customer's row, locked, so that two workers do not open two conversations or say it twice."""
    customer = session.get(tables.Customer, customer_id, with_for_update={"key_share": True})
    if customer is None:
        raise PermanentFailure("the customer was erased")
    return customer


def _said(session: Session, follow_up: tables.FollowUp) -> tables.Message | None:
    query = (
        select(tables.Message)
        .join(tables.Conversation, col(tables.Conversation.id) == col(tables.Message.conversation_id))
        .where(
            tables.Conversation.customer_id == follow_up.customer_id,
            tables.Message.row_key == follow_up.idempotency_key,
        )
    )
    return session.exec(query).first()
