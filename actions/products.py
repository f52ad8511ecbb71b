"""Stock, prices and what the shop sells: for anybody, signed in or not."""

from actions.answer import FORMS, Answer
from actions.replies import Reply, Understood
from actions.runtime import Said

INTENTS = frozenset({"stock_question", "price_question", "product_question", "recommendation"})


class ActionProduct(Answer):
    def name(self) -> str:
        return "action_product"

    def answer(self, said: Said, understood: Understood) -> Reply:
        return FORMS[understood.intent if understood.intent in INTENTS else "product_question"].start(
            said, understood
        )
