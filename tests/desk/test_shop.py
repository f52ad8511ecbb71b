"""What every shop behind the port does: our tables on both databases, and a back end asked over HTTP."""

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from db import tables
from db.migrate import upgrade
from db.session import make_engine, unit_of_work
from desk.shop import Account, Cause, NotPossible, Order, OrderStatus, RefundStatus, Shop, Subscription
from desk.shop_api import ApiShop
from desk.shop_back_end import BackEnd
from desk.shop_tables import TablesShop
from tests.databases import fresh_database_url
from tests.support.back_end import from_tables, running_back_end

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECRET = "a-secret-of-the-test-that-is-long-enough"
KEY = "客户 7/ana"  # a key of the shop's own may be anything


@dataclass
class World:
    """`asked` opens a shop for one message; what it changed is kept when the block ends well."""

    engine: Engine
    asked: Callable[[], AbstractContextManager[Shop]]

    def order(self, number: str, status: str, **told: object) -> None:
        row = {"customer": KEY, "placed_at": NOW - timedelta(days=9), "total": 20.0, **told}
        with unit_of_work(self.engine) as session:
            who = customer(session, str(row.pop("customer")))
            delivered = row.pop("delivered_at", NOW - timedelta(days=3) if status == "delivered" else None)
            session.add(
                tables.Order(
                    order_number=number,
                    customer_id=who.id,
                    status=status,
                    delivered_at=delivered,
                    items="1 × Teapot",
                    ship_to="1 Old Street",
                    **row,
                )
            )

    def events(self) -> list[tuple[str, float | None, str]]:
        with unit_of_work(self.engine) as session:
            rows = session.exec(select(tables.Event).order_by(tables.Event.row_key)).all()
            return [(row.kind, row.value, row.row_key) for row in rows]


def customer(session, key: str) -> tables.Customer:
    found = session.exec(select(tables.Customer).where(tables.Customer.customer_key == key)).first()
    if found is None:
        found = tables.Customer(customer_key=key)
        session.add(found)
        session.flush()
    return found


@pytest.fixture(scope="module", params=["tables-sqlite", "tables-postgresql", "api"])
def one_world(request, tmp_path_factory) -> Iterator[World]:
    dialect = "postgresql" if request.param.endswith("postgresql") else "sqlite"
    with fresh_database_url(dialect, tmp_path_factory.mktemp("shop")) as url:
        engine = make_engine(url)
        upgrade(engine)
        if request.param == "api":
            with running_back_end() as server:
                server.answer = from_tables(engine, NOW, SECRET)
                back_end = BackEnd(server.url, SECRET, deadline=5)
                messages = itertools.count()
                yield World(engine, lambda: over_http(back_end, next(messages)))
                back_end.close()
        else:
            yield World(engine, lambda: from_our_tables(engine))
        engine.dispose()


@contextmanager
def from_our_tables(engine: Engine) -> Iterator[Shop]:
    with unit_of_work(engine) as session:
        yield TablesShop(session, NOW)


@contextmanager
def over_http(back_end: BackEnd, number: int) -> Iterator[Shop]:
    yield ApiShop(back_end, f"message-{number}")


@pytest.fixture
def world(one_world: World) -> World:
    with unit_of_work(one_world.engine) as session:
        for row in session.exec(select(tables.Customer)):
            session.delete(row)  # and all of theirs
        for row in session.exec(select(tables.Product)):
            session.delete(row)
    return one_world


def refused(world: World, change: Callable[[Shop], object]) -> Cause:
    with pytest.raises(NotPossible) as refusal, world.asked() as shop:
        change(shop)
    return refusal.value.cause


def told(world: World, number: str) -> Order:
    with world.asked() as shop:
        found = shop.order(KEY, number)
    assert found is not None
    return found


def test_orders_come_the_newest_first_and_twenty_at_most(world):
    for day in range(25):
        world.order(f"SL-{day}", "delivered", placed_at=NOW - timedelta(days=40 - day))
    with world.asked() as shop:
        numbers = [order.number for order in shop.orders(KEY)]
    assert numbers == [f"SL-{day}" for day in range(24, 4, -1)]


def test_an_order_is_told_with_all_that_is_known(world):
    world.order("SL-1", "delivered", currency="GBP", expected_at=NOW - timedelta(days=2))
    assert told(world, "SL-1") == Order(
        number="SL-1",
        status=OrderStatus.DELIVERED,
        placed_at=NOW - timedelta(days=9),
        items="1 × Teapot",
        total=20.0,
        currency="GBP",
        expected_at=NOW - timedelta(days=2),
        delivered_at=NOW - timedelta(days=3),
        ship_to="1 Old Street",
        changeable=False,
        returnable_until=NOW + timedelta(days=27),
    )


@pytest.mark.parametrize("written", ["sl-1042", "#SL-1042", " SL 1042 ", "SL1042", "ＳＬ－１０４２", "1042"])
def test_an_order_is_found_however_its_number_is_written(world, written):
    world.order("SL-1042", "placed")
    world.order("SL-10", "placed")
    assert told(world, written).number == "SL-1042"


