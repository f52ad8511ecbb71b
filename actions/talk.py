"""Courtesy, and what was not understood: the fixed words of the bot's domain."""

from actions.answer import Answer
from actions.replies import Reply, Understood, respond
from actions.runtime import Said

NOT_UNDERSTOOD = frozenset({"out_of_scope", "nlu_fallback"})


class ActionTalk(Answer):
    """Says `utter_` with the intent's name."""

    def name(self) -> str:
        return "action_talk"

    def answer(self, said: Said, understood: Understood) -> Reply:
        return respond(
            "utter_fallback" if understood.intent in NOT_UNDERSTOOD else f"utter_{understood.intent}"
        )
