"""What a turn tells of a question asked before: how often, since when, in which words, and what ends it."""

from datetime import timedelta

import polars as pl
import pytest

from desk.repetition import repetition
from risk_model.histories import CUSTOMERS, EVENTS, TEXTS, Histories
from tests.desk.people import NOW

WEEK = timedelta(days=7)
ASK = "What is your return policy?"
SAME = ["I'd like to know your return policy", "Can you tell me your rules for returns?", ASK]
OTHERS = ["Is the green teapot in stock?", "Which cards do you accept?"]


@pytest.fixture(scope="module")
def encode(encoder):
    return encoder.encode


def history(*said, orders=(), of="ana"):
    """What a customer said in chats, so many days before now, and when they bought."""
    texts = [(of, NOW - timedelta(days=days), "chat", None, text) for days, text in said]
    events = [(of, NOW - timedelta(days=days), "order", 20.0, 1.0) for days in orders]
    frames = (pl.DataFrame(rows, schema=schema, orient="row") for rows, schema in (
        ([(of, None)], CUSTOMERS), (events, EVENTS), (texts, TEXTS)))  # fmt: skip
    return Histories.build(NOW, *frames)


def asked(encode, *said, orders=(), text=ASK):
    found = repetition(history(*said, (0, text), orders=orders), text, NOW, encode, WEEK)
    return found.times if found else 1


def test_a_question_asked_in_this_chat_and_in_the_last_days_is_counted(encode):
    past = [(3, SAME[0]), (3, OTHERS[0]), (0.01, SAME[1]), (0.005, OTHERS[1])]
    assert asked(encode, *past) == 3


def test_what_was_asked_longer_ago_counts_no_more(encode):
    assert asked(encode, (30, SAME[0]), (20, SAME[1]), (8, ASK)) == 1


def test_an_order_since_the_first_time_ends_it_and_one_before_does_not(encode):
    past = [(3, SAME[0]), (2, SAME[1])]
    assert asked(encode, *past, orders=[1]) == 1
    assert asked(encode, *past, orders=[4]) == 3


def test_the_question_is_quoted_short_and_without_contact_points(encode):
    text = "What is your return policy? Please answer to ana@example.com, I really would like to know it before I buy"
    found = repetition(history((1, text), (0, text)), text, NOW, encode, WEEK)
    assert "[email]" in found.question
    assert len(found.question) <= 80
    assert found.times == 2
    assert found.since == NOW - timedelta(days=1)


def test_what_was_asked_again_after_an_order_counts_from_there(encode):
    assert asked(encode, (3, SAME[0]), (1, SAME[1]), orders=[2]) == 2


@pytest.mark.parametrize("text", ["thank you so much", "SL-120455", "好的，谢谢"])
def test_pleasantries_and_numbers_said_again_are_no_question(encode, text):
    assert asked(encode, (0.02, text), (0.01, text), text=text) == 1
