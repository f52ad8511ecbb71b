"""Cases nobody answered are closed with their reason once the customer has fallen silent too."""

from datetime import timedelta

import pytest
from sqlmodel import select

from db import tables
from db.session import unit_of_work
from desk import escalations, flow
from desk.conversations import post_customer_message
from desk.queue import Reader, Wish, order_of
from desk.stale_cases import close_stale
from tests.desk.people import NOBODY_HELD_OUT, NOW, FixedScorer, agent, customer, said

AFTER = timedelta(days=14)
LATER = NOW + AFTER + timedelta(minutes=1)


@pytest.fixture
def session(engine):
    with unit_of_work(engine) as opened:
        yield opened


@pytest.fixture
def case(session):
    message = said(session, customer(session))
    conversation = session.get_one(tables.Conversation, message.conversation_id)
    return escalations.open_escalation(session, conversation, escalations.Cause.ASKED, NOW)[0]


def write_again(session, case, time):
    conversation = session.get_one(tables.Conversation, case.conversation_id)
    return post_customer_message(session, conversation, "Is anybody there?", f"again {time}", time)[0]


def test_a_case_nobody_answered_is_closed_with_that_reason_and_without_a_verdict(session, case):
    assert close_stale(session, AFTER, LATER) == 1
    session.refresh(case)
    assert (case.status, case.resolved_at, case.verdict) == ("resolved", LATER, None)
    assert case.verdict_reason == "nobody answered; closed after 14 days"
    assert order_of(session, Wish(), Reader(0, LATER)) == []
    audit = session.exec(select(tables.Audit)).one()
    assert (audit.actor, audit.action, audit.subject) == ("worker", "close", f"case:{case.id}")


def test_a_case_is_not_closed_before_its_time_nor_twice(session, case):
    assert close_stale(session, AFTER, NOW + AFTER - timedelta(minutes=1)) == 0
    assert [close_stale(session, AFTER, LATER) for _ in range(2)] == [1, 0]


def test_a_customer_who_wrote_lately_keeps_the_case_open(session, case):
    write_again(session, case, NOW + timedelta(days=3))
    assert close_stale(session, AFTER, LATER) == 0
    assert close_stale(session, AFTER, LATER + timedelta(days=3)) == 1


def test_a_case_that_an_agent_holds_is_never_closed(session, case):
    escalations.claim(session, case.id, agent(session, "Robin"), NOW)
    assert close_stale(session, AFTER, NOW + timedelta(days=400)) == 0
    assert case.status == "claimed"


def test_a_case_that_was_answered_and_handed_back_is_closed_with_another_reason(session, case):
    robin = agent(session, "Robin")
    escalations.claim(session, case.id, robin, NOW)
    escalations.reply(session, case.id, robin, "I will ask the carrier.", NOW)
    escalations.hand_back(session, case.id, robin)
    session.flush()
    assert close_stale(session, timedelta(days=1), LATER) == 1
    session.refresh(case)
    assert case.verdict_reason == "nobody took it up again; closed after 1 day"


def test_the_customers_next_message_opens_a_new_case(session, case):
    close_stale(session, AFTER, LATER)
    turn = flow.handle(session, FixedScorer(0.9), write_again(session, case, LATER), LATER, NOBODY_HELD_OUT)
    assert "escalation" in turn.decision.carried_out
    assert escalations.open_case(session, case.conversation_id).id != case.id
