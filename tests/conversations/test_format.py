"""A conversation that cannot be read, or does not go as written, is told by file and line: what was expected, what came."""

import re
from pathlib import Path

import pytest

from tests.conversations.checks import CHECKS
from tests.conversations.conftest import FILES, HERE
from tests.conversations.script import DOING, SAYING, Mistake, Script, read_script
from tests.conversations.situations import SITUATIONS
from tests.conversations.stage import Stage

HEAD = "Title: anything\nWho: a visitor\n"


def written(folder: Path, text: str) -> Path:
    file = folder / "en" / "mine.txt"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HEAD + "\nCustomr: hello", "line 4: “Customr: hello” is no step; did you mean “Customer:”?"),
        (HEAD + "Agent claims a case", "line 3: “Agent claims a case” is no step; did you mean “Agent claims the case”?"),
        (HEAD + "Bot:", "line 3: expected words after “Bot:”, found none."),
        ("Who: a visitor\nCustomer: hi", "expected a line that begins with “Title:”, found none."),
        (HEAD, "expected at least one step after title and who, found none."),
    ],
    ids=["misspelt", "another sentence", "nothing after it", "no title", "no step"],
)  # fmt: skip
def test_a_line_that_cannot_be_read_is_told(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(Mistake) as mistake:
        read_script(written(tmp_path, text))
    assert str(mistake.value).startswith("mine.txt, line")
    assert told in str(mistake.value)


@pytest.mark.parametrize(
    ("steps", "line", "expected", "came"),
    [
        ("Customer: How can I pay?\nBot: by shell money", 4, "an answer with “by shell money”", "PayPal"),
        ("Customer: How can I pay?\nBot not: PayPal", 4, "no answer with “PayPal”", "PayPal"),
        ("Customer: How can I pay?\nButton: Fly", 4, "a button “Fly”", "“Talk to a person”"),
        ("Customer: How can I pay?\nBot is silent", 4, "no answer", "PayPal"),
        ("Customer presses: Fly", 3, "a button “Fly” to press", "“Talk to a person”"),
        ("Customer: hi\nRefused: too rude", 4, "a refusal with “too rude”", "no refusal"),
        ("Customer: {5,000 letters}", 3, "the page to take it", "within 4,000"),
        ("Customer: hi\nAgent claims the case", 4, "an open case", "none"),
        ("Customer: hi\nCheck: a case is open", 4, "a case is open", "no open case"),
        ("Customer: I want a person\nCheck: no case is open", 4, "no case is open", "because of “asked”"),
        ("Customer: hi\nCustomer accepts the offer", 4, "an offer to accept", "Hello"),
        ("Customer: hi\nCheck: an offer came", 4, "an offer came", "0 offers"),
        ("Check: all is well", 3, "one of the checks: a case is open.*", "“all is well”"),
        ("Customer: where is {my order}", 3, "one of {.*}, {500 letters}", "{my order}"),
    ],
)
def test_an_outcome_that_is_another_one_is_told(
    tmp_path: Path, stage: Stage, steps: str, line: int, expected: str, came: str
) -> None:
    with pytest.raises(Mistake) as mistake:
        stage.play(read_script(written(tmp_path, HEAD + steps)))
    told = re.fullmatch(
        r"mine.txt, line (\d+): .*\n  after .*\n  expected  (.*)\n  came      ((?s:.*))", str(mistake.value)
    )
    assert told, str(mistake.value)
    assert int(told[1]) == line
    assert re.fullmatch(expected, told[2])
    assert came in told[3]


def test_somebody_who_cannot_be_found_is_told_with_those_who_can(tmp_path: Path, stage: Stage) -> None:
    file = written(tmp_path, "Title: a\nWho: my neighbour\nCustomer: hi")
    with pytest.raises(Mistake, match="line 2: “my neighbour” cannot be found; expected one of: a visitor"):
        stage.play(read_script(file))


def test_the_page_that_explains_the_format_names_all_of_it() -> None:
    page = (HERE / "README.md").read_text(encoding="utf-8").lower()
    known = {*SAYING, *DOING, *SITUATIONS, *(check.split(" because ")[0] for check in CHECKS)}
    assert [word for word in sorted(known) if word not in page] == []


def test_the_example_of_that_page_can_be_read(tmp_path: Path) -> None:
    example = (HERE / "README.md").read_text(encoding="utf-8").split("```")[1]
    script = read_script(written(tmp_path, example))
    assert (script.who.words, script.steps[0].verb) == ("a customer with a late order", "customer")


def test_there_are_enough_conversations_in_both_languages_and_each_says_another_outcome() -> None:
    scripts: list[Script] = [read_script(file) for file in FILES]
    languages = [script.language for script in scripts]
    assert (languages.count("en") >= 15, languages.count("zh") >= 10, len(scripts) >= 25) == (
        True,
        True,
        True,
    )
    assert len({script.title.words for script in scripts}) == len(scripts)
