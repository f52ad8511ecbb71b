"""Where is my order?"""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.runtime import Said, in_transaction, utc_now
from actions.words import order_status, say, talk_button
from desk.shop import order_in_question, orders_of

Answer = tuple[str, list[dict[str, str]]]


class ActionOrderStatus(Action):
    def name(self) -> str:
        return "action_order_status"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        number = next(tracker.get_latest_entity_values("order_number"), None)
        text, buttons = await in_transaction(
            tracker, lambda said: _status(said, number), (say("sign_in", "en"), [talk_button("en")])
        )
        dispatcher.utter_message(text=text, buttons=buttons)
        return []


def _status(said: Said, number: str | None) -> Answer:
    language = said.language
    if said.customer is None or said.customer.id is None:
        return say("sign_in", language), [talk_button(language)]
    order = order_in_question(orders_of(said.session, said.customer.id, number))
    if order is None:
        return say("unknown_order" if number else "no_orders", language), [talk_button(language)]
    buttons = [talk_button(language)] if order.status == "delayed" else []
    return order_status(order, language, utc_now()), buttons
