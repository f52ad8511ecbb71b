"""The shop as its own back end knows it, over HTTP. What is asked and answered stands in docs/shop-api.md."""

import json
import time
import unicodedata
from collections.abc import Callable
from hashlib import sha256
from typing import TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

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
    Subscription,
    number_meant,
)
from desk.shop_answers import (
    OfCustomer,
    OneAccount,
    OneInvoice,
    OneOrder,
    OneRefund,
    Orders,
    Products,
    Refunds,
    Refusal,
    Subscriptions,
)
from desk.shop_back_end import Answer, Ask, BackEnd, unavailable

LONGEST_NUMBER = 60
Told = TypeVar("Told", bound=BaseModel)


class ApiShop:
    """Asks on behalf of one message: all its questions together have the back end's one deadline, and a change that
    the same `message` asks for again has the same `Idempotency-Key`.

    The shop's own data feed tells the risk model of returns and the like; nothing is noted here.
    """

    def __init__(self, back_end: BackEnd, message: str) -> None:
        self.back_end, self.message = back_end, message
        self._until: float | None = None

    def orders(self, customer_key: str) -> list[Order]:
        told = self._ask(Ask("list orders", "GET", _path(customer_key, "orders")), Orders, customer_key)
        orders = [order.told() for order in told.orders] if told else []
        return sorted(orders, key=lambda order: order.placed_at, reverse=True)[:MOST_ROWS]

    def order(self, customer_key: str, number: str) -> Order | None:
        told = self._of_order("tell of an order", customer_key, number, (), OneOrder, _number_of_order)
        return told.order.told() if told else None

    def cancel_order(self, customer_key: str, number: str, reason: str) -> Order:
        order = self._change_order("cancel", customer_key, number, {"reason": reason})
        if order.status is not OrderStatus.CANCELLED:
            raise unavailable("cancel an order", f"the order is {order.status} all the same")
        return order

    def change_address(self, customer_key: str, number: str, address: str) -> Order:
        return self._change_order("address", customer_key, number, {"address": address})

    def request_return(self, customer_key: str, number: str, reason: str) -> Refund:
        body = {"reason": reason}
        told = self._of_order(
            "take an order back", customer_key, number, ("return",), OneRefund, _number_of_refund, body
        )
        return _existing(told).refund.told()

    def refunds(self, customer_key: str) -> list[Refund]:
        told = self._ask(Ask("list refunds", "GET", _path(customer_key, "refunds")), Refunds, customer_key)
        refunds = [refund.told() for refund in told.refunds] if told else []
        return sorted(refunds, key=lambda refund: refund.requested_at, reverse=True)[:MOST_ROWS]

    def invoice(self, customer_key: str, number: str) -> Invoice | None:
        told = self._of_order(
            "show an invoice", customer_key, number, ("invoice",), OneInvoice, _number_of_invoice
        )
        return told.invoice.told() if told else None

    def account(self, customer_key: str) -> Account | None:
        ask = Ask("tell of an account", "GET", _path(customer_key, "account"))
        told = self._ask(ask, OneAccount, customer_key)
        return told.account.told() if told else None

    def subscriptions(self, customer_key: str) -> list[Subscription]:
        ask = Ask("list subscriptions", "GET", _path(customer_key, "subscriptions"))
        told = self._ask(ask, Subscriptions, customer_key)
        return [subscription.told() for subscription in told.subscriptions] if told else []

    def products(self, words: str, language: str = "en") -> list[Product]:
        ask = Ask("find products", "GET", "products", {"words": words, "language": language})
        told = self._ask(ask, Products)
        return [product.told() for product in told.products[:MOST_PRODUCTS]] if told else []

    def _change_order(self, change: str, customer_key: str, number: str, body: dict[str, str]) -> Order:
        what = f"change an order ({change})"
        told = self._of_order(what, customer_key, number, (change,), OneOrder, _number_of_order, body)
        return _existing(told).order.told()

    def _of_order(
        self,
        what: str,
        customer_key: str,
        number: str,
        tail: tuple[str, ...],
        form: type[Told],
        number_of: Callable[[Told], str],
        body: dict[str, str] | None = None,
    ) -> Told | None:
        """Asked as the customer wrote the number; a back end that knows no such number may know another spelling."""
        written = _plain(number)
        if not written:
            return None
        told = self._of_number(what, customer_key, written, tail, form, body)
        if told is None:
            known = number_meant(number, [order.number for order in self.orders(customer_key)])
            if known and known != written:
                told = self._of_number(what, customer_key, known, tail, form, body)
        if told is not None and number_meant(number, [number_of(told)]) is None:
            raise unavailable(what, "the answer is about another order")
        return told

    def _of_number(
        self,
        what: str,
        customer_key: str,
        number: str,
        tail: tuple[str, ...],
        form: type[Told],
        body: dict[str, str] | None,
    ) -> Told | None:
        path = _path(customer_key, "orders", number, *tail)
        if body is None:
            return self._ask(Ask(what, "GET", path), form, customer_key)
        ask = Ask(what, "POST", path, body=body, idempotency_key=self._key(path, body))
        return self._ask(ask, form, customer_key)

    def _ask(self, ask: Ask, form: type[Told], customer_key: str | None = None) -> Told | None:
        """What the back end told, None where it knows nothing of it. Raises `NotPossible`, `ShopUnavailable`."""
        if self._until is None:
            self._until = time.monotonic() + self.back_end.deadline
        answer = self.back_end.send(ask, self._until)
        if (
            answer.status == 404 and answer.is_json
        ):  # a page without JSON is another server's, or a wrong address
            return None
        if answer.status == 409 and ask.body is not None:
            raise NotPossible(_read(ask, Refusal, answer).cause)
        if answer.status not in (200, 201):
            raise unavailable(ask.what, f"status {answer.status}")
        told = _read(ask, form, answer)
        if isinstance(told, OfCustomer) and told.customer_key != customer_key:
            raise unavailable(ask.what, "the answer is about another customer")
        return told

    def _key(self, path: str, body: dict[str, str]) -> str:
        return sha256(json.dumps([self.message, path, body]).encode()).hexdigest()[:40]


def _read(ask: Ask, form: type[Told], answer: Answer) -> Told:
    try:
        return form.model_validate_json(answer.body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "the answer"
        raise unavailable(ask.what, f"{place} is not as documented ({first['type']})") from None


def _existing(told: Told | None) -> Told:
    if told is None:
        raise NotPossible(Cause.UNKNOWN_ORDER)
    return told


def _number_of_order(told: OneOrder) -> str:
    return told.order.number


def _number_of_refund(told: OneRefund) -> str:
    return told.refund.order_number


def _number_of_invoice(told: OneInvoice) -> str:
    return told.invoice.order_number


def _plain(number: str) -> str:
    """As it may stand in a path; nothing when no number is written there at all."""
    plain = unicodedata.normalize("NFKC", number).strip().lstrip("#").strip()
    return plain if len(plain) <= LONGEST_NUMBER and any(map(str.isalnum, plain)) else ""


def _path(customer_key: str, *rest: str) -> str:
    if not customer_key.strip("."):
        raise unavailable("find a customer", "a key of dots has no path")
    return "/".join(quote(part, safe="") for part in ("customers", customer_key, *rest))
