"""First on every customer turn: the risk with this message included, and what is decided about it."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.runtime import Said, in_transaction, runtime, utc_now
from desk import flow


class ActionAssessRisk(Action):
    def name(self) -> str:
        return "action_assess_risk"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        language, decision = await in_transaction(tracker, _assess, ("en", "nothing"))
        return [SlotSet("language", language), SlotSet("decision", decision)]


def _assess(said: Said) -> tuple[str, str]:
    turn = flow.handle(
        said.session, runtime().scorer.get(), said.message, utc_now(), runtime().policy, runtime().rules
    )
    return turn.language, turn.decision.kind if turn.decision else "nothing"
