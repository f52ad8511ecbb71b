"""What a customer's words become before they are stored, and before the bot reads them."""

import re
import unicodedata

from app.storable import storable
from app.web.errors import NotAcceptable
from app.web.tags import LANGUAGES, known_language

__all__ = ["LANGUAGES", "is_chinese", "known_language", "language_told", "neutral", "words_of"]

LONGEST_TEXT = 4_000
LEAST_LETTERS = 4
HAN_SHARE = 0.2  # one Han character says about as much as a short word
HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003134f]")
KANA = re.compile("[\u3040-\u30ff]")


def words_of(text: str | None) -> str:
    """What a person wrote, storable and trimmed. Raises `NotAcceptable` when empty or too long."""
    words = storable(text or "").strip()
    if not words:
        raise NotAcceptable("The message is empty; please write something.")
    if len(words) > LONGEST_TEXT:
        raise NotAcceptable(
            f"The message has {len(words):,} characters; please keep it within {LONGEST_TEXT:,}."
        )
    return words


def neutral(text: str) -> str:
    """The text as the bot may read it: Rasa would take a leading slash for an intent with entities."""
    return re.sub(r"^[\s/]+", "", text) or "?"


def is_chinese(text: str) -> bool:
    letters = sum(1 for character in text if unicodedata.category(character)[0] == "L")
    return bool(letters) and not KANA.search(text) and len(HAN.findall(text)) / letters >= HAN_SHARE


def language_told(text: str) -> str | None:
    """The language that a message is in; None when it tells none: an order number, an emoji, a bare "ok", a command
    with its leading slash.
    """
    if text.lstrip().startswith("/"):
        return None
    if is_chinese(text):
        return "zh"
    words = "".join(re.findall(r"\b[A-Za-z]+\b", text))
    return "en" if len(words) >= LEAST_LETTERS and not KANA.search(text) else None
