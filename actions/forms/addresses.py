"""Sending an order to another address."""

from datetime import datetime

from actions.forms.changes import changed
from actions.forms.form import Form, Step
from actions.forms.order_form import OrderForm, facts_of, words_of
from actions.replies import Reply, tell
from actions.runtime import Said
from actions.words import say, talk_button
from desk.shop import Order, OrderStatus


def _possible(order: Order, now: datetime) -> bool:
    return order.changeable


def _refusal(said: Said, order: Order) -> Reply:
    key = {OrderStatus.DELAYED: "late", OrderStatus.SHIPPED: "left_us"}.get(order.status, "over")
    text = say(f"change_shipping_address.{key}", said.language, **facts_of(order))
    return tell(text, talk_button(said.language), order_number=order.number)


def _change(said: Said, form: Form, order: Order) -> Reply:
    address = words_of(said, form)

    def change(customer_key: str) -> Reply:
        there = said.shop.change_address(customer_key, order.number, address)
        text = say(
            "change_shipping_address.done",
            said.language,
            number=there.number,
            address=there.ship_to or address,
        )
        return tell(text)

    return changed(said, change)


CHANGE_ADDRESS = OrderForm(
    name="change_shipping_address",
    words="change_shipping_address",
    steps=(Step.ORDER, Step.ADDRESS, Step.CONFIRM),
    possible=_possible,
    refusal=_refusal,
    act=_change,
)
