"""Canonical rows into the tables, in bulk and idempotently: the same row twice is one."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, cast
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import Table, and_, func, or_
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from db import tables
from desk.conversations import IMPORTED
from desk.ingest.rows import CustomerRow, EventRow, Kind, MessageRow, OrderRow, ReviewRow, Row

CHUNK = 5_000
NOT_STORED = {"customer_key", "id"}
OPTIONAL_OF_ORDER = ("expected_at", "delivered_at", "ship_to")
CONVERSATIONS = uuid5(NAMESPACE_URL, "stayline/imported-conversation")

Insert = postgresql.Insert | sqlite.Insert
Values = list[dict[str, Any]]


def write_rows(session: Session, kind: Kind, rows: Sequence[Row]) -> int:
    """Store the rows, all of this kind; returns how many were added (for customers and orders: or changed)."""
    session.flush()
    write = WRITERS[kind]
    return sum(write(session, rows[start : start + CHUNK]) for start in range(0, len(rows), CHUNK))


def _write_customers(session: Session, rows: Sequence[CustomerRow]) -> int:
    """A later row's fields win over earlier ones, but nothing known is forgotten for an empty field."""
    merged: dict[str, dict[str, Any]] = {}
    for row in rows:
        known = merged.setdefault(row.customer_key, dict.fromkeys(CustomerRow.model_fields))
        known.update(row.model_dump(exclude_none=True))
    insert = _insert(session, tables.Customer)
    mine, new = _table(tables.Customer).c, insert.excluded
    fields = [name for name in CustomerRow.model_fields if name != "customer_key"]
    statement = insert.on_conflict_do_update(
        index_elements=["customer_key"],
        set_={name: func.coalesce(new[name], mine[name]) for name in fields},
        where=or_(*(and_(new[name].is_not(None), new[name].is_distinct_from(mine[name])) for name in fields)),
    )
    return _execute(session, statement, [merged[key] for key in sorted(merged)])


def _write_events(session: Session, rows: Sequence[EventRow]) -> int:
    return _write_of_customer(session, tables.Event, rows)


def _write_reviews(session: Session, rows: Sequence[ReviewRow]) -> int:
    return _write_of_customer(session, tables.Review, rows)


def _write_of_customer(session: Session, table: type, rows: Sequence[EventRow] | Sequence[ReviewRow]) -> int:
    ids = _customer_ids(session, (row.customer_key for row in rows))
    values = [
        {
            **{name: value for name, value in vars(row).items() if name not in NOT_STORED},
            "customer_id": ids[row.customer_key],
            "row_key": row.row_key,
        }
        for row in rows
    ]
    return _execute(session, _insert(session, table).on_conflict_do_nothing(), values)


def _write_messages(session: Session, rows: Sequence[MessageRow]) -> int:
    _write_conversations(session, rows)
    values = [
        {
            "conversation_id": conversation_id(row),
            "time": row.time,
            "role": row.role,
            "text": row.text,
            "row_key": row.row_key,
        }
        for row in rows
    ]
    return _execute(session, _insert(session, tables.Message).on_conflict_do_nothing(), values)


def conversation_id(row: MessageRow) -> str:
    """The same for every message of the thread; without one, of the customer's UTC day."""
    thread = ["key", row.conversation] if row.conversation else ["day", row.time.date().isoformat()]
    return uuid5(CONVERSATIONS, json.dumps([row.customer_key, *thread])).hex


def _write_conversations(session: Session, rows: Sequence[MessageRow]) -> None:
    """One row per thread, opened at its earliest message however out of order they come."""
    ids = _customer_ids(session, (row.customer_key for row in rows))
    threads: dict[str, dict[str, Any]] = {}
    for row in rows:
        fresh = {"customer_id": ids[row.customer_key], "source": IMPORTED, "opened_at": row.time}
        thread = threads.setdefault(conversation_id(row), fresh)
        thread["opened_at"] = min(thread["opened_at"], row.time)
    insert = _insert(session, tables.Conversation)
    statement = insert.on_conflict_do_update(
        index_elements=["id"],
        set_={"opened_at": insert.excluded.opened_at},
        where=insert.excluded.opened_at < _table(tables.Conversation).c.opened_at,
    )
    _execute(session, statement, [{"id": key, **threads[key]} for key in sorted(threads)])


def _write_orders(session: Session, rows: Sequence[OrderRow]) -> int:
    """A later row says how the order is now, but forgets nothing for an empty field; what the customer cancelled in the
    chat stays cancelled, and an order never goes over to somebody else.
    """
    ids = _customer_ids(session, (row.customer_key for row in rows))
    merged: dict[tuple[str, int], dict[str, Any]] = {}
    for row in rows:
        known = merged.setdefault((row.order_number, ids[row.customer_key]), dict.fromkeys(OPTIONAL_OF_ORDER))
        known.update(row.model_dump(exclude_none=True, exclude={"customer_key"}))
    insert = _insert(session, tables.Order)
    mine, new = _table(tables.Order).c, insert.excluded
    fields = [name for name in OrderRow.model_fields if name not in ("customer_key", "order_number")]
    statement = insert.on_conflict_do_update(
        index_elements=["order_number"],
        set_={name: func.coalesce(new[name], mine[name]) for name in fields},
        where=and_(
            mine.customer_id == new.customer_id,
            mine.status != "cancelled",
            or_(*(and_(new[name].is_not(None), new[name].is_distinct_from(mine[name])) for name in fields)),
        ),
    )
    values = [{**merged[number, customer], "customer_id": customer} for number, customer in sorted(merged)]
    return _execute(session, statement, values)


def _customer_ids(session: Session, keys: Iterable[str]) -> dict[str, int]:
    """The id of each key's customer, who is made when first met."""
    wanted = sorted(set(keys))  # always in one order, so that two writers at once do not lock each other out
    ids = dict(_find_customers(session, wanted))
    if unknown := [key for key in wanted if key not in ids]:
        statement = _insert(session, tables.Customer).on_conflict_do_nothing()
        _execute(session, statement, [{"customer_key": key} for key in unknown])
        ids.update(_find_customers(session, unknown))
    return ids


def _find_customers(session: Session, keys: Sequence[str]) -> Iterator[tuple[str, int]]:
    customer = tables.Customer
    query = select(customer.customer_key, customer.id).where(col(customer.customer_key).in_(keys))
    return ((key, customer_id) for key, customer_id in session.exec(query))


def _insert(session: Session, table: type) -> Insert:
    dialect = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[session.get_bind().dialect.name]
    return cast(Insert, dialect(_table(table)).inline())


def _table(table: type) -> Table:
    return cast(Table, table.__table__)  # type: ignore[attr-defined]  # SQLModel adds it to every table


def _execute(session: Session, statement: Insert, values: Values) -> int:
    """How many rows it added or changed."""
    if not values:
        return 0
    options = {"preserve_rowcount": True}  # SQLAlchemy forgets an INSERT's count unless asked to keep it
    return session.connection().execute(statement, values, execution_options=options).rowcount


WRITERS: Mapping[Kind, Callable[[Session, Any], int]] = {
    Kind.customers: _write_customers,
    Kind.events: _write_events,
    Kind.reviews: _write_reviews,
    Kind.messages: _write_messages,
    Kind.orders: _write_orders,
}
