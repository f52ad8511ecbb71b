"""Slips of the finger, put right before a message is read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
SHORTEST, LONGEST = 5, 30  # signs: a shorter word is one slip away from too many others
USUAL = 3  # times in the examples: a rarer word is hardly the one that was meant
MOST_LOOKED_UP = 50  # words of one message that are not the bot's own; a page of them is no slip


class Spelling:
    """The words of the bot's examples, with how often they stand there. A word that is neither among them nor `common`
    becomes the most frequent one that is a single slip away: a sign too many, too few, another, or two swapped.

    The encoder reads a misspelt word as pieces that mean something else ("where is my parcle").
    """

    def __init__(self, counts: Mapping[str, int], is_common: Callable[[str], bool]) -> None:
        self.counts = dict(counts)
        self._is_common = is_common
        self._usual = [
            word for word, times in self.counts.items() if len(word) >= SHORTEST - 1 and times >= USUAL
        ]

    @classmethod
    def of(cls, plain_texts: Iterable[str], is_common: Callable[[str], bool]) -> Spelling:
        return cls(Counter(word for text in plain_texts for word in WORD.findall(text)), is_common)

    def corrected(self, plain_text: str) -> str:
        """The text, in its plain form, without slips."""
        left = MOST_LOOKED_UP

        def read(match: re.Match[str]) -> str:
            nonlocal left
            word = match[0]
            if word in self.counts or not SHORTEST <= len(word) <= LONGEST or left == 0:
                return word
            left -= 1
            return word if self._is_common(word) else self._nearest(word)

        return WORD.sub(read, plain_text)

    def _nearest(self, word: str) -> str:
        near = [
            found for found, *_ in extract(word, self._usual, scorer=OSA.distance, score_cutoff=1, limit=None)
        ]
        return max(near, key=lambda found: (self.counts[found], found), default=word)
