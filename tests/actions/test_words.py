"""The catalogues of words: the same in both languages, no key twice, no fact forgotten."""

import re
from collections import Counter

from actions.words import CATALOGUES

FACT = re.compile(r"{[a-z_]+}")


def test_every_key_has_words_in_both_languages_with_the_same_facts() -> None:
    for catalogue in CATALOGUES:
        english, chinese = catalogue["en"], catalogue["zh"]
        assert list(english) == list(chinese)
        for key, text in english.items():
            assert set(FACT.findall(text)) == set(FACT.findall(chinese[key])), key


def test_no_key_stands_in_two_catalogues() -> None:
    counted = Counter(key for catalogue in CATALOGUES for key in catalogue["en"])
    assert [key for key, times in counted.items() if times > 1] == []
