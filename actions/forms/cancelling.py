"""Cancelling an order: never argued with, never delayed."""

from datetime import datetime

from actions.forms.changes import changed, reason_for_shop
from actions.forms.form import Form, Step
from actions.forms.order_form import OrderForm, facts_of
from actions.replies import Reply, button, tell
from actions.runtime import Said, utc_now
from actions.words import in_words, say, talk_button
from desk.shop import Order, OrderStatus


def _possible(order: Order, now: datetime) -> bool:
    return order.changeable


def _refusal(said: Said, order: Order) -> Reply:
    """Why not, and what can be done instead."""
    language, facts = said.language, facts_of(order)
    send_back = button(say("button.return", language), "return_item", order_number=order.number)
    until = order.returnable_until
    if order.status is OrderStatus.CANCELLED:
        return tell(say("cancel_order.already", language, **facts), order_number=order.number)
    if order.status is OrderStatus.RETURNED:
        return tell(say("cancel_order.came_back", language, **facts), order_number=order.number)
    if order.status is not OrderStatus.DELIVERED:
        key = "late" if order.status is OrderStatus.DELAYED else "left_us"
        text = say(f"cancel_order.{key}", language, **facts)
        return tell(text, talk_button(language), order_number=order.number)
    if until is None or until < utc_now():
        text = say("cancel_order.arrived_over", language, **facts)
        return tell(text, talk_button(language), order_number=order.number)
    text = say("cancel_order.arrived", language, **facts, until=in_words(until, language))
    return tell(text, send_back, talk_button(language), order_number=order.number)


def _cancel(said: Said, form: Form, order: Order) -> Reply:
    def cancel(customer_key: str) -> Reply:
        gone = said.shop.cancel_order(customer_key, order.number, reason_for_shop(said, form))
        return tell(say("cancel_order.done", said.language, **facts_of(gone)))

    return changed(said, cancel)


CANCEL_ORDER = OrderForm(
    name="cancel_order",
    words="cancel_order",
    steps=(Step.ORDER, Step.REASON, Step.CONFIRM),
    possible=_possible,
    refusal=_refusal,
    act=_cancel,
    reasons=("mistake", "slow", "cheaper"),
    also_yes=frozenset({"cancel_order"}),
    hurries=True,
    all_or_nothing=True,
)
