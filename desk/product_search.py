"""Which products words name: in English and Chinese, whatever the case, the plural or the order of the words.

A product is found when every word that is not mere talk belongs to it ("glass teapots"), or when one of its names is
said whole ("how much is the glass teapot that you had in May?"). Anything else would be a guess.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

_HAN = "\u3400-\u9fff"
_WORD = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+")
_IS_HAN = re.compile(f"[{_HAN}]")
_PLURAL_ES = re.compile("(s|x|z|ch|sh)es$")
_SMALL_WORDS = """
a an the of for with and or to in on at by from is are was were be do does did have has had got get any some one there i
me my you your we it its s that this these those what which how much many when where will would can could please price
cost stock available again back sell buy want need like look looking interested hi hello hey thank now still more about
tell know left order long take
"""
_TALK = frozenset(_SMALL_WORDS.split())
_HAN_TALK = re.compile(
    "请问一下|请问|你们|您们|想要|我想|我要|想买|想要|还有没有|有没有|有货|没货|缺货|库存|多少钱|什么价格|价格|价钱|怎么卖|什么时候|"
    "几时|到货|补货|现在|目前|可以|能不能|那个|这个|那款|这款|一个|一款|几个|几款|几号|几天|[还卖买有是吗呢吧啊呀了的在和与我你您要]"
)
MOST_KEPT = 50_000  # products
Words = tuple[str, ...]


def search(words: str, products: Iterable[tuple[str, Sequence[str]]], limit: int) -> list[str]:
    """Keys of the products (each given with all its names) that the words name, the best match first."""
    spoken = _words(words)
    asked = tuple(part for word in spoken if word not in _TALK for part in _HAN_TALK.split(word) if part)
    said = _Text.of(spoken)
    hits = []
    for key, names in products:
        text = _named(tuple(names))
        if hit := _hit(asked, said, text):
            hits.append((key, text.shortest, hit))
    hits.sort(key=lambda entry: (-_size(entry[2]), entry[1], entry[0]))
    found = {hit for _, _, hit in hits}
    less = {hit for hit in found if any(hit < other for other in found)}
    return [key for key, _, hit in hits if hit not in less][:limit]


@dataclass(frozen=True, slots=True)
class _Text:
    """Words as they stand in one or several texts: each text's `parts`, and all that one of them or two neighbours
    make, the Chinese among these once more.
    """

    parts: tuple[Words, ...]
    known: frozenset[str]
    han: tuple[str, ...]
    shortest: float

    @classmethod
    def of(cls, *texts: Words) -> "_Text":
        known = frozenset(one for text in texts for one in (*text, *map("".join, itertools.pairwise(text))))
        han = tuple(sorted(word for word in known if _IS_HAN.match(word)))
        return cls(texts, known, han, min(map(_size, texts), default=0))


@lru_cache(MOST_KEPT)
def _named(names: tuple[str, ...]) -> _Text:
    """Kept from one question to the next: a shop's products hardly change."""
    return _Text.of(*map(_words, names))


def _hit(asked: Words, said: _Text, names: _Text) -> frozenset[str]:
    """What of the words belongs to the product of these names; empty when they do not name it."""
    if asked and _belong(asked, names):
        return frozenset(asked)
    said_whole = (name for name in names.parts if name and _belong(name, said))
    return frozenset(word for name in said_whole for word in name)


def _belong(words: Words, text: _Text) -> bool:
    """Whether every word is one of the text's, or is with its neighbour: `tea pot` is a teapot, `puerh` a pu-erh."""
    place = 0
    while place < len(words):
        word, pair = words[place], "".join(words[place : place + 2])
        if pair in text.known:
            place += 2
        elif word in text.known or (_IS_HAN.match(word) and _pieced(word, text.han)):
            place += 1
        else:
            return False
    return True


def _pieced(word: str, known: Words) -> bool:
    """Whether pieces of the known Chinese words, of two signs at least, make this one: they may stand elsewhere."""
    if len(word) == 1:
        return any(word in one for one in known)
    longest_known = max(map(len, known), default=0)
    while word:
        lengths = range(min(len(word), longest_known), 1, -1)
        longest = next((n for n in lengths if any(word[:n] in one for one in known)), 0)
        if longest == 0:
            return False
        word = word[longest:]
    return True


def _words(text: str) -> Words:
    plain = unicodedata.normalize("NFKD", text).casefold()
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return tuple(_singular(word) for word in _WORD.findall(letters))


def _singular(word: str) -> str:
    if len(word) < 4 or not word.endswith("s") or word.endswith("ss"):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-2] if _PLURAL_ES.search(word) else word[:-1]


def _size(words: Iterable[str]) -> float:
    """In words; two Chinese signs are about one."""
    return sum(len(word) / 2 if _IS_HAN.match(word) else 1 for word in words)
