"""A form about one of a customer's orders: which one, what must be known, really do it?"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from actions.forms import understanding
from actions.forms.form import NO_REASON, Form, Step
from actions.replies import COURTESY, NO_TOPIC, Button, Reply, Understood, button, tell
from actions.runtime import Said, runtime, utc_now
from actions.words import money, person_button, say, talk_button
from db import tables
from desk.shop import Order, order_in_question

MOST_MISSES = 2
MOST_BUTTONS = 5
# In a line such as "2 × Mug" or "Teapot, Tray"
_SEVERAL = re.compile(r"[,;、，；]|\b(?:[2-9]|[1-9][0-9]+) ?[×x*]|[×x*] ?(?:[2-9]|[1-9][0-9]+)\b")


@dataclass(frozen=True, slots=True)
class OrderForm:
    """`name` is the intent that begins it, `words` the beginning of its keys in the catalogue.

    `possible` says for which orders it can be done, `refusal` why not for another; `act` does it, or tells what was
    asked for. `hurries`: an order named in the first message leads straight to the confirmation. `opening`: the key of
    what is said to who writes the first message, before the first question. `all_or_nothing`: it is done with the whole
    order; who means a part of it is led to a person.
    """

    name: str
    words: str
    steps: tuple[Step, ...]
    possible: Callable[[Order, datetime], bool]
    refusal: Callable[[Said, Order], Reply]
    act: Callable[[Said, Form, Order], Reply]
    reasons: tuple[str, ...] = ()
    reason_question: str = ""
    also_yes: frozenset[str] = frozenset()
    hurries: bool = False
    first_words_tell: bool = False
    opening: str = ""
    all_or_nothing: bool = False

    @property
    def changes_something(self) -> bool:
        return Step.CONFIRM in self.steps

    def start(self, said: Said, understood: Understood) -> Reply:
        """Begin with what the first message tells: an order, a reason."""
        reply = self._begin(said, understood)
        opens = self.opening and reply.form is not None and not understood.pressed
        return reply.after(say(self.opening, said.language)) if opens else reply

    def take(self, said: Said, understood: Understood, form: Form) -> Reply | None:
        """What the message answers to the open question; None when it is about something else."""
        if form.order_number and self._names_another(understood, form):
            return self.start(said, understood)
        answer = {
            Step.ORDER: self._take_order,
            Step.REASON: self._take_reason,
            Step.ADDRESS: self._take_address,
            Step.CONFIRM: self._take_confirmation,
        }
        return answer[Step(form.asked)](said, understood, form)

    def ask(self, said: Said, form: Form) -> Reply:
        """The open question, once more."""
        if form.asked == Step.ORDER:
            return self._which(said, form, self._orders(said))
        order = _order(said, form)
        if order is None or not self.possible(order, utc_now()):
            return self._gone(said, order)
        return self._ask_for(Step(form.asked), said, form, order)

    def with_order(self, said: Said, form: Form, order: Order, *, straight: bool = False) -> Reply:
        if not self.possible(order, utc_now()):
            return self.refusal(said, order)
        reason = form.reason or (NO_REASON if straight else None)
        return self._go_on(said, replace(form, order_number=order.number, reason=reason, misses=0), order)

    def _begin(self, said: Said, understood: Understood) -> Reply:
        if said.customer is None:
            return _for_anonymous(said, self.name)
        form = Form(
            self.name,
            Step.ORDER,
            reason=self._reason(understood),
            message_id=self._first_words(said, understood),
        )
        if understood.order_number:
            order = said.shop.order(said.customer.customer_key, understood.order_number)
            if order is None:
                return self._unknown(said, form)
            return self.with_order(said, form, order, straight=self.hurries and not understood.pressed)
        return self._find(said, understood, form)

    def _go_on(self, said: Said, form: Form, order: Order) -> Reply:
        known = {
            Step.ORDER: True,
            Step.REASON: form.reason or form.message_id,
            Step.ADDRESS: form.message_id,
            Step.CONFIRM: False,
        }
        missing = next((step for step in self.steps if not known[step]), None)
        if missing is None:
            return self.act(said, form, order)
        return self._ask_for(missing, said, replace(form, asked=missing), order)

    def _find(self, said: Said, understood: Understood, form: Form) -> Reply:
        """The order spoken of last, if it can be that one; the only one it can be; else ask."""
        every = _orders_of(said)
        orders = [order for order in every if self.possible(order, utc_now())]
        spoken_of = [order for order in orders if order.number == understood.context]
        if len(orders) == 1 or spoken_of:
            return self.with_order(said, form, (spoken_of or orders)[0])
        if orders:
            return self._which(said, form, orders)
        asked = order_in_question(every)
        return self.refusal(said, asked) if asked else _no_orders(said)

    def _names_another(self, understood: Understood, form: Form) -> bool:
        """Another order instead: neither a reason nor an address."""
        other = understood.order_number
        mine = other is None or other.casefold() == (form.order_number or "").casefold()
        return not mine and not understood.pressed and understood.intent in (*NO_TOPIC, self.name)

    def _take_order(self, said: Said, understood: Understood, form: Form) -> Reply | None:
        orders = self._orders(said)
        if order := understanding.chosen_order(understood, orders, form):
            return self.with_order(said, form, order)
        if understood.intent == "deny":
            return tell(say(f"{self.words}.left", said.language))
        if understood.intent == self.name and not understood.pressed and orders:
            if len(orders) == 1:
                return self.with_order(said, form, orders[0])
            if not self.changes_something:
                return self._every(said, form, orders)
        return self._unclear(said, understood, form)

    def _every(self, said: Said, form: Form, orders: Sequence[Order]) -> Reply:
        """Who asks again instead of choosing is told of them all."""
        first, *others = (self.act(said, form, order) for order in orders[:MOST_BUTTONS])
        return Reply((*first.parts, *(part for other in others for part in other.parts)))

    def _take_reason(self, said: Said, understood: Understood, form: Form) -> Reply | None:
        order = _order(said, form)
        if understood.pressed or understood.is_question or understood.intent in COURTESY:
            return None
        if order is None:
            return self._gone(said, order)
        if understanding.wants_no_reason(understood):
            return self._go_on(said, replace(form, reason=NO_REASON, misses=0), order)
        return self._go_on(said, replace(form, message_id=said.message.id, misses=0), order)

    def _take_address(self, said: Said, understood: Understood, form: Form) -> Reply | None:
        if understood.pressed or understood.is_question or understood.intent in COURTESY:
            return None
        order = _order(said, form)
        if order is None:
            return self._gone(said, order)
        if understanding.looks_like_address(said.message.text):
            return self._go_on(said, replace(form, message_id=said.message.id, misses=0), order)
        if understood.intent == "deny":
            return tell(say(f"{self.words}.kept", said.language, number=order.number))
        return self._unclear(said, understood, form, say(f"{self.words}.bad_address", said.language))

    def _take_confirmation(self, said: Said, understood: Understood, form: Form) -> Reply | None:
        meant = understanding.yes_or_no(understood, form, self.also_yes)
        order = _order(said, form)
        if meant is None:
            return self._unclear(said, understood, form)
        if meant is False:
            return tell(say(self.kept, said.language, number=form.order_number or ""))
        if order is None or not self.possible(order, utc_now()):
            return self._gone(said, order)
        return self.act(said, form, order)

    @property
    def kept(self) -> str:
        return "damaged.kept" if self.first_words_tell else f"{self.words}.kept"

    def _unclear(
        self, said: Said, understood: Understood, form: Form, hint: str | None = None
    ) -> Reply | None:
        """Another wish is not ours; else the question once more, and after two misses a person is offered."""
        if understood.is_topic and (understood.intent != self.name or understood.pressed):
            return None
        return missed(said, form, self.ask, hint)

    def _ask_for(self, step: Step, said: Said, form: Form, order: Order) -> Reply:
        facts = facts_of(order) | {"address": words_of(said, form)}
        if step is Step.REASON:
            key, choice = self.reason_question or f"{self.words}.reason", self._reason_buttons(said, form)
        elif step is Step.ADDRESS:
            key, choice = f"{self.words}.address", [talk_button(said.language)]
        else:
            key, choice = f"{self.words}.confirm", yes_and_no(said.language, form, self.words)
            if self.all_or_nothing and _SEVERAL.search(order.items):
                choice.append(person_button(say("only_a_part", said.language)))
        return tell(say(key, said.language, **facts), *choice, form=form, order_number=order.number)

    def _reason_buttons(self, said: Said, form: Form) -> list[Button]:
        titles = {word: say(f"{self.words}.{word}", said.language) for word in self.reasons}
        titles[NO_REASON] = say("skip", said.language)
        return [
            button(title, self.name, order_number=form.order_number, reason=word)
            for word, title in titles.items()
        ]

    def _which(self, said: Said, form: Form, orders: Sequence[Order]) -> Reply:
        if not orders:
            return _no_orders(said)
        choice = order_buttons(self.name, orders, reason=form.reason)
        text = say(f"{self.words}.order", said.language, numbers=_listed(orders, said.language))
        return tell(text, *choice, form=replace(form, asked=Step.ORDER))

    def _unknown(self, said: Said, form: Form) -> Reply:
        text, orders = say("unknown_order", said.language), self._orders(said)
        choice = order_buttons(self.name, orders, reason=form.reason)
        return tell(text, *choice, talk_button(said.language), form=form if orders else None)

    def _gone(self, said: Said, order: Order | None) -> Reply:
        """The order is not what it was when the form began."""
        if order is None:
            return tell(say("unknown_order", said.language), talk_button(said.language))
        return self.refusal(said, order)

    def _orders(self, said: Said) -> list[Order]:
        return [order for order in _orders_of(said) if self.possible(order, utc_now())]

    def _reason(self, understood: Understood) -> str | None:
        given = understood.entities.get("reason") if understood.pressed else None
        return given if given in (*self.reasons, NO_REASON) else None

    def _first_words(self, said: Said, understood: Understood) -> int | None:
        """Who writes what is broken need not write it twice."""
        tells = (
            self.first_words_tell
            and not understood.pressed
            and len(said.message.text) >= _telling(said.language)
        )
        return said.message.id if tells else None


def missed(said: Said, form: Form, ask: Callable[[Said, Form], Reply], hint: str | None = None) -> Reply:
    """The question once more, or after two misses a person instead of it."""
    if form.misses + 1 >= MOST_MISSES:
        return tell(say("give_up", said.language), talk_button(said.language))
    again = ask(said, replace(form, misses=form.misses + 1))
    return again.after(hint or say("not_understood", said.language))


def yes_and_no(language: str, form: Form, words: str) -> list[Button]:
    known = {"form": form.name, "order_number": form.order_number}
    return [
        button(say(f"{words}.yes", language), "affirm", **known),
        button(say(f"{words}.no", language), "deny", **known),
    ]


def order_buttons(intent: str, orders: Sequence[Order], reason: str | None = None) -> list[Button]:
    return [
        button(f"{order.number} · {order.items}", intent, order_number=order.number, reason=reason)
        for order in orders[:MOST_BUTTONS]
    ]


def _listed(orders: Sequence[Order], language: str) -> str:
    return ("、" if language == "zh" else ", ").join(order.number for order in orders[:MOST_BUTTONS])


def facts_of(order: Order) -> dict[str, str]:
    return {"number": order.number, "items": order.items, "total": money(order.total, order.currency)}


def words_of(said: Said, form: Form) -> str:
    """What the customer wrote for this form, or nothing; taken from this conversation alone."""
    message = said.session.get(tables.Message, form.message_id) if form.message_id else None
    ours = message is not None and message.conversation_id == said.conversation.id
    return message.text.strip() if message is not None and ours else ""


def _order(said: Said, form: Form) -> Order | None:
    if said.customer is None or form.order_number is None:
        return None
    return said.shop.order(said.customer.customer_key, form.order_number)


def _orders_of(said: Said) -> list[Order]:
    return said.shop.orders(said.customer.customer_key) if said.customer else []


def _for_anonymous(said: Said, topic: str) -> Reply:
    """How anybody does it themselves, where the shop says so."""
    sign_in = tell(say("sign_in", said.language), talk_button(said.language))
    fact = runtime().shop_facts.about(topic, said.language)
    return sign_in.after(fact) if fact else sign_in


def _no_orders(said: Said) -> Reply:
    return tell(say("no_orders", said.language), talk_button(said.language))


def _telling(language: str) -> int:
    return 8 if language == "zh" else 20
