"""Looking at an order: forms that ask for nothing but which one."""

from datetime import datetime

from actions.forms.form import Form, Step
from actions.forms.order_form import OrderForm
from actions.replies import Reply, tell
from actions.runtime import Said, runtime, utc_now
from actions.words import in_words, money, order_status, say, talk_button
from desk.shop import UNDERWAY, Order, OrderStatus, Refund, RefundStatus


def tell_status(said: Said, order: Order) -> Reply:
    """Its state and date; who waits too long is offered a person."""
    choice = [talk_button(said.language)] if _late(order, utc_now()) else []
    return tell(order_status(order, said.language, utc_now()), *choice, order_number=order.number)


def tell_invoice(said: Said, order: Order, topic: str = "get_invoice") -> Reply:
    language = said.language
    assert said.customer is not None, "an order was found for a verified customer"
    invoice = said.shop.invoice(said.customer.customer_key, order.number)
    if invoice is None:
        fact = runtime().shop_facts.about(topic, language)
        reply = tell(
            say("no_invoice", language, number=order.number),
            talk_button(language),
            order_number=order.number,
        )
        return reply.with_more(fact) if fact else reply
    text = say(
        "invoice_link" if invoice.url else "invoice",
        language,
        invoice=invoice.number,
        number=order.number,
        date=in_words(invoice.issued_at, language),
        total=money(invoice.total, invoice.currency),
        url=invoice.url or "",
    )
    return tell(text, order_number=order.number)


def tell_refund(refund: Refund, language: str) -> str:
    facts = {"number": refund.order_number, "amount": money(refund.amount, refund.currency)}
    if refund.status is not RefundStatus.PAID:
        return say(f"refund_{refund.status}", language, **facts)
    if refund.paid_at is None:
        return say("refund_paid_undated", language, **facts)
    return say("refund_paid", language, **facts, date=in_words(refund.paid_at, language))


def _underway(order: Order, now: datetime) -> bool:
    return order.status in UNDERWAY


def _late(order: Order, now: datetime) -> bool:
    overdue = order.expected_at is not None and order.expected_at < now
    return order.status is OrderStatus.DELAYED or (order.status in UNDERWAY and overdue)


def _any(order: Order, now: datetime) -> bool:
    return True


def _status(said: Said, form: Form, order: Order) -> Reply:
    return tell_status(said, order)


def _invoice(said: Said, form: Form, order: Order) -> Reply:
    return tell_invoice(said, order, form.name)


def _invoices(name: str) -> OrderForm:
    return OrderForm(name, "invoice", (Step.ORDER,), _any, tell_invoice, _invoice)


# Whatever is not underway, or not late, is told of as well: when it is named, or when there is nothing else.
TRACK_ORDER = OrderForm("track_order", "track", (Step.ORDER,), _underway, tell_status, _status)
DELIVERY_DELAY = OrderForm("delivery_delay", "track", (Step.ORDER,), _late, tell_status, _status)
CHECK_INVOICE, GET_INVOICE = _invoices("check_invoice"), _invoices("get_invoice")
