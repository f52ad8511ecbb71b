"""Looking at orders and changing them."""

from actions.answer import FORMS, Answer
from actions.forms.addresses import CHANGE_ADDRESS
from actions.forms.cancelling import CANCEL_ORDER
from actions.replies import Reply, Understood
from actions.runtime import Said


class ActionOrderStatus(Answer):
    """Where an order is, and when it comes."""

    def name(self) -> str:
        return "action_order_status"

    def answer(self, said: Said, understood: Understood) -> Reply:
        return FORMS["delivery_delay" if understood.intent == "delivery_delay" else "track_order"].start(
            said, understood
        )


class ActionCancelOrder(Answer):
    def name(self) -> str:
        return "action_cancel_order"

    def answer(self, said: Said, understood: Understood) -> Reply:
        return CANCEL_ORDER.start(said, understood)


class ActionChangeAddress(Answer):
    def name(self) -> str:
        return "action_change_address"

    def answer(self, said: Said, understood: Understood) -> Reply:
        return CHANGE_ADDRESS.start(said, understood)
