"""An answer can be taken back until its time, and goes once: from whichever process, with or without its browser."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import select

from db import tables
from db.session import read_only, unit_of_work
from desk import escalations, held_replies
from desk.conversations import add_message, messages_after
from desk.errors import NotYourCase, SentAlready
from tests.desk.people import NOW, agent, customer, said

UNDO = timedelta(seconds=5)
AFTER = NOW + UNDO


@pytest.fixture
def held(engine):
    """An answer of Robin's, held back since NOW: (its id, the case, the conversation, Robin)."""
    with unit_of_work(engine) as session:
        message, robin = said(session, customer(session)), agent(session, "Robin")
        conversation = session.get_one(tables.Conversation, message.conversation_id)
        case, _ = escalations.open_escalation(session, conversation, escalations.Cause.ASKED, NOW)
        escalations.claim(session, case.id, robin, NOW)
        row = held_replies.hold(session, case.id, robin, "On its way.", NOW, UNDO)
        return row.id, case.id, conversation.id, robin


def answers(engine, conversation_id):
    with read_only(engine) as session:
        return [m.text for m in messages_after(session, conversation_id) if m.role == "agent"]


def test_nothing_is_said_nor_counted_as_answered_before_its_time(engine, held):
    _, case_id, conversation_id, _ = held
    with read_only(engine) as session:
        assert held_replies.due(session, AFTER - timedelta(milliseconds=1)) == []
        assert escalations.find(session, case_id).answered_at is None
    assert answers(engine, conversation_id) == []


def test_it_is_said_at_its_time_with_the_agents_name_and_a_new_id(engine, held):
    held_id, case_id, conversation_id, _ = held
    with unit_of_work(engine) as session:
        conversation = session.get_one(tables.Conversation, conversation_id)
        later = add_message(session, conversation.id, "customer", "hello?", NOW)
    with unit_of_work(engine) as session:
        assert [row[0] for row in held_replies.due(session, AFTER)] == [held_id]
        message = held_replies.release(session, held_id, AFTER)
        assert (message.text, message.author, message.time) == ("On its way.", "Robin", AFTER)
        assert message.id > later.id
        case = escalations.find(session, case_id)
        assert (case.status, case.answered_at) == ("answered", AFTER)


def test_what_was_taken_back_is_never_said(engine, held):
    held_id, _, conversation_id, robin = held
    with unit_of_work(engine) as session:
        assert held_replies.take_back(session, held_id, robin) == "On its way."
    with unit_of_work(engine) as session:
        assert held_replies.release(session, held_id, AFTER) is None
    assert answers(engine, conversation_id) == []


def test_what_was_said_cannot_be_taken_back(engine, held):
    held_id, _, _, robin = held
    with unit_of_work(engine) as session:
        held_replies.release(session, held_id, AFTER)
    with unit_of_work(engine) as session, pytest.raises(SentAlready):
        held_replies.take_back(session, held_id, robin)


def test_another_agent_cannot_take_it_back_nor_hold_one(engine, held):
    held_id, case_id, _, _ = held
    with unit_of_work(engine) as session:
        mei = agent(session, "Mei")
        with pytest.raises(SentAlready):
            held_replies.take_back(session, held_id, mei)
        with pytest.raises(NotYourCase):
            held_replies.hold(session, case_id, mei, "Hi", NOW, UNDO)


def test_of_many_processes_that_release_and_one_that_takes_back_exactly_one_wins(engine, held):
    held_id, _, conversation_id, robin = held

    def release(_):
        with unit_of_work(engine) as session:
            return held_replies.release(session, held_id, AFTER) is not None

    def take_back(_):
        try:
            with unit_of_work(engine) as session:
                return bool(held_replies.take_back(session, held_id, robin))
        except SentAlready:
            return False

    with ThreadPoolExecutor(6) as pool:
        released = [pool.submit(release, number) for number in range(5)]
        taken = pool.submit(take_back, 0)
        won = [*(one.result() for one in released), taken.result()]
    assert won.count(True) == 1
    assert len(answers(engine, conversation_id)) == won[:5].count(True)


def test_what_still_waits_goes_before_its_case_is_given_up(engine, held):
    _, case_id, conversation_id, robin = held
    with unit_of_work(engine) as session:
        held_replies.release_all(session, conversation_id, NOW)
        escalations.hand_back(session, case_id, robin)
        assert session.exec(select(tables.HeldReply)).all() == []
    assert answers(engine, conversation_id) == ["On its way."]
