"""Files of texts that a shop may write itself: TOML, a table for each key, a text for each language."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from desk.errors import DeskError

LANGUAGES = frozenset({"en", "zh"})
Texts = Mapping[str, Mapping[str, str]]


def read_texts(file: Path, mistake: type[DeskError]) -> Texts:
    """Texts by key and language, in the file's order. Raises `mistake`, naming the file, the key, what was expected and
    what came.
    """
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise mistake(f"{file}: cannot be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise mistake(f"{file}: expected TOML in UTF-8 ({error}).") from error
    for sentence in _mistakes(content):
        raise mistake(f"{file}: {sentence}")
    return content


def _mistakes(content: Mapping[str, object]) -> Iterator[str]:
    for key, said in content.items():
        if not isinstance(said, dict) or not said or not LANGUAGES.issuperset(said):
            yield f"[{key}] should hold a text in en, zh or both; got {said!r}."
            continue
        for language, text in said.items():
            if not isinstance(text, str) or not text.strip():
                yield f"[{key}] {language} should be a sentence; got {text!r}."
