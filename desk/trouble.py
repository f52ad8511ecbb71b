"""What went wrong, in the customer's words: the kind of trouble that a message complains of, English and Chinese.

Plain words are believed unless they ask ("What if my parcel is late?") or surely please; where there are none, the tone
must say it.
"""

import re
from dataclasses import dataclass

from desk.masking import masked
from desk.trouble_words import COARSE, WORDS, Trouble
from risk_model.tone.network import ALARM, Floats

PRAISE = 0.8
SURE, UNSURE = 0.85, 0.3  # to read praise back as a complaint would be worse than to read nothing back
LONGEST_QUOTE, SHORTEST_QUOTE = 80, 12
LONGEST_QUOTE_ZH, SHORTEST_QUOTE_ZH = 30, 4


@dataclass(frozen=True, slots=True)
class Tone:
    """How probable it is that the writer is dissatisfied, means to leave, is pleased."""

    dissatisfied: float
    leaving: float
    pleased: float = 0.0

    @property
    def troubled(self) -> bool:
        return max(self.dissatisfied, self.leaving) >= ALARM


def tone_from(probabilities: Floats) -> Tone:
    """Of one row (3,) of `risk_model.tone`."""
    return Tone(*(float(one) for one in probabilities))


_QUESTION = re.compile(
    r"^[^.!。！]*[?？]\s*$|[吗呢么]\s*$|^\s*(how|what|when|where|which|who|can|could|may|do|does|did|is|are|was|has|have|will|would|if)\b[^.!?]*$"
    r"|^\s*(如果|要是|万一|怎么|如何|什么|哪|能不能|可以|可不可以)[^。！？]*$",
    re.IGNORECASE,
)
_WORDS = {kind: re.compile(words, re.IGNORECASE) for kind, words in WORDS.items()}


def trouble_of(text: str, tone: Tone | None) -> Trouble | None:
    """The kind of trouble that is complained of, or None. Without an encoder there is no tone: words alone count."""
    named, troubled = _named(text), tone is not None and tone.troubled
    if named and (troubled or not (_only_asks(text) or (tone is not None and tone.pleased >= PRAISE))):
        return named
    return Trouble.OTHER if not named and tone is not None and tone.dissatisfied >= ALARM else None


def _only_asks(text: str) -> bool:
    return bool(_QUESTION.search(text))


def _named(text: str) -> Trouble | None:
    return next((kind for kind, words in _WORDS.items() if words.search(text)), None)


def quotable(text: str, tone: Tone | None) -> str | None:
    """The message as it may be read back to its writer: one short sentence that surely complains and takes no leave,
    without insults, shouting, numbers, contact points or names; else None.
    """
    line = " ".join(text.split())
    if tone is None or tone.dissatisfied < SURE or max(tone.leaving, tone.pleased) >= UNSURE:
        return None
    return line if _short(line) and not _coarse_or_private(line) else None


def _short(line: str) -> bool:
    """One sentence of a readable length."""
    if re.search(r"[.!?。！？…;；\n](?=.*\w)", line):
        return False
    if re.search(r"[\u4e00-\u9fff]", line):
        return SHORTEST_QUOTE_ZH <= len(line) <= LONGEST_QUOTE_ZH
    return SHORTEST_QUOTE <= len(line) <= LONGEST_QUOTE


def _coarse_or_private(line: str) -> bool:
    if COARSE.search(line) or masked(line) != line or re.search(r"[\d@<>{}/\\#*]", line):
        return True
    letters = [sign for sign in line if sign.isascii() and sign.isalpha()]
    if len(letters) > 3 and sum(sign.isupper() for sign in letters) > len(letters) / 2:
        return True
    inner = re.findall(r"(?<=[\w,] )([A-Z]\w*)", line)  # a capital within a sentence is a name, or may be one
    return any(word != "I" for word in inner)
