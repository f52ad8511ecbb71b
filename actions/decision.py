"""Last on every customer turn: say what the decision newly brought, or nothing."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from sqlmodel import select

from actions.offers import offer_card
from actions.runtime import Said, in_transaction
from actions.words import say
from db import tables
from desk import flow
from desk.decide import Act

Card = dict[str, Any]


class ActionPresentDecision(Action):
    def name(self) -> str:
        return "action_present_decision"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        shown_already = _last_answer(tracker) == "action_present_offer"
        cards: list[Card] = await in_transaction(tracker, lambda said: _cards(said, shown_already), [])
        for card in cards:
            if "offer" in card:
                dispatcher.utter_message(json_message=card)
            else:
                dispatcher.utter_message(text=card["text"])
        return []


def _cards(said: Said, offer_shown_already: bool) -> list[Card]:
    turn = flow.turn_of(said.session, said.message)
    if turn is None:
        return []
    decision = turn[1]
    cards: list[Card] = []
    if Act.ESCALATION in decision.carried_out:
        cards.append({"text": say("handover", said.language)})
    if Act.CARE in decision.carried_out:
        cards.append({"text": say("care", said.language)})
    if Act.OFFER in decision.carried_out and not offer_shown_already:
        offer = said.session.exec(select(tables.Offer).where(tables.Offer.decision_id == decision.id)).first()
        cards += [offer_card(offer, said.language)] if offer and offer.status == "made" else []
    return cards


def _last_answer(tracker: Tracker) -> str | None:
    names = (event.get("name") for event in reversed(tracker.events) if event.get("event") == "action")
    return next(names, None)
