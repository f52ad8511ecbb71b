"""A human is asked for, or is the only one who may: the case is opened, and the customer is told what happens next."""

from actions.answer import Answer
from actions.cases import open_case
from actions.replies import Reply, Understood, tell
from actions.runtime import Said
from actions.words import say, talk_button
from desk.shop import Order, ShopUnavailable, order_in_question


class ActionTalkToPerson(Answer):
    """Works whatever else is out of order: it asks nobody but our own tables."""

    def name(self) -> str:
        return "action_talk_to_person"

    def answer(self, said: Said, understood: Understood) -> Reply:
        return tell(say("person", said.language), then=open_case, person=True)


class ActionAskColleague(Answer):
    """What only a human may do or should answer: changing an order, a payment gone wrong, a complaint."""

    def name(self) -> str:
        return "action_ask_colleague"

    def answer(self, said: Said, understood: Understood) -> Reply:
        language = said.language
        if understood.intent == "change_order" and said.customer is None:
            return tell(say("sign_in", language), talk_button(language))
        order = _order_in_question(said, understood)
        text = say(f"case.{understood.intent}", language)
        if order is None:
            return tell(text, then=open_case, person=True)
        about = say("case.about", language, number=order.number, items=order.items)
        return tell(f"{text} {about}", order_number=order.number, then=open_case, person=True)


def _order_in_question(said: Said, understood: Understood) -> Order | None:
    """The order that is named or was spoken of; else the one it most likely is. A person can do without."""
    if said.customer is None:
        return None
    key, named = said.customer.customer_key, understood.order_number or understood.context
    try:
        found = said.shop.order(key, named) if named else None
        return found or (None if understood.order_number else order_in_question(said.shop.orders(key)))
    except ShopUnavailable:
        return None
