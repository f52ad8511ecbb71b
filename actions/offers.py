"""Discounts: only what the decision gave, never what a message asks for."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.runtime import Said, in_transaction, utc_now
from actions.words import say
from db import tables
from desk.offers import open_offer


class ActionPresentOffer(Action):
    def name(self) -> str:
        return "action_present_offer"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        card = await in_transaction(tracker, _card, {"text": say("no_offer", "en")})
        if "offer" in card:
            dispatcher.utter_message(json_message=card)
        else:
            dispatcher.utter_message(text=card["text"])
        return []


def offer_card(offer: tables.Offer, language: str) -> dict[str, Any]:
    """The message that shows an offer; its code is told on accepting only."""
    shown = {
        "id": offer.id,
        "title": offer.title,
        "percent": offer.percent,
        "expires_at": offer.expires_at.isoformat(),
    }
    return {"text": say("offer", language), "offer": shown}


def _card(said: Said) -> dict[str, Any]:
    offer = open_offer(said.session, said.conversation.id, utc_now())
    return offer_card(offer, said.language) if offer else {"text": say("no_offer", said.language)}
