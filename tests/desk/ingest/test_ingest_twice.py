from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from db import tables
from db.session import unit_of_work
from desk.ingest import Budget, EventRow, Kind, ingest_file, ingest_rows, write_rows

Stored = Callable[[Engine, type], list[Any]]
WriteJsonl = Callable[..., Path]

ROWS: dict[Kind, list[dict[str, Any]]] = {
    Kind.customers: [
        {"customer_key": "a", "name": "Ann", "joined_at": "2023-01-01", "value": 10},
        {"customer_key": "b", "email": "b@example.org"},
    ],
    Kind.events: [
        {"customer_key": "a", "time": "2024-05-02", "kind": "order", "value": 5, "id": "o1"},
        {"customer_key": "a", "time": "2024-05-01", "kind": "visit"},
        {"customer_key": "b", "time": "2024-05-03", "kind": "visit", "id": "o1"},
    ],
    Kind.reviews: [
        {"customer_key": "a", "time": "2024-05-01", "text": "good", "rating": 5},
        {"customer_key": "a", "time": "2024-05-01", "text": "good", "rating": 4},
    ],
    Kind.messages: [
        {"customer_key": "a", "time": "2024-05-01T10:00Z", "role": "customer", "text": "hi"},
        {"customer_key": "a", "time": "2024-05-01T10:01Z", "role": "bot", "text": "hello"},
    ],
    Kind.orders: [
        {
            "customer_key": "a",
            "order_number": "SL-1",
            "placed_at": "2024-05-01",
            "status": "shipped",
            "items": "a cup",
            "total": 12.5,
            "currency": "eur",
            "expected_at": "2024-06-09",
        },
        {
            "customer_key": "b",
            "order_number": "SL-2",
            "placed_at": "2024-05-02",
            "status": "delivered",
            "items": "tea",
            "total": "8",
            "currency": "EUR",
            "delivered_at": "2024-05-05",
            "ship_to": "1 Mill Lane",
            "returnable": "no",
        },
    ],
}
TABLES = {
    Kind.customers: tables.Customer,
    Kind.events: tables.Event,
    Kind.reviews: tables.Review,
    Kind.messages: tables.Message,
    Kind.orders: tables.Order,
}


@pytest.mark.parametrize("kind", Kind)
def test_the_same_file_twice_changes_nothing(
    engine: Engine, write_jsonl: WriteJsonl, stored: Stored, now: datetime, kind: Kind
) -> None:
    path = write_jsonl(*ROWS[kind])
    first = ingest_file(engine, kind, path, now=now)
    before = stored(engine, TABLES[kind])
    second = ingest_file(engine, kind, path, now=now)
    assert (first.new, second.new) == (len(ROWS[kind]), 0)
    assert second.kept == first.kept
    assert stored(engine, TABLES[kind]) == before


@pytest.mark.parametrize("kind", Kind)
def test_duplicates_in_one_file_are_one_however_they_are_batched(
    engine: Engine, write_jsonl: WriteJsonl, stored: Stored, now: datetime, kind: Kind
) -> None:
    path = write_jsonl(*ROWS[kind], *reversed(ROWS[kind]), *ROWS[kind])
    summary = ingest_file(engine, kind, path, now=now, budget=Budget(batch_rows=2))
    assert (summary.kept, summary.new) == (3 * len(ROWS[kind]), len(ROWS[kind]))
    assert len(stored(engine, TABLES[kind])) == len(ROWS[kind])


def test_the_same_moment_written_otherwise_is_the_same_row(
    sqlite_engine: Engine, write_jsonl: WriteJsonl, now: datetime
) -> None:
    rows = [
        {"customer_key": key, "time": time, "kind": kind, "value": value}
        for key, time, kind, value in [
            ("5", "2024-05-01T00:00:00Z", "order", 2),
            (5, 1714521600, "Order", 2.0),
            (5.0, "1714521600.0", " order ", "2.00"),
            ("5.0", "2024-05-01T02:00:00+02:00", "ORDER", "2"),
            ("5", "2024-05-01", "order", "2"),
        ]
    ]
    assert ingest_file(sqlite_engine, Kind.events, write_jsonl(*rows), now=now).new == 1


