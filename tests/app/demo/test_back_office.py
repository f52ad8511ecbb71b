"""The demo shop's books, written by the command's own functions on both databases."""

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, func
from sqlmodel import Session, select
from starlette.testclient import TestClient

from app.demo.back_office import is_wanted, open_back_office
from app.demo.fill import fill
from app.settings import Settings
from app.web import create_app
from db import tables
from db.migrate import upgrade
from db.session import make_engine, read_only, unit_of_work
from desk.shop import OrderStatus, RefundStatus
from desk.shop_tables import TablesShop
from risk_model.progress import quiet
from tests.databases import fresh_database_url

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def demo(request, tmp_path_factory):
    with fresh_database_url(request.param, tmp_path_factory.mktemp("demo")) as url:
        engine = make_engine(url)
        upgrade(engine)
        assert not is_wanted(engine), "an empty database has no demo to keep books of"
        fill(engine, NOW, quiet, customers=40)
        assert is_wanted(engine)
        open_back_office(engine, NOW)
        yield engine
        engine.dispose()


@pytest.fixture
def shop(demo: Engine):
    with read_only(demo) as session:
        yield TablesShop(session, NOW)


def count(session: Session, table: type) -> int:
    return session.exec(select(func.count()).select_from(table)).one()


def test_maya_has_a_late_order_one_to_send_back_a_refund_underway_an_invoice_and_a_subscription(shop):
    orders = shop.orders("demo-maya")
    assert orders[0].status is OrderStatus.DELAYED
    assert [order.number for order in orders if (order.returnable_until or NOW) > NOW] == [orders[1].number]
    (refund,) = shop.refunds("demo-maya")
    assert refund.status is RefundStatus.RECEIVED and refund.paid_at is None
    assert refund.order_number in {order.number for order in orders}
    assert shop.invoice("demo-maya", orders[1].number).total == orders[1].total
    assert [(one.name, one.active) for one in shop.subscriptions("demo-maya")] == [
        ("Seasonal oolong box", True),
        ("Monthly tea box", False),
    ]


def test_anas_newest_order_can_still_be_cancelled_and_has_an_address(shop):
    newest = shop.orders("demo-ana")[0]
    assert newest.status is OrderStatus.PLACED and newest.changeable
    assert newest.ship_to == shop.account("demo-ana").address


def test_addresses_are_written_as_where_they_are(shop):
    assert re.fullmatch(r"\d+ [A-Z].+, New York, US", shop.account("demo-maya").address)
    assert re.fullmatch(r"上海市.+ \d+ 号", shop.account("demo-wei").address)


def test_every_order_that_came_back_has_a_refund_and_every_one_not_cancelled_an_invoice(demo):
    with read_only(demo) as session:
        returned = session.exec(
            select(tables.Order.order_number).where(tables.Order.status == "returned")
        ).all()
        refunded = set(session.exec(select(tables.Refund.order_number)))
        orders = session.exec(
            select(func.count()).select_from(tables.Order).where(tables.Order.status != "cancelled")
        ).one()
        assert returned and set(returned) <= refunded
        assert count(session, tables.Invoice) == orders


def test_one_article_is_sold_out_until_a_day_and_one_until_nobody_knows_when(demo):
    with read_only(demo) as session:
        out = session.exec(select(tables.Product).where(tables.Product.stock == 0)).all()
        assert sorted((row.key, row.back_at is not None) for row in out) == [
            ("shelf-kettle", True),
            ("tea-biluochun", False),
        ]
    assert all(row.back_at is None or row.back_at > NOW for row in out)


def test_what_the_page_shows_is_what_the_shop_answers(demo, shop, tmp_path):
    with TestClient(create_app(Settings(home=tmp_path), demo)) as web:
        page = web.get("/").text
    shown = re.findall(r"<h3>(.+?)</h3><b>€(\d+)</b><p>(.+?)</p>", page)
    assert len(shown) == 6
    for name, price, about in shown:
        first = shop.products(name)[0]
        assert (first.name, first.price, first.currency, first.about) == (name, float(price), "EUR", about)


def test_the_books_are_written_once(demo):
    assert not is_wanted(demo)


def test_the_books_go_with_the_customer(demo):
    with unit_of_work(demo) as session:
        maya = session.exec(select(tables.Customer).where(tables.Customer.customer_key == "demo-maya")).one()
        of_hers = (tables.Order, tables.Refund, tables.Invoice, tables.Subscription)
        assert all(
            session.exec(select(table).where(table.customer_id == maya.id)).first() for table in of_hers
        )
        session.delete(maya)
        session.flush()
        session.expire_all()
        assert not any(
            session.exec(select(table).where(table.customer_id == maya.id)).first() for table in of_hers
        )
        session.rollback()
