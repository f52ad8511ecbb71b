"""The shop's own facts: whole as shipped, clear about mistakes, silent on what they do not hold."""

from pathlib import Path

import pytest

from desk.shop_facts import TOPICS, ShopFactsMistake, load_shop_facts


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_facts_we_ship_answer_every_topic(language: str) -> None:
    facts = load_shop_facts()
    assert {topic for topic in TOPICS if facts.about(topic, language) is None} == set()


def test_a_topic_or_language_that_is_left_out_is_not_known(tmp_path: Path) -> None:
    facts = load_shop_facts(written(tmp_path, '[delivery_period]\nen = "Two days."\n'))
    assert facts.about("delivery_period", "en") == "Two days."
    assert facts.about("delivery_period", "zh") is None
    assert facts.about("check_payment_methods", "en") is None


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("[delivery_perod]\nen = 'x'", "got 'delivery_perod'"),
        ("[delivery_period]\nfr = 'x'", r"\[delivery_period\] should hold a text in en, zh or both"),
        ("delivery_period = 'x'", r"\[delivery_period\] should hold a text in en, zh or both; got 'x'"),
        ("[delivery_period]\nen = 3", r"\[delivery_period\] en should be a sentence; got 3"),
        ("[delivery_period]\nen = ' '", "should be a sentence"),
        ("[delivery", "expected TOML in UTF-8"),
    ],
    ids=["misspelled topic", "other language", "no table", "no text", "empty text", "no TOML"],
)
def test_a_mistake_is_told_with_the_file_and_the_place(tmp_path: Path, content: str, sentence: str) -> None:
    with pytest.raises(ShopFactsMistake, match=sentence) as told:
        load_shop_facts(written(tmp_path, content))
    assert "facts.toml" in str(told.value)


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ShopFactsMistake, match=r"none\.toml: cannot be read") as told:
        load_shop_facts(tmp_path / "none.toml")
    assert "No such file" in str(told.value)


def written(folder: Path, content: str) -> Path:
    path = folder / "facts.toml"
    path.write_text(content, encoding="utf-8")
    return path
