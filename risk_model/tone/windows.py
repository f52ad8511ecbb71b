"""A long text in windows of whole sentences, so that one angry line is not lost in a page."""

import re
from collections.abc import Iterator

LONGEST_WINDOW = 240
MOST_WINDOWS = 64
_SENTENCE_ENDS = re.compile(r"(?<=[.!?;])\s+|(?<=[。！？；…])|\n+")


def windows(text: str) -> list[str]:
    """The text itself where it is short, else at most `MOST_WINDOWS` parts of at most `LONGEST_WINDOW` characters.

    Of a text with more parts the first and the last halves of that number are read: what a writer wants stands
    at the beginning or at the end.
    """
    if len(text) <= LONGEST_WINDOW:
        return [text]
    parts = list(_joined(_pieces(text)))
    if len(parts) > MOST_WINDOWS:
        half = MOST_WINDOWS // 2
        parts = parts[:half] + parts[-half:]
    return parts or [text[:LONGEST_WINDOW]]


def _pieces(text: str) -> Iterator[str]:
    """Sentences; one without an end in sight is cut at the window's length."""
    for sentence in _SENTENCE_ENDS.split(text):
        whole = sentence.strip()
        for start in range(0, len(whole), LONGEST_WINDOW):
            yield whole[start : start + LONGEST_WINDOW]


def _joined(pieces: Iterator[str]) -> Iterator[str]:
    """Neighbouring sentences together, as many as a window holds."""
    window = ""
    for piece in pieces:
        if window and len(window) + 1 + len(piece) > LONGEST_WINDOW:
            yield window
            window = ""
        window = f"{window} {piece}".strip()
    if window:
        yield window
