"""What a customer reads when an agent gives them something."""

from app.web.text import known_language

_GIFT = {
    "en": "I would like to give you this, with thanks for your patience:",
    "zh": "感谢您的耐心，这是我们送给您的优惠：",
}


def gift(language: str | None) -> str:
    return _GIFT[known_language(language)]
