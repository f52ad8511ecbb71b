"""The demo shop's phrases by language, use, tone and topic, read from the blocks that people wrote by hand.

A block is headed `== TONE TOPIC` and holds one sentence pattern a line; blocks of one heading are joined.
Tones are -2 (very negative) to 2 (very positive); for replies they are who speaks (`bot`, `agent`). Marks:

    [a|b|c]     one of these, any may be empty
    {product}   what it is about;  {other} another article;  {order} the order number
    {days}      how many days it was late or waited;  {percent} a price difference
"""

from typing import Final

from app.demo import chats_en, chats_zh, reviews_en, reviews_zh

Bank = dict[str, dict[str, tuple[str, ...]]]


def read_blocks(text: str) -> Bank:
    """Gives `{tone: {topic: patterns}}`; raises ValueError for a line before any heading."""
    bank: Bank = {}
    patterns: list[str] | None = None
    found: list[tuple[str, str, list[str]]] = []
    for line in filter(None, text.splitlines()):
        if line.startswith("== "):
            _, tone, topic = line.split(" ")
            patterns = []
            found.append((tone, topic, patterns))
        elif patterns is None:
            raise ValueError(
                f"A phrase must stand under a heading '== TONE TOPIC', but this came first: {line!r}."
            )
        else:
            patterns.append(line)
    for tone, topic, lines in found:
        topics = bank.setdefault(tone, {})
        topics[topic] = topics.get(topic, ()) + tuple(lines)
    return bank


REVIEWS: Final = {"en": read_blocks(reviews_en.REVIEWS), "zh": read_blocks(reviews_zh.REVIEWS)}
CHATS: Final = {"en": read_blocks(chats_en.CHATS), "zh": read_blocks(chats_zh.CHATS)}
REPLIES: Final = {"en": read_blocks(chats_en.REPLIES), "zh": read_blocks(chats_zh.REPLIES)}
