"""What the shop's return policy says."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.runtime import in_transaction
from actions.words import say


class ActionReturnPolicy(Action):
    def name(self) -> str:
        return "action_return_policy"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        language = await in_transaction(tracker, lambda said: said.language, "en")
        dispatcher.utter_message(text=say("return_policy", language))
        return []
