"""First on every customer turn: the risk with this message included, and what is decided about it."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.forms.form import Form
from actions.replies import Understood
from actions.runtime import Said, in_transaction, runtime, utc_now
from desk import flow

# By message or button; against these no offer argues, neither in the midst of such a form.
LEAVING = frozenset({"cancel_order", "delete_account", "unsubscribe"})


class ActionAssessRisk(Action):
    def name(self) -> str:
        return "action_assess_risk"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        leaving = _is_leaving(tracker)
        language, decision = await in_transaction(
            tracker, lambda said: _assess(said, leaving), ("en", "nothing")
        )
        return [SlotSet("language", language), SlotSet("decision", decision)]


def _is_leaving(tracker: Tracker) -> bool:
    form = Form.from_slot(tracker.get_slot("form"))
    return bool(LEAVING & {Understood.of(tracker).intent, form.name if form else ""})


def _assess(said: Said, leaving: bool) -> tuple[str, str]:
    use = runtime()
    turn = flow.handle(
        said.session, use.scorer.get(), said.message, utc_now(), use.policy, use.rules, leaving=leaving
    )
    return turn.language, turn.decision.kind if turn.decision else "nothing"
