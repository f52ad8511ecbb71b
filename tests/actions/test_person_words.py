"""A person is asked for in one breath with something else: both are answered (requirement C9)."""

import pytest
from sqlmodel import select

from actions.person_words import asks_for_a_person
from actions.words import say
from db import tables
from db.session import read_only
from tests.actions.customers import numbers, talk_with
from tests.actions.talking import ActionProcess


@pytest.mark.parametrize(
    "text",
    [
        "My parcel is two weeks late and I want someone to call me",
        "where is it?? let me speak to a manager",
        "cancel it, or put me through to a real person",
        "just talk to a human already, where is my refund",
        "could you get somebody to phone me about order SL-104233",
        "please call me back about the broken mug",
        "包裹还没到，帮我转人工",
        "退款呢？让客服给我打电话",
        "我要找真人，订单一直没动",
        "订单错了，给我回个电话",
    ],
)
def test_words_that_ask_for_a_person_besides(text: str) -> None:
    assert asks_for_a_person(text)


@pytest.mark.parametrize(
    "text",
    [
        "Where is my order?",
        "I already spoke to someone yesterday and nothing happened",
        "the courier did not call me",
        "I don't want to talk to a person, just tell me the price",
        "do you need someone to sign for it",
        "can someone else pick it up",
        "包裹到哪了",
        "不用转人工，告诉我价格就行",
        "快递员没有给我打电话",
        "一直没人给我回电话",
    ],
)
def test_words_that_do_not(text: str) -> None:
    assert not asks_for_a_person(text)


def test_the_question_is_answered_and_a_person_comes(process: ActionProcess) -> None:
    (number,) = numbers(1)
    talk = talk_with(process, (number, "shipped", "2 × Mug"))
    told = talk.say("where is my order, and I want someone to call me", "track_order")
    assert told.startswith(f"Order {number} (2 × Mug) is on its way.")
    assert say("person", "en") in told
    with read_only(process.engine) as session:
        query = select(tables.Escalation).where(tables.Escalation.conversation_id == talk.conversation_id)
        assert [case.cause for case in session.exec(query)] == ["asked"]
