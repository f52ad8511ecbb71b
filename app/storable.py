"""Text from outside as any database can keep it."""

import re

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL takes no NUL, UTF-8 no lone surrogate


def storable(text: str) -> str:
    """The text with U+FFFD for what cannot be kept; everything else (zero width, bidi, emoji) stays as it is."""
    return UNSTORABLE.sub("\ufffd", text)
