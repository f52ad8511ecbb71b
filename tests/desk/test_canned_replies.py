"""Canned replies: whole as shipped, filled in, and clear about mistakes in a shop's own file."""

import pytest

from desk.canned_replies import CannedRepliesMistake, load_canned_replies, open_facts

FACTS = {"name": "Ana", "order": "LK-1001", "agent": "Mia"}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_replies_we_ship_are_there_in_both_languages_and_have_no_gap(language):
    filled = load_canned_replies().filled(language, FACTS)
    assert [one.key for one in filled] == [one.key for one in load_canned_replies().filled("en", {})]
    assert [one.key for one in filled if open_facts(one.text)] == []
    assert any("Ana" in one.text for one in filled)


def test_an_unknown_fact_keeps_its_braces_and_is_found(tmp_path):
    [one] = load_canned_replies(written(tmp_path, "[late]\nen = 'Sorry {name}: {order}, {order}.'")).filled(
        "en", {"name": "{order}", "order": None}
    )
    assert one.text == "Sorry {order}: {order}, {order}."
    assert open_facts(one.text) == ["{order}"]
    assert open_facts("{not} ours") == []


def test_a_reply_without_a_text_in_the_language_is_not_offered(tmp_path):
    replies = load_canned_replies(written(tmp_path, "[hello]\nen = 'Hello'"))
    assert replies.filled("zh", FACTS) == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("[Hello]\nen = 'x'", "a key is 1 to 40 lower-case letters"),
        ("[hello]\nfr = 'x'", r"\[hello\] should hold a text in en, zh or both"),
        ("hello = 'x'", r"\[hello\] should hold a text in en, zh or both; got 'x'"),
        ("[hello]\nen = ' '", r"\[hello\] en should be a sentence; got ' '"),
        ("[hello]\nen = '{price}'", r"may name \{name\}, \{order\}, \{agent\}; got \{price\}"),
        ("[hello", "expected TOML in UTF-8"),
    ],
    ids=["key", "other language", "no table", "empty", "unknown fact", "no TOML"],
)
def test_a_mistake_is_told_with_the_file_and_the_place(tmp_path, content, sentence):
    with pytest.raises(CannedRepliesMistake, match=sentence) as told:
        load_canned_replies(written(tmp_path, content))
    assert "replies.toml" in str(told.value)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(CannedRepliesMistake, match="cannot be read"):
        load_canned_replies(tmp_path / "none.toml")


def written(folder, content):
    file = folder / "replies.toml"
    file.write_text(content, encoding="utf-8")
    return file
