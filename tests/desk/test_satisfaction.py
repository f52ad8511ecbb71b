"""How a chat was: asked when it is over, kept once."""

import pytest
from sqlmodel import select

from db import tables
from db.session import unit_of_work
from desk import escalations, satisfaction
from desk.conversations import add_message
from desk.errors import AlreadyRated
from desk.escalations import Cause, Verdict
from tests.desk.people import NOW, agent, customer, said


@pytest.fixture
def session(engine):
    with unit_of_work(engine) as opened:
        yield opened


def talk(session, who, *turns):
    """The conversation after the customer's and the bot's words, in turn."""
    conversation = session.get(tables.Conversation, said(session, who).conversation_id)
    for index, text in enumerate(turns):
        add_message(session, conversation.id, ("customer", "bot")[index % 2], text, NOW)
    return conversation


def resolved(session, who, verdict=Verdict.SAVED):
    conversation, mia = talk(session, who, "Help!", "Of course."), agent(session, "mia")
    case, _ = escalations.open_escalation(session, conversation, Cause.ASKED, NOW)
    escalations.claim(session, case.id, mia, NOW)
    escalations.resolve(session, case.id, mia, verdict, "done", NOW)
    return conversation


@pytest.mark.parametrize(
    "words",
    [
        "Bye!",
        "thanks, bye",
        "Thank you so much. Goodbye 👋",
        "ok great, see you",
        "再见",
        "好的谢谢，再见！",
        "那先拜拜啦",
        "That's it from me, goodbye.",
        "没别的事了，再见。",
    ],
)
def test_goodbye_at_the_end_is_understood_with_its_courtesies(words):
    assert satisfaction.is_farewell(words)


@pytest.mark.parametrize(
    "words",
    [
        "bye if this goes on",
        "Bye. Or wait, where is my order?",
        "thanks",
        "",
        "I say goodbye to this shop",
        "我要和你们说再见了，太差",
    ],
)
def test_more_than_a_goodbye_is_none(words):
    assert not satisfaction.is_farewell(words)


def test_question_is_due_after_a_goodbye_was_answered_and_not_before(session):
    conversation = talk(session, customer(session), "thanks, bye")
    assert not satisfaction.is_due(session, conversation)
    add_message(session, conversation.id, "bot", "Take care.", NOW)
    assert satisfaction.is_due(session, conversation)


def test_question_is_not_due_while_the_chat_goes_on(session):
    assert not satisfaction.is_due(
        session, talk(session, customer(session), "Where is my parcel?", "On its way.")
    )


def test_question_is_due_after_a_person_resolved_the_case(session):
    assert satisfaction.is_due(session, resolved(session, customer(session)))


def test_question_is_not_due_while_a_new_case_is_open_or_a_person_has_the_chat(session):
    conversation = resolved(session, customer(session))
    case, _ = escalations.open_escalation(session, conversation, Cause.ASKED, NOW)
    assert not satisfaction.is_due(session, conversation)
    escalations.claim(session, case.id, agent(session, "jon"), NOW)
    assert not satisfaction.is_due(session, conversation)


def test_case_closed_for_silence_alone_asks_nothing(session):
    conversation = talk(session, customer(session), "Hello?", "A colleague will answer.")
    case, _ = escalations.open_escalation(session, conversation, Cause.ASKED, NOW)
    case.status = "resolved"
    session.flush()
    assert not satisfaction.is_due(session, conversation)


def test_answer_is_kept_once_and_is_an_outcome_of_a_known_customer(session):
    conversation = resolved(session, customer(session))
    satisfaction.rate(session, conversation, 4, "quick", NOW)
    with pytest.raises(AlreadyRated):
        satisfaction.rate(session, conversation, 1, None, NOW)
    kept = satisfaction.find(session, conversation.id)
    assert (kept.stars, kept.words, kept.time) == (4, "quick", NOW)
    assert [(row.kind, row.value) for row in session.exec(select(tables.Outcome))] == [("satisfied", 4)]
    assert not satisfaction.is_due(session, conversation)


def test_visitor_has_no_outcome_but_is_heard(session):
    conversation = talk(session, None, "bye", "Take care.")
    satisfaction.rate(session, conversation, 5, None, NOW)
    assert satisfaction.find(session, conversation.id).stars == 5
    assert session.exec(select(tables.Outcome)).all() == []


def test_it_goes_with_the_conversation_and_with_the_customer(session):
    who = customer(session)
    conversation = resolved(session, who)
    satisfaction.rate(session, conversation, 2, "slow", NOW)
    session.flush()
    session.delete(session.get(tables.Customer, who.id))
    session.flush()
    session.expire_all()
    assert session.exec(select(tables.Satisfaction)).all() == []
