"""The bot's own sentences as other people would write them, for the report on understanding. The same text always gets
the same form.
"""

import random
import re
from collections.abc import Sequence

from nlu_report_page import SLIPPED

LATIN_PAIR = re.compile("[A-Za-z]{2}")
CHINESE = re.compile("[\u3400-\u9fff]")
FULL_STOP, COMMA, GAP = {"en": ".", "zh": "。"}, {"en": ", ", "zh": "，"}, {"en": " ", "zh": ""}


def other_forms(pairs: Sequence[tuple[str, str]], contexts: Sequence[str]) -> dict[str, list[str]]:
    """By name of the form, the texts of these texts and languages; `contexts` are sentences of circumstances."""
    by_language = {
        language: [text for text in contexts if bool(CHINESE.search(text)) == (language == "zh")]
        for language in ("en", "zh")
    }

    def told(text: str, language: str, first: bool) -> str:
        context = random.Random(text).choice(by_language[language])
        wish = text if first or text[-1] in ".?!。？！" else text + FULL_STOP[language]
        return GAP[language].join([context, wish] if first else [wish, context])

    return {
        "with courtesies": [polite_form(*pair) for pair in pairs],
        SLIPPED: [slipped_form(text) for text, _ in pairs],
        "after a sentence of circumstances": [told(*pair, first=True) for pair in pairs],
        "before one": [told(*pair, first=False) for pair in pairs],
        "after one and a comma": [
            re.sub(r"[.。] ?", COMMA[pair[1]], told(*pair, first=True), count=1) for pair in pairs
        ],
    }


def polite_form(text: str, language: str) -> str:
    """As a letter would have it."""
    told = text.rstrip(" ?.!？。！")
    return (
        f"你好，{told}，谢谢！"
        if language == "zh"
        else f"Good morning, {told}, please. Thank you in advance!"
    )


def slipped_form(text: str) -> str:
    """With one slip of the finger between two Latin letters: swapped, the second left out or struck twice."""
    chance = random.Random(text)
    places = [place for place in range(len(text)) if LATIN_PAIR.match(text, place)]
    if not places:
        return text
    place = chance.choice(places)
    first, second = text[place], text[place + 1]
    return text[:place] + chance.choice([second + first, first, first + second * 2]) + text[place + 2 :]
