"""A shop without a back end of its own feeds its orders: what the bot then tells, and what a later row changes."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from db import tables
from db.session import unit_of_work
from desk.ingest import Kind, Summary, ingest_file
from desk.ingest.rows import RowError, validate
from desk.shop import OrderStatus
from desk.shop_tables import TablesShop

ORDER = {
    "customer_key": "ana", "order_number": "SL-1042", "placed_at": "2024-05-20", "status": "Placed",
    "items": "2 × Celadon Cup", "total": "24.80", "currency": "EUR",
}  # fmt: skip


@pytest.fixture
def feed(engine: Engine, write_jsonl: Callable[..., Path], now: datetime) -> Callable[..., Summary]:
    def feed(*rows: dict[str, Any]) -> Summary:
        return ingest_file(engine, Kind.orders, write_jsonl(*rows), now=now)

    return feed


@pytest.fixture
def order(engine: Engine, now: datetime) -> Callable[..., Any]:
    def order(key: str = "ana") -> Any:
        with unit_of_work(engine) as session:
            return TablesShop(session, now).order(key, "sl 1042")

    return order


def test_a_csv_of_orders_is_what_the_bot_tells_of(
    engine: Engine, write_file: Callable[..., Path], order: Callable[..., Any], now: datetime
) -> None:
    path = write_file(
        "orders.csv",
        "customer_key,number,placed_at,status,items,total,currency,expected_at,ship_to\n"
        'ana,SL-1042,2024-05-20T10:00+02:00,shipped,2 × Celadon Cup,24.80,eur,2024-06-04,"1 Mill Lane, Berlin"\n',
    )
    ingest_file(engine, Kind.orders, path, mapping={"order_number": "number"}, now=now)
    told = order()
    assert (told.status, told.items, told.total, told.currency) == (
        OrderStatus.SHIPPED, "2 × Celadon Cup", 24.8, "EUR",
    )  # fmt: skip
    assert (told.placed_at, told.expected_at) == (
        datetime(2024, 5, 20, 8, tzinfo=UTC), datetime(2024, 6, 4, tzinfo=UTC),
    )  # fmt: skip
    assert told.ship_to == "1 Mill Lane, Berlin"


def test_a_later_row_says_how_it_is_now_and_forgets_nothing(
    feed: Callable[..., Summary], order: Callable[..., Any]
) -> None:
    feed(ORDER | {"ship_to": "1 Mill Lane"})
    assert feed(ORDER | {"status": "delivered", "delivered_at": "2024-05-25"}).new == 1
    told = order()
    assert (told.status, told.ship_to) == (OrderStatus.DELIVERED, "1 Mill Lane")


def test_what_was_cancelled_in_the_chat_stays_cancelled(
    engine: Engine, feed: Callable[..., Summary], order: Callable[..., Any], now: datetime
) -> None:
    feed(ORDER)
    with unit_of_work(engine) as session:
        TablesShop(session, now).cancel_order("ana", "SL-1042", "")
    assert feed(ORDER).new == 0
    assert order().status is OrderStatus.CANCELLED


def test_an_order_never_goes_over_to_somebody_else(
    feed: Callable[..., Summary], order: Callable[..., Any]
) -> None:
    assert feed(ORDER, ORDER | {"customer_key": "bo", "items": "all of it"}).new == 1
    assert feed(ORDER | {"customer_key": "bo"}).new == 0
    assert order("bo") is None
    assert order("ana").items == "2 × Celadon Cup"


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("status", "lost", "status: expected placed, shipped, delayed, delivered, cancelled or returned, got 'lost'"),
        ("total", "-1", "total: expected 0 or more, got -1"),
        ("total", "", "total: missing"),
        ("currency", "euro", "currency: expected three letters such as EUR, got 'EURO'"),
        ("returnable", "maybe", "returnable: expected yes or no, got 'maybe'"),
        ("placed_at", "2031-01-01", "placed_at: 2031-01-01T00:00:00+00:00 is in the future, expected at most a day from now"),
        ("order_number", "9" * 61, "order_number: longer than 60 characters"),
        ("items", None, "items: missing"),
    ],
)  # fmt: skip
def test_a_bad_order_is_refused_in_a_sentence(column: str, value: object, reason: str, now: datetime) -> None:
    with pytest.raises(RowError) as refused:
        validate(Kind.orders, ORDER | {column: value}, now)
    assert str(refused.value) == reason


def test_an_order_makes_its_customer_known(
    engine: Engine, feed: Callable[..., Summary], stored: Callable[..., list[Any]]
) -> None:
    feed(ORDER)
    assert [row.customer_key for row in stored(engine, tables.Customer)] == ["ana"]
