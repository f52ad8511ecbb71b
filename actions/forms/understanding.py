"""What a message means as the answer to a question that a form asked."""

import re
from collections.abc import Sequence

from actions.forms.form import Form
from actions.replies import Understood
from desk.shop import Order

_NO_FIRST = re.compile(r"\s*(?:no\b|nope|nah\b|don'?t|do not|never ?mind|不是|不用|不了|不要[。！!\s]*$|不[。！!\s]*$|别|算了)", re.IGNORECASE)  # fmt: skip  # noqa: E501
_NOT = re.compile(r"\b(?:not|no|never|don'?t|keep|wait|stop)\b|不|别|没", re.IGNORECASE)
_YES_FIRST = re.compile(r"\s*(?:y(?:es|ep|eah|up)?\b|sure|ok(?:ay)?\b|please do|go ahead|do it|confirm|correct|是|对|好|可以|确认|确定|嗯|行|要)", re.IGNORECASE)  # fmt: skip  # noqa: E501
_NEWEST = re.compile(r"\b(?:latest|newest|last|most recent)\b|最近|最新|刚下", re.IGNORECASE)
_SKIP = re.compile(r"\s*(?:skip|none|nothing|no\b|rather not|跳过|没有|不想说|不说)", re.IGNORECASE)
_DIGITS = re.compile(r"[0-9]{2,}")
_WORD = re.compile(r"[A-Za-z]{3,}|[\u4e00-\u9fff]{2,}")
_NO_NAMES = frozenset(
    {"the", "with", "and", "order", "one", "for", "that", "this", "please", "cancel", "return"}
)
SHORTEST_ADDRESS = 6
# "The latest one" is a choice, whatever it is taken for; "an invoice for my last order" is another wish.
LONGEST_CHOICE = 16
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_PLACE = re.compile(r"[0-9一二三四五六七八九十]")


def yes_or_no(understood: Understood, form: Form, also_yes: frozenset[str]) -> bool | None:
    """True, False, or None when it is neither. Doubt is never a yes; a button counts for its own question only."""
    if understood.pressed:
        asked = understood.entities.get("form"), understood.order_number
        known = asked == (form.name, form.order_number)
        return {"affirm": True, "deny": False}.get(understood.intent) if known else None
    if understood.intent == "deny" or _NO_FIRST.match(understood.text):
        return False
    if _NOT.search(understood.text) or understood.is_question:
        return None
    return True if understood.intent in also_yes | {"affirm"} or _YES_FIRST.match(understood.text) else None


def chosen_order(understood: Understood, orders: Sequence[Order], form: Form) -> Order | None:
    """The one of these orders that the message names: by its number, by what is in it, or as the newest."""
    text = understood.text.lower()
    digits = set(_DIGITS.findall(understood.order_number or text))
    by_number = [order for order in orders if digits and digits <= set(_DIGITS.findall(order.number))]
    if len(by_number) == 1:
        other_wish = (
            understood.is_topic
            and understood.intent != form.name
            and len(text) > len(by_number[0].number) + 12
        )
        return None if other_wish and not understood.pressed else by_number[0]
    if understood.pressed or (
        understood.is_topic and understood.intent != form.name and understood.is_question
    ):
        return None
    names = set(_WORD.findall(text)) - _NO_NAMES
    by_content = [order for order in orders if any(name in order.items.lower() for name in names)]
    if len(by_content) == 1:
        return by_content[0]
    other_wish = understood.is_topic and understood.intent != form.name and _room(text) > LONGEST_CHOICE
    return orders[0] if orders and not (by_content or other_wish) and _NEWEST.search(text) else None


def _room(text: str) -> int:
    """How long a text is, where a Chinese character says as much as two letters."""
    return len(text) + len(_CHINESE.findall(text))


def wants_no_reason(understood: Understood) -> bool:
    return understood.intent == "deny" or bool(_SKIP.match(understood.text))


def looks_like_address(text: str) -> bool:
    """Long enough and with a number in it; whether it exists, the shop has to know."""
    return len(text.strip()) >= SHORTEST_ADDRESS and bool(_PLACE.search(text))