def test_a_customer_is_made_when_first_met_and_filled_in_later(
    engine: Engine, write_jsonl: WriteJsonl, stored: Stored, now: datetime
) -> None:
    ingest_file(engine, Kind.events, write_jsonl(*ROWS[Kind.events]), now=now)
    assert [customer.name for customer in stored(engine, tables.Customer)] == [None, None]
    summary = ingest_file(engine, Kind.customers, write_jsonl(*ROWS[Kind.customers]), now=now)
    assert summary.new == 2
    assert {customer.name for customer in stored(engine, tables.Customer)} == {"Ann", None}


def test_newer_fields_of_a_customer_win_and_empty_ones_forget_nothing(
    engine: Engine, write_jsonl: WriteJsonl, stored: Stored, now: datetime
) -> None:
    ingest_file(engine, Kind.customers, write_jsonl(*ROWS[Kind.customers]), now=now)
    newer = write_jsonl(
        {"customer_key": "a", "name": "", "language": "en", "value": 11},
        {"customer_key": "b", "email": None},
        {"customer_key": "a", "time_zone": "Europe/Berlin", "value": 12},
    )
    assert ingest_file(engine, Kind.customers, newer, now=now).new == 1
    ann = next(customer for customer in stored(engine, tables.Customer) if customer.customer_key == "a")
    assert (ann.name, ann.language, ann.time_zone, ann.value) == ("Ann", "en", "Europe/Berlin", 12)
    assert ann.joined_at == datetime(2023, 1, 1, tzinfo=UTC)


def test_messages_become_imported_conversations_opened_at_their_earliest_message(
    engine: Engine, write_jsonl: WriteJsonl, stored: Stored, now: datetime
) -> None:
    say = {"customer_key": "a", "role": "customer", "text": "hi"}
    thread = {**say, "conversation": "t1"}
    rows = [
        {**thread, "time": "2024-05-03T12:00Z"},
        {**thread, "time": "2024-05-01T09:00Z", "role": "Agent"},
        {**thread, "time": "2024-05-02T09:00Z"},
        {**say, "time": "2024-05-01T23:59Z"},
        {**say, "time": "2024-05-01T00:01Z"},
        {**say, "time": "2024-05-02T00:00Z"},
        {**thread, "time": "2024-05-04T09:00Z", "customer_key": "b"},
    ]
    ingest_file(engine, Kind.messages, write_jsonl(*rows), now=now, budget=Budget(batch_rows=1))
    conversations = sorted(stored(engine, tables.Conversation), key=lambda found: found.opened_at)
    assert [found.opened_at.strftime("%d %H:%M") for found in conversations] == [
        "01 00:01",
        "01 09:00",
        "02 00:00",
        "04 09:00",
    ]
    assert {found.source for found in conversations} == {"import"}
    sizes = [
        sum(message.conversation_id == found.id for message in stored(engine, tables.Message))
        for found in conversations
    ]
    assert sizes == [2, 3, 1, 1]


def test_rows_of_a_request_are_stored_once(engine: Engine, stored: Stored, now: datetime) -> None:
    with unit_of_work(engine) as session:
        first = ingest_rows(session, Kind.events, ROWS[Kind.events], now=now)
    with unit_of_work(engine) as session:
        second = ingest_rows(session, Kind.events, iter(ROWS[Kind.events]), now=now)
    assert (first.new, second.new, second.kept) == (3, 0, 3)
    assert len(stored(engine, tables.Event)) == 3


def test_more_rows_than_one_statement_takes_are_written(engine: Engine, stored: Stored) -> None:
    time = datetime(2024, 5, 1, tzinfo=UTC)
    rows = [EventRow(customer_key=f"c{number}", time=time, kind="visit") for number in range(6_000)]
    with unit_of_work(engine) as session:
        assert write_rows(session, Kind.events, rows) == 6_000
        assert write_rows(session, Kind.events, []) == 0
    assert len(stored(engine, tables.Customer)) == 6_000
