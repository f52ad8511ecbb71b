"""A case put aside comes back by time or by the customer; a resolved one comes back as a new case."""

from datetime import timedelta

import pytest
from sqlmodel import select

from db import tables
from db.session import unit_of_work
from desk import escalations
from desk.errors import NotLater, NotYourCase
from desk.escalations import Cause, Verdict
from desk.queue import Reader, Show, Wish, counts, order_of
from desk.snooze import customer_wrote, snooze
from tests.desk.people import NOW, agent, customer, said

HOUR = timedelta(hours=1)


@pytest.fixture
def session(engine):
    with unit_of_work(engine) as opened:
        yield opened


@pytest.fixture
def robin(session):
    return agent(session, "Robin")


@pytest.fixture
def case(session, robin):
    message = said(session, customer(session))
    conversation = session.get_one(tables.Conversation, message.conversation_id)
    case, _ = escalations.open_escalation(session, conversation, Cause.ASKED, NOW)
    return escalations.claim(session, case.id, robin, NOW)


def write(session, case, now):
    customer_wrote(session, session.get_one(tables.Conversation, case.conversation_id), now)
    query = select(tables.Escalation).where(tables.Escalation.status != "resolved")
    return session.exec(query).first()


def test_a_snoozed_case_leaves_the_queue_until_its_time_and_stays_its_holders(session, case, robin):
    snooze(session, case.id, robin, NOW + HOUR, NOW)
    session.flush()
    now, then = Reader(robin.id, NOW), Reader(robin.id, NOW + HOUR)
    assert order_of(session, Wish(), now) == order_of(session, Wish(Show.MINE), now) == []
    assert order_of(session, Wish(Show.SNOOZED), now) == [case.id]
    assert order_of(session, Wish(Show.MINE), then) == [case.id]
    assert counts(session, now) == (0, 0, 0, 1)
    assert case.claimed_by == robin.id


def test_the_customers_word_brings_a_snoozed_case_back(session, case, robin):
    snooze(session, case.id, robin, NOW + HOUR, NOW)
    assert write(session, case, NOW).id == case.id
    assert case.snoozed_until is None


@pytest.mark.parametrize("until", [NOW, NOW - HOUR, NOW + timedelta(days=91)], ids=["now", "past", "far"])
def test_a_time_that_is_over_or_far_away_is_refused(session, case, robin, until):
    with pytest.raises(NotLater):
        snooze(session, case.id, robin, until, NOW)


def test_only_the_holder_snoozes(session, case):
    with pytest.raises(NotYourCase):
        snooze(session, case.id, agent(session, "Mei"), NOW + HOUR, NOW)


def test_handing_back_ends_the_snooze(session, case, robin):
    snooze(session, case.id, robin, NOW + HOUR, NOW)
    escalations.hand_back(session, case.id, robin)
    assert case.snoozed_until is None


@pytest.mark.parametrize(
    ("later", "comes_back"),
    [(timedelta(minutes=2), True), (timedelta(hours=30), False)],
    ids=["at once", "another day"],
)
def test_a_word_after_the_verdict_opens_a_case_that_anybody_may_take(session, case, robin, later, comes_back):
    escalations.resolve(session, case.id, robin, Verdict.SAVED, "took the offer", NOW)
    found = write(session, case, NOW + later)
    assert (found is not None) == comes_back
    assert case.verdict == "saved"
    if found:
        assert (found.cause, found.status, found.claimed_by) == ("returned", "open", None)


def test_a_word_after_nobody_answered_opens_a_case_however_late(session, case):
    case.status, case.resolved_at, case.claimed_by = "resolved", NOW, None
    assert write(session, case, NOW + timedelta(days=30)).cause == "returned"


def test_a_customer_who_never_had_a_case_gets_none_by_writing(session):
    message = said(session, customer(session))
    customer_wrote(session, session.get_one(tables.Conversation, message.conversation_id), NOW)
    assert session.exec(select(tables.Escalation)).all() == []
