"""The sentences of a message, and what it asks for: people tell how things stand and then say what they want."""

import re

import numpy as np
import numpy.typing as npt

from .plain_form import plain_form

# The intent of a sentence that tells how things stand and asks for nothing: "I ordered it for my sister."
INFORM = "inform"
SENTENCE_ENDS = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])\s*|\n+")
CLAUSE_ENDS = re.compile(r"[，；]\s*|[,;]\s+")
WORD, SIGN = re.compile("[^\\W\u3400-\u9fff]+"), re.compile("[\u3400-\u9fff]")
SHORTEST_CLAUSE, SIGNS_A_WORD = 3, 1.5  # words; "hi, anybody there" is one clause
MOST_PARTS = 8  # of a letter: its beginning and its end

Chances = npt.NDArray[np.float64]


def readings_of(text: str) -> list[str]:
    """What is read of a message, in plain form: the whole of it, then each of its parts where it has several."""
    plain = plain_form(text)
    return [plain, *map(plain_form, _parts_of(plain))]


def _parts_of(text: str) -> list[str]:
    """Its sentences, or the clauses of a single one; nothing where it has no parts."""
    parts = _with_words(SENTENCE_ENDS.split(text))
    if len(parts) == 1:
        parts = _with_words(CLAUSE_ENDS.split(text))
        if min(map(_words, parts)) < SHORTEST_CLAUSE:
            return []
    if len(parts) > MOST_PARTS:
        parts = parts[: MOST_PARTS // 2] + parts[-MOST_PARTS // 2 :]
    return parts if len(parts) > 1 else []


def _with_words(parts: list[str]) -> list[str]:
    return [part.strip() for part in parts if _words(part)]


def _words(text: str) -> float:
    return len(WORD.findall(text)) + len(SIGN.findall(text)) / SIGNS_A_WORD


def wanted(whole: Chances, parts: Chances, inform: int) -> Chances:
    """The chances of each intent, the column `inform` being INFORM, for a message read whole and in parts.

    The surer it is that some part only tells how things stand, the more counts the part that does so least. Where none
    does, the whole counts: a wish may take two sentences.

    **Shape** (K,), (P, K) -> (K,)
    """
    if not len(parts):
        return whole
    tells = np.sqrt(parts[:, inform].max())  # the root: half a sign of it is worth a second look
    return (1 - tells) * whole + tells * parts[parts[:, inform].argmin()]
