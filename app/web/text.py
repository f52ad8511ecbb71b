"""What a customer's words become before they are stored, and before the bot reads them."""

import re
import unicodedata

from app.web.errors import NotAcceptable

LONGEST_TEXT = 4_000
HAN_SHARE = 0.2  # one Han character says about as much as a short word
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL takes no NUL, UTF-8 no lone surrogate
HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003134f]")
KANA = re.compile("[\u3040-\u30ff]")


def storable(text: str) -> str:
    """The text as any database can keep it; everything else (zero width, bidi, emoji) stays as it is."""
    return UNSTORABLE.sub("\ufffd", text)


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


def language_of(text: str, otherwise: str) -> str:
    """zh when the message is in Chinese characters, else what was spoken so far."""
    return "zh" if is_chinese(text) else otherwise


def known_language(*wishes: str | None) -> str:
    """The first wish we speak, from tags such as `zh-CN` or an Accept-Language header, else English."""
    for wish in wishes:
        for tag in (wish or "").lower().split(","):
            primary = tag.strip().split(";")[0].split("-")[0].split("_")[0]
            if primary in ("en", "zh"):
                return primary
    return "en"
