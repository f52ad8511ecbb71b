"""What the shop knows of one of its customers and does for them: the port that the bot's actions talk to.

`desk.shop_tables` answers it from our own tables, `desk.shop_api` by asking a shop's own back end. A customer is named
by the shop's key and must be verified by then: nothing here asks who is speaking. What the shop does not know is None
or an empty list, never a guess.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from desk.errors import DeskError

MOST_ROWS = 20
MOST_PRODUCTS = 5


class OrderStatus(StrEnum):
    PLACED = "placed"
    SHIPPED = "shipped"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    RETURNED = "returned"


UNDERWAY = frozenset({OrderStatus.PLACED, OrderStatus.SHIPPED, OrderStatus.DELAYED})


class RefundStatus(StrEnum):
    REQUESTED = "requested"  # a return is asked for, the goods are not back yet
    RECEIVED = "received"  # the goods are back, the money is not paid yet
    PAID = "paid"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class Order:
    """One order; money in `currency` (ISO 4217). `changeable`: it may still be cancelled or sent elsewhere;
    `returnable_until`: None where it cannot be sent back, in the past where it is too late for it.
    """

    number: str
    status: OrderStatus
    placed_at: datetime
    items: str
    total: float
    currency: str
    expected_at: datetime | None = None
    delivered_at: datetime | None = None
    ship_to: str | None = None
    changeable: bool = False
    returnable_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Refund:
    """Money on its way back for one order."""

    order_number: str
    amount: float
    currency: str
    status: RefundStatus
    requested_at: datetime
    paid_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Invoice:
    number: str
    order_number: str
    issued_at: datetime
    total: float
    currency: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Product:
    """What the shop sells. `stock` is None where the shop does not say; `back_at` when it is expected again."""

    key: str
    name: str
    price: float
    currency: str
    stock: int | None = None
    back_at: datetime | None = None
    about: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """What a customer may be told of their own account; the address is where the next order goes."""

    name: str | None
    email: str | None
    address: str | None
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Subscription:
    """A standing order, such as tea each month; `next_at` is None when it is paused or has ended."""

    name: str
    active: bool
    next_at: datetime | None = None


class ShopError(DeskError):
    """The shop did not do what was asked."""


class ShopUnavailable(ShopError):
    """Its back end gave no answer that can be used: nothing is known, and whether a change was made is not known."""


class Cause(StrEnum):
    """Why a shop refuses a change."""

    UNKNOWN_ORDER = "unknown_order"  # no order of this customer's has that number
    TOO_LATE = "too_late"  # it has left, or the days for a return are over
    ALREADY_DONE = "already_done"  # it is cancelled, or a return is asked for, already
    NOT_RETURNABLE = "not_returnable"  # it has not arrived, or the shop does not take it back


class NotPossible(ShopError):
    """The shop refused a change; nothing was changed."""

    def __init__(self, cause: Cause) -> None:
        self.cause = cause
        super().__init__(f"The shop refused: {cause.replace('_', ' ')}.")


class Shop(Protocol):
    """Every method raises `ShopUnavailable`; those that change something also `NotPossible`. A change asked for twice
    is made once: whoever cancels or returns again is told `already_done`, whoever gives the same address again gets
    the order as it is. Texts such as `Order.items` come in the language the shop keeps them in.
    """

    def orders(self, customer_key: str) -> list[Order]:
        """The newest first, at most 20."""

    def order(self, customer_key: str, number: str) -> Order | None:
        """One of this customer's, however the number is written (`sl-1042`, `#SL-1042`, `1042`); never somebody
        else's.
        """

    def cancel_order(self, customer_key: str, number: str, reason: str) -> Order:
        """The order as it is now."""

    def change_address(self, customer_key: str, number: str, address: str) -> Order:
        """The order as it is now."""

    def request_return(self, customer_key: str, number: str, reason: str) -> Refund:
        """The refund that waits for the goods."""

    def refunds(self, customer_key: str) -> list[Refund]:
        """The newest first, at most 20."""

    def invoice(self, customer_key: str, number: str) -> Invoice | None:
        """The invoice of the order with this number."""

    def account(self, customer_key: str) -> Account | None: ...

    def subscriptions(self, customer_key: str) -> list[Subscription]: ...

    def products(self, words: str, language: str = "en") -> list[Product]:
        """What the words name (in any language the shop has), the best match first, at most 5; `language` is that of
        the names and descriptions told.
        """


def order_in_question(orders: list[Order]) -> Order | None:
    """The order a customer most likely asks about: the newest that has not arrived, else the newest."""
    return next(iter([order for order in orders if order.status in UNDERWAY] or orders), None)


def number_meant(number: str, known: Sequence[str]) -> str | None:
    """Which of the known order numbers is written here: `#sl 1042`, full-width, or just the digits of one."""
    written = _folded(number)
    same = [one for one in known if written and _folded(one) == written]
    if not same and written.isdigit():
        same = [one for one in known if re.sub(r"\D", "", one) == written]
    return same[0] if len(same) == 1 else None


def _folded(number: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", number).casefold()))
