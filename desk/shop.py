"""What the shop knows of a customer's orders: the port behind which a shop's own back end can stand later."""

from sqlmodel import Session, col, select

from db import tables


def orders_of(session: Session, customer_id: int, order_number: str | None = None) -> list[tables.Order]:
    """This customer's orders, the newest first; with a number only that one, and never somebody else's."""
    query = select(tables.Order).where(tables.Order.customer_id == customer_id)
    if order_number is not None:
        query = query.where(tables.Order.order_number == order_number.upper().lstrip("#"))
    return list(session.exec(query.order_by(col(tables.Order.placed_at).desc()).limit(20)))


def order_in_question(orders: list[tables.Order]) -> tables.Order | None:
    """The order a customer most likely asks about: the newest that has not arrived, else the newest."""
    underway = [order for order in orders if order.status in {"placed", "shipped", "delayed"}]
    return next(iter(underway or orders), None)
