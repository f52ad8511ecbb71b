"""The shop as our own tables know it: the port's default, and the demo's shop."""

from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from db import tables
from desk.ingest import EventRow, Kind, write_rows
from desk.product_search import search
from desk.shop import (
    MOST_PRODUCTS,
    MOST_ROWS,
    Account,
    Cause,
    Invoice,
    NotPossible,
    Order,
    OrderStatus,
    Product,
    Refund,
    RefundStatus,
    Subscription,
    number_meant,
)

THIRTY_DAYS = timedelta(days=30)


class TablesShop:
    """Answers and changes on the caller's session, which the caller commits; an order that is changed stays locked
    until then. A cancelled order and a return asked for are an event as well, of the kind `return`.
    """

    def __init__(self, session: Session, now: datetime, return_within: timedelta = THIRTY_DAYS) -> None:
        """`return_within`: how long after its delivery an order is taken back."""
        self.session, self.now, self.return_within = session, now, return_within

    def orders(self, customer_key: str) -> list[Order]:
        row = tables.Order
        query = _of(row, customer_key).order_by(col(row.placed_at).desc(), col(row.order_number).desc())
        found = self.session.exec(query.limit(MOST_ROWS)).all()
        refunds = _of(tables.Refund, customer_key).with_only_columns(col(tables.Refund.order_number))
        sent_back = set(self.session.execute(refunds).scalars())
        return [self._told(order, order.order_number in sent_back) for order in found]

    def order(self, customer_key: str, number: str) -> Order | None:
        row = self._find(customer_key, number)
        return self._told(row, self._refund_of(row) is not None) if row else None

    def cancel_order(self, customer_key: str, number: str, reason: str) -> Order:
        row = self._locked(customer_key, number)
        if row.status == OrderStatus.CANCELLED:
            raise NotPossible(Cause.ALREADY_DONE)
        if not _changeable(row):
            raise NotPossible(Cause.TOO_LATE)
        row.status = OrderStatus.CANCELLED
        self._note_event(customer_key, "cancelled", row)
        return self._told(row, sent_back=False)

    def change_address(self, customer_key: str, number: str, address: str) -> Order:
        row = self._locked(customer_key, number)
        if row.ship_to != address:
            if not _changeable(row):
                raise NotPossible(Cause.TOO_LATE)
            row.ship_to = address
        return self._told(row, self._refund_of(row) is not None)

    def request_return(self, customer_key: str, number: str, reason: str) -> Refund:
        row = self._locked(customer_key, number)
        if row.status == OrderStatus.RETURNED or self._refund_of(row) is not None:
            raise NotPossible(Cause.ALREADY_DONE)
        until = self._returnable_until(row)
        if until is None:
            raise NotPossible(Cause.NOT_RETURNABLE)
        if until < self.now:
            raise NotPossible(Cause.TOO_LATE)
        refund = tables.Refund(
            order_number=row.order_number,
            customer_id=row.customer_id,
            amount=row.total,
            currency=row.currency,
            status=RefundStatus.REQUESTED,
            reason=reason,
            requested_at=self.now,
        )
        self.session.add(refund)
        self._note_event(customer_key, "return", row)
        return _refund(refund)

    def refunds(self, customer_key: str) -> list[Refund]:
        row = tables.Refund
        query = _of(row, customer_key).order_by(col(row.requested_at).desc(), col(row.order_number).desc())
        return [_refund(found) for found in self.session.exec(query.limit(MOST_ROWS))]

    def invoice(self, customer_key: str, number: str) -> Invoice | None:
        order = self._find(customer_key, number)
        row = self.session.get(tables.Invoice, order.order_number) if order else None
        if row is None:
            return None
        return Invoice(row.number, row.order_number, row.issued_at, row.total, row.currency, row.url)

    def account(self, customer_key: str) -> Account | None:
        query = select(tables.Customer).where(tables.Customer.customer_key == customer_key)
        row = self.session.exec(query).first()
        return Account(row.name, row.email, row.address, row.joined_at) if row else None

    def subscriptions(self, customer_key: str) -> list[Subscription]:
        row = tables.Subscription
        query = _of(row, customer_key).order_by(col(row.active).desc(), col(row.id))
        return [Subscription(found.name, found.active, found.next_at) for found in self.session.exec(query)]

    def products(self, words: str, language: str = "en") -> list[Product]:
        """Reads the names of all there are: meant for the thousands of a shop, not for a marketplace."""
        this = tables.Product
        rows = self.session.exec(select(this.key, this.names, this.also)).all()
        named = ((key, [*(names or {}).values(), *(also or [])]) for key, names, also in rows)
        found = search(words, named, MOST_PRODUCTS)
        return [_product(self.session.get_one(this, key), language) for key in found]

    def _find(self, customer_key: str, number: str) -> tables.Order | None:
        numbers = _of(tables.Order, customer_key).with_only_columns(col(tables.Order.order_number))
        written = number_meant(number, self.session.execute(numbers).scalars().all())
        return self.session.get(tables.Order, written) if written else None

    def _locked(self, customer_key: str, number: str) -> tables.Order:
        """Whoever changes the order too waits here, and then reads what we made of it. Raises `NotPossible`."""
        row = self._find(customer_key, number)
        if row is not None:
            row = self.session.get(
                tables.Order, row.order_number, with_for_update=True, populate_existing=True
            )
        if row is None:
            raise NotPossible(Cause.UNKNOWN_ORDER)
        return row

    def _refund_of(self, row: tables.Order) -> tables.Refund | None:
        return self.session.get(tables.Refund, row.order_number, populate_existing=True)

    def _note_event(self, customer_key: str, what: str, row: tables.Order) -> None:
        """Once for each order and change, however often it is noted."""
        event = EventRow(
            customer_key=customer_key,
            time=self.now,
            kind="return",
            value=row.total,
            id=f"{what}:{row.order_number}",
        )
        write_rows(self.session, Kind.events, [event])

    def _returnable_until(self, row: tables.Order) -> datetime | None:
        if row.status != OrderStatus.DELIVERED or not row.returnable or row.delivered_at is None:
            return None
        return row.delivered_at + self.return_within

    def _told(self, row: tables.Order, sent_back: bool) -> Order:
        return Order(
            number=row.order_number,
            status=OrderStatus(row.status),
            placed_at=row.placed_at,
            items=row.items,
            total=row.total,
            currency=row.currency,
            expected_at=row.expected_at,
            delivered_at=row.delivered_at,
            ship_to=row.ship_to,
            changeable=_changeable(row),
            returnable_until=None if sent_back else self._returnable_until(row),
        )


def _of(table: Any, customer_key: str) -> SelectOfScalar[Any]:
    """This customer's rows of a table."""
    whose = col(tables.Customer.id) == col(table.customer_id)
    return select(table).join(tables.Customer, whose).where(tables.Customer.customer_key == customer_key)


def _changeable(row: tables.Order) -> bool:
    """Only what has not left; of a late one nobody knows."""
    return row.status == OrderStatus.PLACED


def _refund(row: tables.Refund) -> Refund:
    status = RefundStatus(row.status)
    return Refund(row.order_number, row.amount, row.currency, status, row.requested_at, row.paid_at)


def _product(row: tables.Product, language: str) -> Product:
    return Product(
        key=row.key,
        name=_in(language, row.names) or row.key,
        price=row.price,
        currency=row.currency,
        stock=row.stock,
        back_at=row.back_at,
        about=_in(language, row.about),
        url=row.url,
    )


def _in(language: str, texts: dict[str, str] | None) -> str | None:
    """In this language, else in any that there is."""
    texts = texts or {}
    return texts.get(language) or next(iter(texts.values()), None)
