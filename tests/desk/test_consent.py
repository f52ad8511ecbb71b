"""What customers allow, and what they do with our messages, on both databases."""

from datetime import timedelta

import pytest
from sqlmodel import select

from db import tables
from db.session import unit_of_work
from desk import consent, feedback
from desk.consent import Purpose, answer
from desk.errors import NotFound
from desk.feedback import Feedback, is_stop, keep_answer, record, stop
from desk.flow import handle
from desk.scoring import NotToBeScored, score_one
from risk_model.scorer import NoModel
from tests.desk.people import NOBODY_HELD_OUT, NOW, FixedScorer, customer, said


def planned(session, who, channel):
    row = tables.FollowUp(
        idempotency_key=f"k-{channel}", customer_id=who.id, rule="care", channel=channel, details={},
        planned_at=NOW, due_at=NOW, not_after=NOW + timedelta(days=1),
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def events(session, who, kind):
    query = select(tables.Event).where(tables.Event.customer_id == who.id, tables.Event.kind == kind)
    return list(session.exec(query))


def test_an_answer_for_any_channel_covers_each_until_a_newer_one_names_it(engine):
    with unit_of_work(engine) as session:
        who = customer(session)
        assert answer(session, who.id, Purpose.FOLLOW_UP, "sms") is None
        consent.record(session, who.id, Purpose.FOLLOW_UP, True, NOW, "test", "email")
        consent.record(session, who.id, Purpose.FOLLOW_UP, False, NOW, "test")
        assert answer(session, who.id, Purpose.FOLLOW_UP, "email") is False
        consent.record(session, who.id, Purpose.FOLLOW_UP, True, NOW, "test", "sms")
        assert answer(session, who.id, Purpose.FOLLOW_UP, "sms") is True
        assert answer(session, who.id, Purpose.FOLLOW_UP, "email") is False


def test_the_overview_says_when_and_from_where_each_answer_came(engine):
    with unit_of_work(engine) as session:
        who = customer(session)
        keep_answer(session, who.id, Purpose.FOLLOW_UP, True, NOW, "chat", "email")
        shown = {(one.purpose, one.channel): one for one in consent.overview(session, who.id)}
    assert list(shown) == [*(("follow_up", name) for name in consent.CHANNELS), ("profiling", "any")]
    email = shown["follow_up", "email"]
    assert (email.granted, email.time, email.source) == (True, NOW, "chat")
    assert shown["profiling", "any"].granted is None


def test_the_same_answer_again_changes_nothing(engine):
    with unit_of_work(engine) as session:
        who = customer(session)
        assert keep_answer(session, who.id, Purpose.FOLLOW_UP, False, NOW, "chat", "email")
        assert not keep_answer(session, who.id, Purpose.FOLLOW_UP, False, NOW, "chat", "email")
        assert len(session.exec(select(tables.Consent)).all()) == 1
        assert len(events(session, who, Feedback.UNSUBSCRIBED)) == 1


def test_a_refusal_cancels_what_is_planned_on_that_channel_and_is_an_event(engine):
    with unit_of_work(engine) as session:
        who = customer(session)
        email, sms = planned(session, who, "email"), planned(session, who, "sms")
        keep_answer(session, who.id, Purpose.FOLLOW_UP, False, NOW, "chat", "email")
        for row in (email, sms):
            session.refresh(row)
        assert (email.status, email.status_reason) == ("cancelled", "the customer unsubscribed")
        assert sms.status == "pending"
        assert [event.time for event in events(session, who, Feedback.UNSUBSCRIBED)] == [NOW]


def test_stop_ends_every_channel_at_once_even_one_that_was_allowed(engine):
    with unit_of_work(engine) as session:
        who = customer(session)
        keep_answer(session, who.id, Purpose.FOLLOW_UP, True, NOW, "chat", "email")
        rows = [planned(session, who, channel) for channel in consent.CHANNELS]
        assert stop(session, who.id, NOW, "STOP in the chat")
        assert not stop(session, who.id, NOW, "STOP in the chat")
        assert {answer(session, who.id, Purpose.FOLLOW_UP, name) for name in consent.CHANNELS} == {False}
        for row in rows:
            session.refresh(row)
        assert {row.status for row in rows} == {"cancelled"}


def test_refusing_profiling_removes_the_scores_and_the_chat_works_on(engine):
    with unit_of_work(engine) as session:
        who = customer(session)
        message = said(session, who)
        handle(session, FixedScorer(0.9), message, NOW, NOBODY_HELD_OUT)
        assert session.exec(select(tables.Risk)).all()
        keep_answer(session, who.id, Purpose.PROFILING, False, NOW, "chat")
        assert session.exec(select(tables.Risk)).all() == []
        scorer = FixedScorer(0.9)
        turn = handle(session, scorer, said(session, who, "again"), NOW, NOBODY_HELD_OUT)
        assert (turn.risk, scorer.asked) == (None, 0)


def test_an_event_of_feedback_is_kept_once_for_each_key(engine):
    with unit_of_work(engine) as session:
        who = customer(session)
        assert record(session, who.id, Feedback.CLICKED, NOW, "7")
        assert not record(session, who.id, Feedback.CLICKED, NOW + timedelta(hours=1), "7")
        assert record(session, who.id, Feedback.BOUNCED, NOW, "7")
        assert len(events(session, who, Feedback.CLICKED)) == 1


def test_an_erased_customer_cannot_answer(engine):
    with unit_of_work(engine) as session, pytest.raises(NotFound):
        feedback.stop(session, 4711, NOW, "link")


@pytest.mark.parametrize(
    "text",
    ["STOP", " stop. ", "Stop!", "ＳＴＯＰ", "unsubscribe", "Stop all", "退订", "回复退订", "TD", "“退订”。"],
)
def test_words_that_mean_stop(text):
    assert is_stop(text)


@pytest.mark.parametrize(
    "text",
    ["stop my order", "please cancel", "don't stop", "", "?", "我要退货", "bus stop", "退订单里的一件"],
)
def test_words_that_mean_something_else(text):
    assert not is_stop(text)


@pytest.mark.parametrize(("needs_consent", "said_no"), [(False, True), (True, False)])
def test_the_operator_gets_no_score_of_a_customer_who_may_not_be_profiled(engine, needs_consent, said_no):
    with unit_of_work(engine) as session:
        who = customer(session)
        if said_no:
            consent.record(session, who.id, Purpose.PROFILING, False, NOW, "test")
    asked = score_one(engine, NoModel("none"), who.customer_key, NOW, needs_consent=needs_consent)
    with pytest.raises(NotToBeScored, match="no score is computed"):
        list(asked)


def test_the_operator_gets_the_score_of_one_who_may_be(engine):
    with unit_of_work(engine) as session:
        who = customer(session)
    risks = list(score_one(engine, NoModel("none"), who.customer_key, NOW, needs_consent=False))
    assert [risk.customer_key for risk in risks] == [who.customer_key]
