"""From tables to the model's input: what is known of one customer, or of all, as of a moment."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlmodel import Session

from db import tables
from desk.consent import who_may_be_profiled
from risk_model.histories import CUSTOMERS, EVENTS, TEXTS, TIME, Histories

Query = sa.Select[Any]
ASKED_AT_ONCE = 1_000  # numbers in one query
KEPT_TIME = "%Y-%m-%d %H:%M:%S%.f"  # of SQLite
# as columns, which SQLModel's own types hide
CUSTOMER, EVENT, REVIEW = (sa.inspect(t).columns for t in (tables.Customer, tables.Event, tables.Review))
CONVERSATION, MESSAGE = (sa.inspect(t).columns for t in (tables.Conversation, tables.Message))


def of_customer(session: Session, customer: tables.Customer, as_of: datetime) -> Histories:
    """The history of one customer."""
    return _read(session, as_of, [customer.id])


def of_customers(session: Session, customer_ids: Sequence[int], as_of: datetime) -> Histories:
    """The histories of these customers."""
    return _read(session, as_of, customer_ids)


def of_all(session: Session, as_of: datetime, *, needs_consent: bool) -> Histories:
    """Everyone whose risk may be computed: who objected to profiling is left out, for learning as for scoring."""
    histories = _read(session, as_of, None)
    refused = _not_to_be_profiled(session, needs_consent)
    if not refused:
        return histories
    keys = histories.customers.filter(~pl.col("customer_key").is_in(refused))["customer_key"]
    return histories.of(keys)


def _read(session: Session, as_of: datetime, customer_ids: Sequence[int] | None) -> Histories:
    chosen = {} if customer_ids is None else {"ids": list(customer_ids)}
    known = {**chosen, "as_of": as_of}
    customers, events, texts = _queries(customer_ids is not None)
    return Histories.build(
        as_of,
        _frame(session, customers, chosen, CUSTOMERS),
        _frame(session, events, known, EVENTS),
        _frame(session, texts, known, TEXTS),
    )


@cache  # to write them takes as long as to carry them out for one customer
def _queries(of_some: bool) -> tuple[Query, Query, Any]:
    """The customers, their events and their texts, up to `as_of`; of some those with these `ids`."""
    customers = sa.select(CUSTOMER.customer_key, _as_kept(CUSTOMER.joined_at))
    events = sa.select(CUSTOMER.customer_key, _as_kept(EVENT.time), EVENT.kind, EVENT.value, EVENT.quantity)
    events = events.join_from(tables.Event, tables.Customer).where(EVENT.time <= sa.bindparam("as_of"))
    reviews, chats = _reviews(), _chats()
    if of_some:
        ids: sa.BindParameter[int] = sa.bindparam("ids", expanding=True)
        customers = customers.where(CUSTOMER.id.in_(ids))
        events = events.where(EVENT.customer_id.in_(ids))
        reviews = reviews.where(REVIEW.customer_id.in_(ids))
        chats = chats.where(CONVERSATION.customer_id.in_(ids))
    return customers, events, sa.union_all(reviews, chats)


def _reviews() -> Query:
    source = sa.literal("review").label("source")
    query = sa.select(CUSTOMER.customer_key, _as_kept(REVIEW.time), source, REVIEW.rating, REVIEW.text)
    return query.join_from(tables.Review, tables.Customer).where(REVIEW.time <= sa.bindparam("as_of"))


def _chats() -> Query:
    """What customers said in chats; the bot's and agents' words are not theirs."""
    source, rating = sa.literal("chat").label("source"), sa.null().label("rating")
    return (
        sa.select(CUSTOMER.customer_key, _as_kept(MESSAGE.time), source, rating, MESSAGE.text)
        .select_from(tables.Message)
        .join(tables.Conversation, CONVERSATION.id == MESSAGE.conversation_id)
        .join(tables.Customer, CUSTOMER.id == CONVERSATION.customer_id)
        .where(MESSAGE.time <= sa.bindparam("as_of"), MESSAGE.role == "customer")
    )


def _as_kept(time: Any) -> Any:
    """The time as the driver gives it: a whole column is read faster than one moment after another."""
    return sa.type_coerce(time, sa.types.NullType())


def _frame(session: Session, query: Any, values: dict[str, Any], schema: dict[str, Any]) -> pl.DataFrame:
    """SQLite keeps a time as text, in UTC."""
    as_text = session.get_bind().dialect.name == "sqlite"
    kept = {name: pl.String if kind == TIME and as_text else kind for name, kind in schema.items()}
    rows = session.connection().execute(query, values).fetchall()
    frame = pl.DataFrame([tuple(row) for row in rows], schema=kept, orient="row")
    times = [name for name, kind in schema.items() if kind == TIME]
    return (
        frame.with_columns(pl.col(times).str.to_datetime(KEPT_TIME, time_unit="us", time_zone="UTC"))
        if as_text
        else frame
    )


def _not_to_be_profiled(session: Session, needs_consent: bool) -> list[str]:
    answered = sa.select(sa.inspect(tables.Consent).columns.customer_id)
    people = sa.select(CUSTOMER.id, CUSTOMER.customer_key)
    if not needs_consent:  # without an answer, only a customer who was asked can have refused
        people = people.where(CUSTOMER.id.in_(answered))
    keys = dict(map(tuple, session.execute(people)))
    numbers, allowed = list(keys), set[int]()
    for start in range(0, len(numbers), ASKED_AT_ONCE):
        allowed |= who_may_be_profiled(session, numbers[start : start + ASKED_AT_ONCE], needs_consent)
    return [key for number, key in keys.items() if number not in allowed]
