"""What only the shop knows (delivery, payment, fees, hours), as data that a shop can change: `shop_facts.toml`
beside this file, or its own.

The file is checked here, once at the start; what comes out is frozen.
"""

from functools import cache
from pathlib import Path
from types import MappingProxyType

from desk.errors import DeskError
from desk.text_files import Texts, read_texts

SHIPPED = Path(__file__).parent / "shop_facts.toml"
# A topic is named as the intent that asks for it.
TOPICS = frozenset(
    {
        "check_cancellation_fee", "check_invoice", "check_payment_methods", "check_refund_policy",
        "contact_customer_service", "create_account", "delivery_options", "delivery_period", "edit_account",
        "get_invoice", "get_refund", "newsletter_subscription", "place_order", "price_question", "product_question",
        "recommendation", "recover_password", "return_item", "review", "set_up_shipping_address", "stock_question",
        "switch_account", "track_refund",
    }
)  # fmt: skip


class ShopFactsMistake(DeskError):
    """A file of facts that cannot be used; the sentence names the file, the topic, what was expected and what came."""


class ShopFacts:
    """Answers by topic and language."""

    def __init__(self, answers: Texts) -> None:
        self._answers = MappingProxyType({topic: dict(said) for topic, said in answers.items()})

    def about(self, topic: str, language: str) -> str | None:
        """What the shop says on a topic in this language; None if it says nothing."""
        return self._answers.get(topic, {}).get(language)


@cache
def load_shop_facts(path: Path | None = None) -> ShopFacts:
    """The shop's own facts, or those we ship; raises ShopFactsMistake."""
    file = path or SHIPPED
    answers = read_texts(file, ShopFactsMistake)
    for topic in answers:
        if topic not in TOPICS:
            raise ShopFactsMistake(f"{file}: expected a topic of {', '.join(sorted(TOPICS))}; got {topic!r}.")
    return ShopFacts(answers)
