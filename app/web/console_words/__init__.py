"""Every word of the console, in English and Chinese.

Each module here is a page's (or a part's) catalogue, `WORDS = {"en": {...}, "zh": {...}}` with the same keys in both; a
template asks with `t("queue.title", n=3)`: the module's name, a dot, the key. A text may name facts in braces. A pair of
texts is one for `n=1` and one for every other `n`.
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol

from markupsafe import Markup, escape

from app.web.tags import LANGUAGES

Text = str | tuple[str, str]
Words = Mapping[str, Mapping[str, Text]]


class Tell(Protocol):
    """Words in one language: the text of a key, with its facts escaped unless they are markup of ours."""

    def __call__(self, key: str, /, **facts: object) -> Markup: ...


@cache
def catalogue() -> dict[str, dict[str, Text]]:
    """By language, then by `module.key`."""
    words: dict[str, dict[str, Text]] = {language: {} for language in LANGUAGES}
    for module in iter_modules(__path__):
        texts: Words = import_module(f"{__name__}.{module.name}").WORDS
        for language in LANGUAGES:
            words[language] |= {f"{module.name}.{key}": text for key, text in texts[language].items()}
    return words


@cache
def told_in(language: str) -> Tell:
    """The words of one of our languages. Raises `KeyError` for a key that no catalogue has."""
    words = catalogue()[language]

    def t(key: str, /, **facts: object) -> Markup:
        text = words[key]
        if isinstance(text, tuple):
            text = text[facts.get("n") != 1]
        return escape(text).format(**facts)

    return t


def knows(key: str) -> bool:
    return key in catalogue()["en"]


def kept(sentence: str, language: str) -> Markup:
    """A sentence that the desk keeps, in the reader's language where we have it; its facts too."""
    key = f"sentences.{sentence}"
    if language == "en":
        return escape(sentence)
    if knows(key):
        return told_in(language)(key)
    for pattern, form in _forms():
        if (found := pattern.fullmatch(sentence)) is not None:
            facts = {name: kept(fact, language) for name, fact in found.groupdict().items()}
            return told_in(language)(form, **facts)
    return escape(sentence)


@cache
def _forms() -> list[tuple[re.Pattern[str], str]]:
    """The kept sentences with facts, as patterns; those with the most words of their own first."""
    forms = [key for key in catalogue()["en"] if key.startswith("sentences.") and "{" in key]
    forms.sort(key=lambda key: -len(re.sub(r"{\w+}", "", key)))
    return [(_pattern(key.removeprefix("sentences.")), key) for key in forms]


def _pattern(form: str) -> re.Pattern[str]:
    """Facts stand where the braces are, each as short as the rest allows."""
    parts = re.split(r"{(\w+)}", form)
    words = [re.escape(part) if place % 2 == 0 else f"(?P<{part}>.+?)" for place, part in enumerate(parts)]
    return re.compile("".join(words), re.DOTALL)
