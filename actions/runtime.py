"""What actions work with, made at the first call: rasa-sdk imports every module here before a server exists."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TypeVar

from rasa_sdk import Tracker
from sqlalchemy import Engine
from sqlmodel import Session

from app.settings import Settings
from db import tables
from db.session import make_engine, read_only, unit_of_work
from desk.policy import Policy
from desk.rules import Rules, load_rules
from desk.shop import Shop
from desk.shop_api import ApiShop
from desk.shop_back_end import BackEnd
from desk.shop_facts import ShopFacts, load_shop_facts
from desk.shop_tables import TablesShop
from risk_model.loading import CurrentScorer

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Runtime:
    engine: Engine
    scorer: CurrentScorer
    policy: Policy
    rules: Rules
    shop_facts: ShopFacts
    back_end: BackEnd | None  # the shop's own, where it has one


@cache
def runtime() -> Runtime:
    settings = Settings()
    return Runtime(
        make_engine(settings.database),
        CurrentScorer(settings.models, settings.encoder_folder),
        settings.policy,
        load_rules(settings.rules),
        load_shop_facts(settings.shop_facts),
        _back_end(settings),
    )


@dataclass(frozen=True, slots=True)
class Said:
    """The message that Rasa is answering, with whose it is. Taken from our tables, never from slots or entities.
    `shop` answers for `customer` only: pass it no other key than theirs.
    """

    session: Session
    message: tables.Message
    conversation: tables.Conversation
    customer: tables.Customer | None
    shop: Shop

    @property
    def language(self) -> str:
        return self.conversation.language or (self.customer.language if self.customer else None) or "en"


async def in_transaction(tracker: Tracker, work: Callable[[Said], Result], default: Result) -> Result:
    """Run `work` on the message in one transaction, off the event loop; `default` when Rasa names no message
    of ours.
    """
    return await asyncio.to_thread(_in_transaction, tracker, work, default)


async def ask_shop(tracker: Tracker, work: Callable[[Said], Result], default: Result) -> Result:
    """Like `in_transaction`, for work that asks `said.shop` or has it change something, and writes nothing itself.

    Work that also writes (opens a case, say) does that in a second step, `in_transaction`: while a shop's own back end
    thinks no transaction of ours waits, and what such work wrote is rolled back.
    """
    opened = unit_of_work if runtime().back_end is None else read_only
    return await asyncio.to_thread(_in_transaction, tracker, work, default, opened)


def utc_now() -> datetime:
    return datetime.now(UTC)


def _in_transaction(
    tracker: Tracker,
    work: Callable[[Said], Result],
    default: Result,
    opened: Callable[[Engine], AbstractContextManager[Session]] = unit_of_work,
) -> Result:
    with opened(runtime().engine) as session:
        said = _said(session, tracker)
        return default if said is None else work(said)


def _said(session: Session, tracker: Tracker) -> Said | None:
    message_id = (tracker.latest_message.get("metadata") or {}).get("message_id")
    message = session.get(tables.Message, message_id) if isinstance(message_id, int) else None
    if message is None or message.conversation_id != tracker.sender_id or message.role != "customer":
        return None
    conversation = session.get_one(tables.Conversation, message.conversation_id)
    customer = session.get(tables.Customer, conversation.customer_id) if conversation.customer_id else None
    return Said(session, message, conversation, customer, _shop(session, message))


def _shop(session: Session, message: tables.Message) -> Shop:
    back_end = runtime().back_end
    if back_end is not None:
        return ApiShop(back_end, f"message-{message.id}")
    return TablesShop(session, utc_now(), runtime().policy.return_within)


def _back_end(settings: Settings) -> BackEnd | None:
    if not settings.shop_api_url:
        return None
    return BackEnd(settings.shop_api_url, settings.shop_api_secret.get_secret_value())
