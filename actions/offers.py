"""Discounts: only what the decision gave, never what a message asks for."""

from actions.answer import Answer
from actions.decision import offer_card
from actions.replies import Part, Reply, Understood, tell
from actions.runtime import Said, utc_now
from actions.words import say
from desk.offers import open_offer


class ActionPresentOffer(Answer):
    def name(self) -> str:
        return "action_present_offer"

    def answer(self, said: Said, understood: Understood) -> Reply:
        offer = open_offer(said.session, said.conversation.id, utc_now())
        if offer is None:
            return tell(say("no_offer", said.language))
        return Reply((Part(custom=offer_card(offer, said.language)),))
