"""Sending an order back, for whichever of three reasons a customer begins with."""

from datetime import datetime

from actions.cases import open_case
from actions.forms.changes import changed, reason_for_shop
from actions.forms.form import Form, Step
from actions.forms.lookups import tell_refund
from actions.forms.order_form import OrderForm, facts_of
from actions.replies import Reply, button, tell
from actions.runtime import Said, runtime
from actions.words import money, say, talk_button
from desk.shop import UNDERWAY, Order, OrderStatus, Refund


def _possible(order: Order, now: datetime) -> bool:
    arrived = order.status is OrderStatus.DELIVERED
    return arrived and order.returnable_until is not None and order.returnable_until >= now


def _refusal(said: Said, order: Order) -> Reply:
    """Why not, and what can be done instead."""
    language, facts = said.language, facts_of(order)
    if (refund := _refund_of(said, order)) is not None:
        return tell(tell_refund(refund, language), talk_button(language), order_number=order.number)
    text = say(f"return.{_why_not(order)}", language, **facts)
    if order.changeable:
        cancel = button(say("button.cancel", language), "cancel_order", order_number=order.number)
        return tell(text, cancel, talk_button(language), order_number=order.number)
    return tell(text, talk_button(language), order_number=order.number)


def _why_not(order: Order) -> str:
    if order.status in UNDERWAY:
        return "cancel_instead" if order.changeable else "too_early"
    if order.status is OrderStatus.DELIVERED:
        return "over" if order.returnable_until else "never"
    return "cancelled" if order.status is OrderStatus.CANCELLED else "already"


def _refund_of(said: Said, order: Order) -> Refund | None:
    every = said.shop.refunds(said.customer.customer_key) if said.customer else []
    return next((refund for refund in every if refund.order_number == order.number), None)


def _refusal_of_damaged(said: Said, order: Order) -> Reply:
    """Whatever cannot be sent back is a person's to put right; what has not arrived cannot be broken."""
    if order.status is not OrderStatus.DELIVERED:
        return _refusal(said, order)
    text = say("damaged.only_case", said.language, **facts_of(order))
    reply = tell(text, order_number=order.number, then=open_case)
    return reply.after(say("damaged.sorry", said.language))


def _return(said: Said, form: Form, order: Order) -> Reply:
    def send_back(customer_key: str) -> Reply:
        refund = said.shop.request_return(customer_key, order.number, reason_for_shop(said, form))
        fact = runtime().shop_facts.about("return_item", said.language) or ""
        amount = money(refund.amount, refund.currency)
        return tell(say("return.done", said.language, number=order.number, fact=fact, amount=amount))

    return changed(said, send_back)


def _return_damaged(said: Said, form: Form, order: Order) -> Reply:
    """A person hears of it too, whatever the shop answered."""
    reply = _return(said, form, order)
    return reply if reply.then else reply.with_more(say("damaged.case", said.language), then=open_case)


def _form(name: str, reasons: tuple[str, ...]) -> OrderForm:
    return OrderForm(
        name=name,
        words="return",
        steps=(Step.ORDER, Step.REASON, Step.CONFIRM),
        possible=_possible,
        refusal=_refusal,
        act=_return,
        reasons=reasons,
        all_or_nothing=True,
    )


RETURN_ITEM = _form("return_item", ("damaged", "wrong", "unwanted"))
GET_REFUND = _form("get_refund", ("damaged", "wrong", "unwanted"))
DAMAGED = OrderForm(
    name="damaged_or_wrong_item",
    words="return",
    steps=(Step.ORDER, Step.REASON, Step.CONFIRM),
    possible=_possible,
    refusal=_refusal_of_damaged,
    act=_return_damaged,
    reasons=("damaged", "wrong"),
    reason_question="damaged.reason",
    first_words_tell=True,
    opening="damaged.opening",
    all_or_nothing=True,
)
