"""What actions work with, made at the first call: rasa-sdk imports every module here before a server exists."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TypeVar

from rasa_sdk import Tracker
from sqlalchemy import Engine
from sqlmodel import Session

from app.settings import Settings
from db import tables
from db.session import make_engine, unit_of_work
from desk.policy import Policy
from desk.rules import Rules, load_rules
from risk_model.loading import CurrentScorer

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Runtime:
    engine: Engine
    scorer: CurrentScorer
    policy: Policy
    rules: Rules


@cache
def runtime() -> Runtime:
    settings = Settings()
    return Runtime(
        make_engine(settings.database),
        CurrentScorer(settings.models, settings.encoder_folder),
        settings.policy,
        load_rules(settings.rules),
    )


@dataclass(frozen=True, slots=True)
class Said:
    """The message that Rasa is answering, with whose it is. Taken from our tables, never from slots or entities."""

    session: Session
    message: tables.Message
    conversation: tables.Conversation
    customer: tables.Customer | None

    @property
    def language(self) -> str:
        return self.conversation.language or (self.customer.language if self.customer else None) or "en"


async def in_transaction(tracker: Tracker, work: Callable[[Said], Result], default: Result) -> Result:
    """Run `work` on the message in one transaction, off the event loop; `default` when Rasa names no message
    of ours.
    """
    return await asyncio.to_thread(_in_transaction, tracker, work, default)


def utc_now() -> datetime:
    return datetime.now(UTC)


def _in_transaction(tracker: Tracker, work: Callable[[Said], Result], default: Result) -> Result:
    with unit_of_work(runtime().engine) as session:
        said = _said(session, tracker)
        return default if said is None else work(said)


def _said(session: Session, tracker: Tracker) -> Said | None:
    message_id = (tracker.latest_message.get("metadata") or {}).get("message_id")
    message = session.get(tables.Message, message_id) if isinstance(message_id, int) else None
    if message is None or message.conversation_id != tracker.sender_id or message.role != "customer":
        return None
    conversation = session.get_one(tables.Conversation, message.conversation_id)
    customer = session.get(tables.Customer, conversation.customer_id) if conversation.customer_id else None
    return Said(session, message, conversation, customer)
