"""Long texts in windows of whole sentences."""

import pytest

from risk_model.tone.windows import LONGEST_WINDOW, MOST_WINDOWS, windows


@pytest.mark.parametrize("text", ["", "short", "Two. Sentences.", "字" * LONGEST_WINDOW])
def test_a_short_text_is_its_own_window(text):
    assert windows(text) == [text]


def test_sentences_stay_whole_and_none_is_lost():
    sentences = [f"Sentence number {number} says something of its own." for number in range(30)]
    found = windows(" ".join(sentences))
    assert " ".join(found) == " ".join(sentences)
    assert all(window.endswith("own.") for window in found)


def test_chinese_sentences_end_without_a_space():
    found = windows("这是一句不长不短的话，用来试一试。" * 40)
    assert len(found) > 1
    assert all(window.endswith("。") for window in found)


def test_of_a_very_long_text_the_beginning_and_the_end_are_read():
    text = "FIRST. " + "Something in the middle that goes on and on. " * 2_000 + "LAST."
    found = windows(text)
    assert len(found) == MOST_WINDOWS
    assert found[0].startswith("FIRST.")
    assert found[-1].endswith("LAST.")


def test_nothing_but_blanks_is_still_one_window():
    assert windows(" " * 1_000) == [" " * LONGEST_WINDOW]
