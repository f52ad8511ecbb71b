"""What every answering action does: offer the message to the open form first, else answer it, and then show what was
decided about the customer in this turn.

An action says in `answer` what it has to say on its intents. Everything else is the same for all: whose turn it is,
what happens to a form in whose midst another question comes, and what is said when the shop does not answer.
"""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.cases import open_case, open_case_for_failure
from actions.decision import Card, decision_cards, show
from actions.forms.addresses import CHANGE_ADDRESS
from actions.forms.cancelling import CANCEL_ORDER
from actions.forms.deleting import DELETE_ACCOUNT
from actions.forms.form import Form
from actions.forms.lookups import CHECK_INVOICE, DELIVERY_DELAY, GET_INVOICE, TRACK_ORDER
from actions.forms.products import PRICE, PRODUCT, RECOMMENDATION, STOCK
from actions.forms.returning import DAMAGED, GET_REFUND, RETURN_ITEM
from actions.person_words import asks_for_a_person
from actions.replies import PERSON, Reply, Understood, tell
from actions.runtime import Said, ask_shop, in_transaction
from actions.words import say, talk_button
from desk.shop import ShopUnavailable


class Kind(Protocol):
    """A form as the dialogue sees it. `words` is the same for forms about the same matter."""

    @property
    def name(self) -> str: ...

    @property
    def words(self) -> str: ...

    @property
    def changes_something(self) -> bool: ...

    def start(self, said: Said, understood: Understood) -> Reply: ...

    def ask(self, said: Said, form: Form) -> Reply: ...

    def take(self, said: Said, understood: Understood, form: Form) -> Reply | None: ...


KINDS: tuple[Kind, ...] = (
    CANCEL_ORDER, CHANGE_ADDRESS, RETURN_ITEM, GET_REFUND, DAMAGED, DELETE_ACCOUNT,
    TRACK_ORDER, DELIVERY_DELAY, CHECK_INVOICE, GET_INVOICE, STOCK, PRICE, PRODUCT, RECOMMENDATION,
)  # fmt: skip
FORMS = {kind.name: kind for kind in KINDS}
MOST_ASIDES = 2
log = logging.getLogger(__name__)


class Answer(Action, ABC):
    """An action that answers. A turn without a message of ours is told that nothing can be looked up."""

    @abstractmethod
    def answer(self, said: Said, understood: Understood) -> Reply:
        """May ask the shop, and writes nothing: what is to be written is the reply's `then`."""

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        understood, form = Understood.of(tracker), Form.from_slot(tracker.get_slot("form"))
        unknown = tell(say("sign_in", "en"), talk_button("en"))

        def answered(said: Said) -> tuple[Reply, list[Card]]:
            reply = _and_a_person(said, understood, turn(said, understood, form, self.answer))
            return reply, [] if reply.then else self._decided(said, reply)

        def written(said: Said) -> list[Card]:
            assert reply.then is not None
            reply.then(said)
            return self._decided(said, reply)

        nothing: list[Card] = []
        reply, cards = await ask_shop(tracker, answered, (unknown, nothing))
        if reply.then is not None:
            cards = await in_transaction(tracker, written, nothing)
        for part in reply.parts:
            dispatcher.utter_message(
                text=part.text, buttons=list(part.buttons), response=part.response, json_message=part.custom
            )
        show(dispatcher, cards)
        return _events(tracker, reply, form)

    def _decided(self, said: Said, reply: Reply) -> list[Card]:
        """What this turn's decision brought. The answer stands also where that cannot be put into words: the shop's own
        back end may have done by now what it says.
        """
        shown = any("offer" in (part.custom or {}) for part in reply.parts)
        try:
            return decision_cards(said, shown_already=shown, person_asked=reply.person)
        except Exception:  # what the answer says is worth more
            log.exception("what was decided could not be shown")
            return []


def turn(
    said: Said, understood: Understood, form: Form | None, answer: Callable[[Said, Understood], Reply]
) -> Reply:
    """One turn: the open form's if it takes the message, else the answer's."""
    try:
        if (
            form is None
            or form.name not in FORMS
            or understood.intent == PERSON
            or _begins_anew(understood, form)
        ):
            return answer(said, understood)
        taken = FORMS[form.name].take(said, understood, form)
        return _aside(said, understood, form, answer) if taken is None else taken
    except ShopUnavailable:
        return tell(say("shop_unavailable", said.language), then=open_case_for_failure)


def _and_a_person(said: Said, understood: Understood, reply: Reply) -> Reply:
    """The reply, and a person too for who asks for one in the same breath."""
    if reply.person or understood.pressed or not asks_for_a_person(understood.text):
        return reply
    first = reply.then

    def then(said: Said) -> None:
        if first is not None:
            first(said)
        open_case(said)

    return replace(reply.with_more(say("person", said.language), then), person=True)


def _begins_anew(understood: Understood, form: Form) -> bool:
    """A button of this form, or the same wish for an order that is named."""
    return understood.intent == form.name and (
        understood.pressed or understood.order_number not in (None, form.order_number)
    )


def _aside(
    said: Said, understood: Understood, form: Form, answer: Callable[[Said, Understood], Reply]
) -> Reply:
    """Something else in the midst of a form: it is answered, and the form goes on, or is left and said so."""
    kind, reply = FORMS[form.name], answer(said, understood)
    if reply.form is not None:
        same = FORMS[reply.form.name].words == kind.words
        return reply if same or not kind.changes_something else reply.after(say("aside", said.language))
    if understood.intent == "goodbye" or form.asides + 1 >= MOST_ASIDES:
        return reply.with_more(say("aside", said.language)) if kind.changes_something else reply
    again = kind.ask(said, replace(form, asides=form.asides + 1))
    return replace(again, parts=(*reply.parts, *again.parts), then=reply.then, person=reply.person)


def _events(tracker: Tracker, reply: Reply, form: Form | None) -> list[EventType]:
    """Only what changed: short trackers keep long chats fast. A form that is over takes its order along."""
    events, slot = [], reply.form.as_slot() if reply.form else None
    if slot != tracker.get_slot("form"):
        events.append(SlotSet("form", slot))
    number = reply.order_number or (None if form and not reply.form else tracker.get_slot("order_number"))
    if number != tracker.get_slot("order_number"):
        events.append(SlotSet("order_number", number))
    return events
