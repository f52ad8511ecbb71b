"""From tables to the model's input: what is known of one customer, or of all, as of a moment."""

from datetime import datetime
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlmodel import Session

from db import tables
from desk.consent import may_profile
from risk_model.histories import CUSTOMERS, EVENTS, TEXTS, Histories

Query = sa.Select[Any]
# as columns, which SQLModel's own types hide
CUSTOMER, EVENT, REVIEW = (sa.inspect(t).columns for t in (tables.Customer, tables.Event, tables.Review))
CONVERSATION, MESSAGE = (sa.inspect(t).columns for t in (tables.Conversation, tables.Message))


def of_customer(session: Session, customer: tables.Customer, as_of: datetime) -> Histories:
    """The history of one customer."""
    return _read(session, as_of, customer.id)


def of_all(session: Session, as_of: datetime, *, needs_consent: bool) -> Histories:
    """Everyone whose risk may be computed: who objected to profiling is left out, for learning as for scoring."""
    histories = _read(session, as_of, None)
    refused = _not_to_be_profiled(session, needs_consent)
    if not refused:
        return histories
    keys = histories.customers.filter(~pl.col("customer_key").is_in(refused))["customer_key"]
    return histories.of(keys)


def _read(session: Session, as_of: datetime, customer_id: int | None) -> Histories:
    customers = sa.select(CUSTOMER.customer_key, CUSTOMER.joined_at)
    events = sa.select(CUSTOMER.customer_key, EVENT.time, EVENT.kind, EVENT.value, EVENT.quantity)
    events = events.join_from(tables.Event, tables.Customer).where(EVENT.time <= as_of)
    reviews, chats = _reviews(as_of), _chats(as_of)
    if customer_id is not None:
        customers = customers.where(CUSTOMER.id == customer_id)
        events = events.where(EVENT.customer_id == customer_id)
        reviews = reviews.where(REVIEW.customer_id == customer_id)
        chats = chats.where(CONVERSATION.customer_id == customer_id)
    return Histories.build(
        as_of,
        _frame(session, customers, CUSTOMERS),
        _frame(session, events, EVENTS),
        _frame(session, sa.union_all(reviews, chats), TEXTS),
    )


def _reviews(as_of: datetime) -> Query:
    source = sa.literal("review").label("source")
    query = sa.select(CUSTOMER.customer_key, REVIEW.time, source, REVIEW.rating, REVIEW.text)
    return query.join_from(tables.Review, tables.Customer).where(REVIEW.time <= as_of)


def _chats(as_of: datetime) -> Query:
    """What customers said in chats; the bot's and agents' words are not theirs."""
    source, rating = sa.literal("chat").label("source"), sa.null().label("rating")
    return (
        sa.select(CUSTOMER.customer_key, MESSAGE.time, source, rating, MESSAGE.text)
        .select_from(tables.Message)
        .join(tables.Conversation, CONVERSATION.id == MESSAGE.conversation_id)
        .join(tables.Customer, CUSTOMER.id == CONVERSATION.customer_id)
        .where(MESSAGE.time <= as_of, MESSAGE.role == "customer")
    )


def _frame(session: Session, query: Any, schema: dict[str, Any]) -> pl.DataFrame:
    rows = session.execute(query)
    return pl.DataFrame([tuple(row) for row in rows], schema=schema, orient="row")


def _not_to_be_profiled(session: Session, needs_consent: bool) -> list[str]:
    answered = sa.select(sa.inspect(tables.Consent).columns.customer_id)
    people = sa.select(CUSTOMER.id, CUSTOMER.customer_key)
    if not needs_consent:  # without an answer, only a customer who was asked can have refused
        people = people.where(CUSTOMER.id.in_(answered))
    return [key for number, key in session.execute(people) if not may_profile(session, number, needs_consent)]
