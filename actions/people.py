"""A human is asked for: the case is opened, and the customer is told what happens next."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.runtime import Said, in_transaction, runtime, utc_now
from actions.words import say
from desk import flow
from desk.escalations import Cause, open_escalation


class ActionTalkToPerson(Action):
    def name(self) -> str:
        return "action_talk_to_person"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        language = await in_transaction(tracker, _ask_for_a_person, "en")
        dispatcher.utter_message(text=say("person", language))
        return []


def _ask_for_a_person(said: Said) -> str:
    turn = flow.turn_of(said.session, said.message)
    value = (
        said.customer.value
        if said.customer and said.customer.value is not None
        else runtime().policy.default_value
    )
    risk = turn[0] if turn else None
    open_escalation(said.session, said.conversation, Cause.ASKED, utc_now(), risk=risk, value=value)
    return said.language
