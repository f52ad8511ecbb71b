"""What is read of a message besides the whole of it, and what that says about the wish."""

import numpy as np
import pytest

from bot.components.sentences import MOST_PARTS, readings_of, wanted

INFORM, CANCEL, TRACK = range(3)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Where is my order?", []),
        ("It is for my sister. Can I still cancel?", ["it is for my sister", "can i still cancel?"]),
        ("我上周买了茶壶。怎么退货？", ["我上周买了茶壶", "怎么退货？"]),
        ("我上周买了一个茶壶，怎么申请退货", ["我上周买了一个茶壶", "怎么申请退货"]),
        (
            "I bought a pot last week, how do I send it back",
            ["i bought a pot last week", "how do i send it back"],
        ),
        ("first line\nsecond line", ["first line", "second line"]),
        ("Hi, anybody there?", []),
        ("it costs 1,200.50 euros", []),
        ("the red, the blue", []),
        ("Good morning. I want to cancel my order. Thanks!", []),
        ("It is for my sister. Please, where is it now?", ["it is for my sister", "where is it now?"]),
        ("??? !!!", []),
        ("", []),
    ],
    ids=[
        "one sentence",
        "two sentences",
        "two Chinese ones",
        "Chinese clauses",
        "English clauses",
        "two lines",
        "a greeting and a word",
        "a number with stops",
        "too short for clauses",
        "courtesies are no sentences",
        "courtesies within one",
        "no words",
        "nothing",
    ],
)
def test_message_is_read_whole_and_by_its_sentences(text: str, parts: list[str]) -> None:
    assert readings_of(text)[1:] == parts


def test_letter_is_read_by_its_beginning_and_its_end() -> None:
    letter = " ".join(f"This is sentence number {name}." for name in "abcdefghijklmnop")
    read = readings_of(letter)[1:]
    assert len(read) == MOST_PARTS
    assert (read[0], read[-1]) == ("this is sentence number a", "this is sentence number p")


def test_wish_is_heard_beside_a_sentence_that_asks_for_nothing() -> None:
    whole = np.array([0.3, 0.2, 0.5])
    circumstances, wish = [0.9, 0.05, 0.05], [0.1, 0.8, 0.1]
    for parts in ([circumstances, wish], [wish, circumstances], [circumstances, wish, circumstances]):
        assert wanted(whole, np.array(parts), INFORM).argmax() == CANCEL


def test_wish_in_two_sentences_is_read_as_a_whole() -> None:
    whole = np.array([0.0, 0.2, 0.8])
    first, second = [0.0, 0.9, 0.1], [0.0, 0.6, 0.4]
    assert wanted(whole, np.array([first, second]), INFORM) == pytest.approx(whole)


def test_nothing_but_circumstances_asks_for_nothing() -> None:
    told = np.array([[0.9, 0.05, 0.05], [0.8, 0.1, 0.1]])
    assert wanted(np.array([0.4, 0.3, 0.3]), told, INFORM).argmax() == INFORM


def test_message_without_parts_is_read_as_a_whole() -> None:
    whole = np.array([0.0, 0.2, 0.8])
    assert wanted(whole, np.empty((0, 3)), INFORM) is whole


def test_chances_stay_chances() -> None:
    chance = np.random.default_rng(0).dirichlet(np.ones(3), size=5)
    assert wanted(chance[0], chance[1:], INFORM).sum() == pytest.approx(1)
