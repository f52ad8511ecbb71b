"""Questions that the shop itself answers: how to pay, how long it takes, what it takes back."""

from actions.answer import Answer
from actions.replies import Reply, Understood, tell
from actions.runtime import Said, runtime
from actions.words import say, talk_button


class ActionShopFact(Answer):
    """Says what the shop's file of facts holds on the intent; what is not in it is not made up."""

    def name(self) -> str:
        return "action_shop_fact"

    def answer(self, said: Said, understood: Understood) -> Reply:
        fact = runtime().shop_facts.about(understood.intent, said.language)
        return tell(fact or say("unknown_fact", said.language), talk_button(said.language))
