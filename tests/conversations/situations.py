"""What "Who: a customer with ..." may name, and how the order that is meant by it is found."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from db import tables

UNDERWAY = ("placed", "shipped", "delayed")
Orders = Sequence[tables.Order]  # of one customer, the newest first


def _only(status: str) -> Callable[[Orders, datetime], tables.Order | None]:
    """The one order that has not arrived is in this state."""

    def find(orders: Orders, now: datetime) -> tables.Order | None:
        underway = [order for order in orders if order.status in UNDERWAY]
        return underway[0] if len(underway) == 1 and underway[0].status == status else None

    return find


def _newest(status: str) -> Callable[[Orders, datetime], tables.Order | None]:
    """Nothing is on the way, and the newest order is in this state."""

    def find(orders: Orders, now: datetime) -> tables.Order | None:
        underway = any(order.status in UNDERWAY for order in orders)
        return None if underway or orders[0].status != status else orders[0]

    return find


def _just_arrived(orders: Orders, now: datetime) -> tables.Order | None:
    """The only one that can still be sent back."""
    order = _newest("delivered")(orders, now)
    lately = [one for one in orders if one.delivered_at and one.delivered_at > now - timedelta(days=31)]
    fresh = order and order.delivered_at and order.delivered_at > now - timedelta(days=20)
    return order if fresh and lately == [order] else None


def _arrived_long_ago(orders: Orders, now: datetime) -> tables.Order | None:
    order = _newest("delivered")(orders, now)
    return order if order and order.delivered_at and order.delivered_at < now - timedelta(days=40) else None


def _several(orders: Orders, now: datetime) -> tables.Order | None:
    underway = [order for order in orders if order.status in UNDERWAY]
    return underway[0] if len(underway) > 1 else None


SITUATIONS = {
    "a late order": _only("delayed"),
    "an order on its way": _only("shipped"),
    "an order that is not packed yet": _only("placed"),
    "several orders on the way": _several,
    "a delivered order": _newest("delivered"),
    "an order that has just arrived": _just_arrived,
    "an order that arrived long ago": _arrived_long_ago,
    "a cancelled order": _newest("cancelled"),
    "a returned order": _newest("returned"),
}


def orders_of(session: Session, customer_id: int) -> Orders:
    query = select(tables.Order).where(tables.Order.customer_id == customer_id)
    return session.exec(query.order_by(col(tables.Order.placed_at).desc())).all()


def asked_about(orders: Orders) -> tables.Order:
    """The order a customer most likely means: the newest that has not arrived, else the newest."""
    return next(iter([order for order in orders if order.status in UNDERWAY] or orders))
