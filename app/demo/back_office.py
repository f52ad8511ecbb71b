"""The demo shop's books: shelf, addresses, invoices, refunds, subscriptions, made from the customers' events.

Nothing is drawn here that is not given by the customer's key or the shop's seed, so the same world has the same books.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Engine, insert, literal, update
from sqlmodel import Session, col, func, select

from app.demo.people import NAMED
from app.demo.shelf import CURRENCY, shelf
from db import tables
from db.session import read_only, unit_of_work
from desk.shop import OrderStatus, RefundStatus

DEMO_KEYS: Final = "demo-%"
GOODS_BACK_AFTER: Final = timedelta(days=4)
PAID_AFTER: Final = timedelta(days=9)
A_MONTH: Final = timedelta(days=30)
_STREETS: Final = (
    "Mill Lane",
    "Orchard Road",
    "Harbour Street",
    "Station Road",
    "Chapel Hill",
    "Willow Close",
)
_ROADS: Final = ("桂花路", "青石街", "望湖路", "竹林巷", "文昌街", "临江大道")
_CITIES: Final = {
    "Asia/Shanghai": "上海市",
    "Asia/Singapore": "新加坡",
    "Asia/Kuala_Lumpur": "吉隆坡",
}
_BOX: Final = {"en": "Monthly tea box", "zh": "每月茶盒"}


def is_wanted(engine: Engine) -> bool:
    """The demo's customers are there and the shelf is empty."""
    with read_only(engine) as session:
        named = select(tables.Customer.id).where(tables.Customer.customer_key == NAMED["leaving"])
        demo = session.exec(named).first() is not None
        return demo and session.exec(select(tables.Product.key).limit(1)).first() is None


def open_back_office(engine: Engine, now: datetime) -> None:
    """Write the books as of `now`, all of them or nothing."""
    with unit_of_work(engine) as session:
        session.add_all(shelf(now))
        people = session.exec(select(tables.Customer).where(_of_demo(tables.Customer))).all()
        for customer in people:
            customer.address = address_of(customer)
        session.flush()
        _ship_orders(session)
        _write_invoices(session)
        _write_refunds(session, now)
        _write_subscriptions(session, people, now)
        _tell_of_maya(session, people, now)


def address_of(customer: tables.Customer) -> str:
    """Made up from the key; the city is that of the time zone."""
    digits = sha256(customer.customer_key.encode()).digest()
    number, zone = 1 + digits[0] % 90, customer.time_zone or ""
    if city := _CITIES.get(zone):
        return f"{city}{_ROADS[digits[1] % len(_ROADS)]} {number} 号"
    city = zone.rpartition("/")[2].replace("_", " ")
    return f"{number} {_STREETS[digits[1] % len(_STREETS)]}, {city}, {customer.country}"


def _ship_orders(session: Session) -> None:
    order, customer = tables.Order, tables.Customer
    whose = col(customer.id) == col(order.customer_id)
    address = select(customer.address).where(whose).scalar_subquery()
    session.exec(update(order).where(_ordered_by_demo()).values(ship_to=address, currency=CURRENCY))


def _write_invoices(session: Session) -> None:
    """One for each order that was not cancelled, issued with it."""
    order = tables.Order
    number = literal("INV-").concat(func.replace(col(order.order_number), "SL-", ""))
    billed = select(  # type: ignore[call-overload]  # sqlmodel's select is typed for four columns at most
        order.order_number, order.customer_id, number, order.placed_at, order.total, order.currency
    ).where(_ordered_by_demo(), col(order.status) != OrderStatus.CANCELLED)
    columns = ["order_number", "customer_id", "number", "issued_at", "total", "currency"]
    session.exec(insert(tables.Invoice).from_select(columns, billed))


def _write_refunds(session: Session, now: datetime) -> None:
    """Each order that came back was returned by the customer's next event of that kind."""
    returns = _events(session, "return")
    query = select(tables.Order).where(_ordered_by_demo(), col(tables.Order.status) == OrderStatus.RETURNED)
    for order in session.exec(query.order_by(col(tables.Order.delivered_at))):
        arrived = order.delivered_at or order.placed_at
        after = [event for event in returns.get(order.customer_id, []) if event[0] >= arrived]
        if after:
            time, value = after[0]
            returns[order.customer_id].remove(after[0])
            session.add(_refund(order, value or order.total, time, now))


def _refund(order: tables.Order, amount: float, requested: datetime, now: datetime) -> tables.Refund:
    paid = requested + PAID_AFTER if requested + PAID_AFTER <= now else None
    back = requested + GOODS_BACK_AFTER <= now
    underway = RefundStatus.RECEIVED if back else RefundStatus.REQUESTED
    return tables.Refund(
        order_number=order.order_number,
        customer_id=order.customer_id,
        amount=amount,
        currency=CURRENCY,
        status=RefundStatus.PAID if paid else underway,
        requested_at=requested,
        paid_at=paid,
    )


def _write_subscriptions(session: Session, people: Iterable[tables.Customer], now: datetime) -> None:
    started, ended = _events(session, "subscription_started"), _events(session, "subscription_cancelled")
    for customer in people:
        if begun := started.get(customer.id):
            since = begun[-1][0]
            active = not any(time > since for time, _ in ended.get(customer.id, []))
            upcoming = since + A_MONTH * ((now - since) // A_MONTH + 1) if active else None
            name = _BOX.get(customer.language or "en", _BOX["en"])
            session.add(
                tables.Subscription(customer_id=customer.id, name=name, active=active, next_at=upcoming)
            )


def _tell_of_maya(session: Session, people: Iterable[tables.Customer], now: datetime) -> None:
    """She waits for money since the order before the late one, and has a second box that she did not end."""
    maya = next(customer for customer in people if customer.customer_key == NAMED["leaving"])
    query = select(tables.Order).where(
        tables.Order.customer_id == maya.id, tables.Order.status == OrderStatus.DELIVERED
    )
    delivered = session.exec(query.order_by(col(tables.Order.placed_at).desc())).all()
    if len(delivered) > 1:
        order = delivered[1]
        refund = _refund(order, 34.0, (order.delivered_at or now) + timedelta(days=20), now)
        refund.status, refund.paid_at, refund.reason = RefundStatus.RECEIVED, None, "The glass teapot leaks"
        session.add(refund)
    seasonal = tables.Subscription(
        customer_id=maya.id, name="Seasonal oolong box", next_at=now + timedelta(days=11)
    )
    session.add(seasonal)


def _events(session: Session, kind: str) -> dict[int, list[tuple[datetime, float | None]]]:
    """When, and of what value, by customer, the oldest first."""
    event = tables.Event
    found: dict[int, list[tuple[datetime, float | None]]] = {}
    query = select(event.customer_id, event.time, event.value).where(event.kind == kind)
    for customer_id, time, value in session.exec(query.order_by(col(event.time))):
        found.setdefault(customer_id, []).append((time, value))
    return found


def _of_demo(table: Any) -> Any:
    return col(table.customer_key).like(DEMO_KEYS)


def _ordered_by_demo() -> Any:
    return col(tables.Order.customer_id).in_(select(tables.Customer.id).where(_of_demo(tables.Customer)))