@pytest.mark.parametrize("written", ["SL-9", "", "#", "..", "042", "a/../b", "\x00"])
def test_no_order_is_found_where_none_is_meant(world, written):
    world.order("SL-1042", "placed")
    with world.asked() as shop:
        assert shop.order(KEY, written) is None
        assert shop.invoice(KEY, written) is None
    assert refused(world, lambda shop: shop.cancel_order(KEY, written, "why not")) is Cause.UNKNOWN_ORDER


def test_digits_that_two_orders_share_are_no_guess(world):
    world.order("SL-7", "placed")
    world.order("XL-7", "placed")
    with world.asked() as shop:
        assert shop.order(KEY, "7") is None


def test_nothing_of_somebody_elses_is_told_or_changed(world):
    world.order("SL-1", "placed", customer="bo")
    world.order("SL-2", "delivered", customer="bo")
    with world.asked() as shop:
        assert shop.orders(KEY) == []
        assert shop.order(KEY, "SL-1") is None
        assert shop.refunds(KEY) == shop.subscriptions(KEY) == []
        assert shop.account(KEY) is None
    for change in (
        lambda shop: shop.cancel_order(KEY, "SL-1", "mine now"),
        lambda shop: shop.change_address(KEY, "SL-1", "2 New Street"),
        lambda shop: shop.request_return(KEY, "SL-2", "mine now"),
    ):
        assert refused(world, change) is Cause.UNKNOWN_ORDER
    with world.asked() as shop:
        assert [(one.status, one.ship_to) for one in shop.orders("bo")] == [
            (OrderStatus.DELIVERED, "1 Old Street"),
            (OrderStatus.PLACED, "1 Old Street"),
        ]
    assert world.events() == []


def test_an_order_that_has_not_left_is_cancelled_once_and_is_one_event(world):
    world.order("SL-1", "placed")
    assert told(world, "SL-1").changeable
    with world.asked() as shop:
        order = shop.cancel_order(KEY, "sl 1", "found it elsewhere")
    assert (order.status, order.changeable) == (OrderStatus.CANCELLED, False)
    assert order == told(world, "SL-1")
    assert refused(world, lambda shop: shop.cancel_order(KEY, "SL-1", "again")) is Cause.ALREADY_DONE
    assert world.events() == [("return", 20.0, "cancelled:SL-1")]


@pytest.mark.parametrize("status", ["shipped", "delayed", "delivered", "returned"])
def test_what_may_have_left_is_neither_cancelled_nor_sent_elsewhere(world, status):
    world.order("SL-1", status)
    assert refused(world, lambda shop: shop.cancel_order(KEY, "SL-1", "too slow")) is Cause.TOO_LATE
    assert refused(world, lambda shop: shop.change_address(KEY, "SL-1", "2 New Street")) is Cause.TOO_LATE
    assert (told(world, "SL-1").status, told(world, "SL-1").ship_to) == (status, "1 Old Street")
    assert world.events() == []


def test_an_order_is_sent_elsewhere_and_the_same_address_again_is_no_mistake(world):
    world.order("SL-1", "placed")
    for _ in range(2):
        with world.asked() as shop:
            assert shop.change_address(KEY, "SL-1", "上海市望湖路 2 号").ship_to == "上海市望湖路 2 号"
    assert told(world, "SL-1").ship_to == "上海市望湖路 2 号"


def test_a_delivered_order_is_sent_back_once_and_is_one_event(world):
    world.order("SL-1", "delivered", total=41.5)
    with world.asked() as shop:
        refund = shop.request_return(KEY, "SL-1", "it leaks")
    assert (refund.order_number, refund.amount, refund.currency) == ("SL-1", 41.5, "EUR")
    assert (refund.status, refund.requested_at, refund.paid_at) == (RefundStatus.REQUESTED, NOW, None)
    with world.asked() as shop:
        assert shop.refunds(KEY) == [refund]
        assert [one.returnable_until for one in shop.orders(KEY)] == [None]
    assert refused(world, lambda shop: shop.request_return(KEY, "SL-1", "again")) is Cause.ALREADY_DONE
    assert world.events() == [("return", 41.5, "return:SL-1")]


@pytest.mark.parametrize(("days", "late"), [(30, False), (30.001, True), (400, True)])
def test_an_order_is_taken_back_for_thirty_days_after_delivery(world, days, late):
    world.order("SL-1", "delivered", delivered_at=NOW - timedelta(days=days))
    if late:
        assert refused(world, lambda shop: shop.request_return(KEY, "SL-1", "?")) is Cause.TOO_LATE
        assert told(world, "SL-1").returnable_until < NOW
    else:
        with world.asked() as shop:
            assert shop.request_return(KEY, "SL-1", "?").status is RefundStatus.REQUESTED


