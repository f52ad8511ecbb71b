"""Which words are taken for a slip of the finger, and for which word."""

import pytest

from bot.components.spelling import MOST_LOOKED_UP, USUAL, Spelling

COUNTS = {
    "where": 9,
    "is": 9,
    "my": 9,
    "parcel": 5,
    "cancel": 4,
    "order": 9,
    "receipt": 3,
    "late": 4,
    "kettle": USUAL - 1,
}
COMMON = {"orders", "later"}


@pytest.fixture
def spelling() -> Spelling:
    return Spelling(COUNTS, COMMON.__contains__)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("where is my parcle", "where is my parcel"),
        ("cancl my ordre", "cancel my order"),
        ("caancel my orfer", "cancel my order"),
        ("xparcel", "parcel"),
        ("orders come later", "orders come later"),
        ("lote", "lote"),
        ("a teapot", "a teapot"),
        ("a kettel", "a kettel"),
        ("我的parcle到哪了", "我的parcel到哪了"),
        ("", ""),
    ],
    ids=[
        "swapped",
        "one too few",
        "one too many and another",
        "at the beginning",
        "words that everybody knows",
        "too short to tell",
        "too far from any",
        "too rare a word",
        "among Chinese signs",
        "nothing",
    ],
)
def test_a_single_slip_is_put_right(spelling: Spelling, written: str, meant: str) -> None:
    assert spelling.corrected(written) == meant


def test_of_two_words_as_near_the_more_frequent_is_meant() -> None:
    spelling = Spelling({"change": 7, "charge": 4}, lambda _: False)
    assert spelling.corrected("chamge chaxge") == "change change"


def test_words_are_counted_in_texts() -> None:
    counted = Spelling.of(["where is my parcel", "my parcel?", "订单my order"], lambda _: False).counts
    assert counted == {"where": 1, "is": 1, "my": 3, "parcel": 2, "order": 1}


def test_a_page_of_unknown_words_is_not_looked_up(spelling: Spelling) -> None:
    page = "parcle " * 50_000
    assert spelling.corrected(page).split().count("parcel") == MOST_LOOKED_UP
