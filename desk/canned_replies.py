"""What agents answer often, as data that a shop can change: `canned_replies.toml` beside this file, or its own.

The file is checked here, once at the start; what comes out is frozen.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from desk.errors import DeskError
from desk.text_files import Texts, read_texts

SHIPPED = Path(__file__).parent / "canned_replies.toml"
FACTS = ("name", "order", "agent")
KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
BRACES = re.compile(r"\{([^{}]*)\}")
OPEN_FACT = re.compile(r"\{(?:" + "|".join(FACTS) + r")\}")


class CannedRepliesMistake(DeskError):
    """A file that cannot be used; the sentence names the file, the key, what was expected and what came."""


@dataclass(frozen=True, slots=True)
class Canned:
    """One reply in one language, with the facts filled in that are known."""

    key: str
    text: str


class CannedReplies:
    def __init__(self, texts: Texts) -> None:
        self._texts = {key: dict(said) for key, said in texts.items()}

    def filled(self, language: str, facts: Mapping[str, str | None]) -> list[Canned]:
        """All there are in this language, in the file's order; an unknown fact keeps its braces."""
        known = {name: value for name, value in facts.items() if value}
        return [
            Canned(key, BRACES.sub(lambda found: known.get(found[1], found[0]), said[language]))
            for key, said in self._texts.items()
            if language in said
        ]


def open_facts(text: str) -> list[str]:
    """The facts that a text still has in braces: it is not ready to be sent."""
    return list(dict.fromkeys(OPEN_FACT.findall(text)))


@cache
def load_canned_replies(path: Path | None = None) -> CannedReplies:
    """The shop's own, or those we ship; raises CannedRepliesMistake."""
    file = path or SHIPPED
    texts = read_texts(file, CannedRepliesMistake)
    for key, said in texts.items():
        _check(file, key, said)
    return CannedReplies(texts)


def _check(file: Path, key: str, said: Mapping[str, str]) -> None:
    if not KEY.fullmatch(key):
        raise CannedRepliesMistake(
            f"{file}: a key is 1 to 40 lower-case letters, digits and hyphens; got {key!r}."
        )
    for language, text in said.items():
        if wrong := [name for name in BRACES.findall(text) if name not in FACTS]:
            raise CannedRepliesMistake(
                f"{file}: [{key}] {language} may name {', '.join(f'{{{fact}}}' for fact in FACTS)}; got {{{wrong[0]}}}."
            )
