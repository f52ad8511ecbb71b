"""Sending back, the money for it, and invoices."""

from actions.answer import FORMS, Answer
from actions.forms.lookups import tell_refund
from actions.replies import Reply, Understood, tell
from actions.runtime import Said, runtime
from actions.words import say, talk_button

MOST_TOLD = 3


class ActionReturnItem(Answer):
    """For who sends something back, wants money back, or got something broken or wrong."""

    def name(self) -> str:
        return "action_return_item"

    def answer(self, said: Said, understood: Understood) -> Reply:
        intents = {"get_refund", "damaged_or_wrong_item"}
        return FORMS[understood.intent if understood.intent in intents else "return_item"].start(
            said, understood
        )


class ActionInvoice(Answer):
    def name(self) -> str:
        return "action_invoice"

    def answer(self, said: Said, understood: Understood) -> Reply:
        return FORMS["check_invoice" if understood.intent == "check_invoice" else "get_invoice"].start(
            said, understood
        )


class ActionRefundStatus(Answer):
    def name(self) -> str:
        return "action_refund_status"

    def answer(self, said: Said, understood: Understood) -> Reply:
        language = said.language
        if said.customer is None:
            return tell(say("sign_in", language), talk_button(language))
        refunds = said.shop.refunds(said.customer.customer_key)
        if understood.order_number:
            order = said.shop.order(said.customer.customer_key, understood.order_number)
            if order is None:
                return tell(say("unknown_order", language), talk_button(language))
            refunds = [refund for refund in refunds if refund.order_number == order.number]
        if not refunds:
            return _none(said)
        return tell(
            "\n".join(tell_refund(refund, language) for refund in refunds[:MOST_TOLD]), talk_button(language)
        )


def _none(said: Said) -> Reply:
    fact = runtime().shop_facts.about("track_refund", said.language) or ""
    between = "" if said.language == "zh" else " "
    return tell(f"{say('no_refund', said.language)}{between}{fact}".strip(), talk_button(said.language))