@pytest.mark.parametrize(
    ("status", "rest"),
    [("shipped", {}), ("cancelled", {}), ("delivered", {"returnable": False}), ("delivered", {"delivered_at": None})],
)  # fmt: skip
def test_what_has_not_come_or_is_never_taken_back_is_not_returnable(world, status, rest):
    world.order("SL-1", status, **rest)
    assert refused(world, lambda shop: shop.request_return(KEY, "SL-1", "?")) is Cause.NOT_RETURNABLE
    assert told(world, "SL-1").returnable_until is None
    with world.asked() as shop:
        assert shop.refunds(KEY) == []


def test_what_came_back_already_is_not_taken_back_again(world):
    world.order("SL-1", "returned")
    assert refused(world, lambda shop: shop.request_return(KEY, "SL-1", "?")) is Cause.ALREADY_DONE


def test_refunds_come_the_newest_first_each_with_where_it_stands(world):
    for number, status in enumerate(("paid", "denied", "received", "requested")):
        world.order(f"SL-{number}", "returned")
        with unit_of_work(world.engine) as session:
            session.add(
                tables.Refund(
                    order_number=f"SL-{number}",
                    customer_id=customer(session, KEY).id,
                    amount=5.0 + number,
                    currency="EUR",
                    status=status,
                    requested_at=NOW - timedelta(days=9 - number),
                    paid_at=NOW if status == "paid" else None,
                )
            )
    with world.asked() as shop:
        found = [(one.order_number, one.status, one.paid_at) for one in shop.refunds(KEY)]
    assert found == [
        ("SL-3", "requested", None),
        ("SL-2", "received", None),
        ("SL-1", "denied", None),
        ("SL-0", "paid", NOW),
    ]


def test_the_invoice_is_that_of_the_order(world):
    for number, whose in (("SL-1", KEY), ("SL-2", "bo"), ("SL-3", KEY)):
        world.order(number, "delivered", customer=whose)
    with unit_of_work(world.engine) as session:
        for number, whose in (("SL-1", KEY), ("SL-2", "bo")):
            session.add(
                tables.Invoice(
                    order_number=number,
                    customer_id=customer(session, whose).id,
                    number=f"INV-{number}",
                    issued_at=NOW,
                    total=20.0,
                    currency="EUR",
                    url="https://shop.example/i/1",
                )
            )
    with world.asked() as shop:
        invoice = shop.invoice(KEY, "#sl-1")
        assert (invoice.number, invoice.order_number, invoice.total) == ("INV-SL-1", "SL-1", 20.0)
        assert (invoice.issued_at, invoice.url) == (NOW, "https://shop.example/i/1")
        assert shop.invoice(KEY, "SL-2") is None, "it is somebody else's"
        assert shop.invoice(KEY, "SL-3") is None, "there is none"


def test_the_account_and_the_subscriptions_are_told(world):
    with unit_of_work(world.engine) as session:
        who = customer(session, KEY)
        who.name, who.email, who.address, who.joined_at = "Ana", "ana@mail.example", "1 Old Street", NOW
        for name, active in (("Tea each month", False), ("Coffee each week", True)):
            session.add(
                tables.Subscription(
                    customer_id=who.id, name=name, active=active, next_at=NOW if active else None
                )
            )
    with world.asked() as shop:
        assert shop.account(KEY) == Account("Ana", "ana@mail.example", "1 Old Street", NOW)
        assert shop.subscriptions(KEY) == [
            Subscription("Coffee each week", True, NOW),
            Subscription("Tea each month", False, None),
        ]


def test_products_are_told_in_the_language_asked_for(world):
    with unit_of_work(world.engine) as session:
        session.add(
            tables.Product(
                key="pot",
                names={"en": "Glass Teapot", "zh": "玻璃茶壶"},
                about={"en": "0.8 litres"},
                price=34.0,
                currency="EUR",
                stock=0,
                back_at=NOW,
            )
        )
        session.add(tables.Product(key="cup", names={"en": "Glass Cup"}, price=9.0, currency="EUR"))
    with world.asked() as shop:
        (pot,) = shop.products("glass teapots", "en")
        assert (pot.key, pot.name, pot.price, pot.currency) == ("pot", "Glass Teapot", 34.0, "EUR")
        assert (pot.stock, pot.back_at, pot.about, pot.url) == (0, NOW, "0.8 litres", None)
        assert [one.name for one in shop.products("茶壶", "zh")] == ["玻璃茶壶"]
        assert [(one.name, one.stock) for one in shop.products("glass cup", "zh")] == [("Glass Cup", None)]
        assert shop.products("bicycle") == []


@pytest.mark.parametrize(
    "change",
    [
        lambda shop: shop.cancel_order(KEY, "SL-1", "at once"),
        lambda shop: shop.request_return(KEY, "SL-2", "at once"),
    ],
    ids=["cancel", "return"],
)
def test_two_changes_at_once_are_made_once(world, change):
    world.order("SL-1", "placed")
    world.order("SL-2", "delivered")
    start, outcomes = threading.Barrier(4), []

    def work() -> None:
        start.wait()
        try:
            with world.asked() as shop:
                change(shop)
            outcomes.append("done")
        except NotPossible as refusal:
            outcomes.append(str(refusal.cause))

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(outcomes) == ["already_done"] * 3 + ["done"]
    assert len(world.events()) == 1
