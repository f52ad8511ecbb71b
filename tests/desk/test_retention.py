"""What is old goes in small batches; what something open still rests on stays, however old."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import func
from sqlmodel import select

from db import tables
from db.session import read_only, unit_of_work
from desk import escalations, flow, outcomes, retention
from desk.conversations import IMPORTED
from desk.embeddings import CachedEncoder
from desk.nightly import NightEnds, Shift
from desk.policy import Keep
from desk.retention import forget_old
from tests.desk.people import NOBODY_HELD_OUT, NOW, FixedScorer, agent, customer, said

MONTH = timedelta(days=30)
NEVER = Keep(None, None, None, None, None, None)
YEAR_LATER = NOW + timedelta(days=365)


def forget(engine, now=YEAR_LATER, **keep):
    night = Shift(engine, "retain", now, "a", timedelta(minutes=2))
    assert night.take()
    gone = forget_old(night, replace(NEVER, **keep))
    night.finish()
    return gone


def count(engine, table):
    with read_only(engine) as session:
        return session.exec(select(func.count()).select_from(table)).one()


class ByLength:
    version, dimensions = "v1", 1

    def encode(self, texts):
        return np.array([[len(text)] for text in texts], dtype=np.float32)


def chat(engine, key="ana", text="Where is my parcel?", probability=0.2):
    """A chat with a turn that was scored and decided, and the embedding of its words."""
    with unit_of_work(engine) as session:
        who = session.exec(select(tables.Customer).where(tables.Customer.customer_key == key)).first()
        message = said(session, who or customer(session, key), text)
        flow.handle(session, FixedScorer(probability), message, NOW, NOBODY_HELD_OUT)
    CachedEncoder(ByLength(), lambda: unit_of_work(engine)).encode([text])
    return message.conversation_id


def measured(engine, now=YEAR_LATER):
    with unit_of_work(engine) as session:
        outcomes.measure(session, now)


def test_an_old_chat_goes_whole_with_the_embeddings_of_its_words(engine):
    chat(engine)
    measured(engine)
    assert forget(engine, chats=MONTH) == {"chats": 1}
    gone = (tables.Conversation, tables.Message, tables.Risk, tables.Decision, tables.Embedding)
    assert {table.__name__: count(engine, table) for table in gone} == dict.fromkeys(
        ("Conversation", "Message", "Risk", "Decision", "Embedding"), 0
    )
    assert (count(engine, tables.Customer), count(engine, tables.Event)) == (1, 3)
    assert count(engine, tables.Outcome) == 1


def test_a_chat_with_a_recent_word_stays(engine):
    conversation_id = chat(engine)
    measured(engine)
    with unit_of_work(engine) as session:
        recent = YEAR_LATER - timedelta(days=3)
        session.add(
            tables.Message(conversation_id=conversation_id, time=recent, role="agent", text="Hello again")
        )
    assert forget(engine, chats=MONTH) == {"chats": 0}
    assert count(engine, tables.Message) == 2


def test_what_has_no_limit_is_kept_for_ever(engine):
    chat(engine)
    measured(engine)
    assert forget(engine, NOW + 9000 * timedelta(days=1)) == {}
    assert count(engine, tables.Message) == 1


def an_open_case(session, conversation_id):
    conversation = session.get_one(tables.Conversation, conversation_id)
    risk = session.exec(select(tables.Risk)).one()
    escalations.open_escalation(session, conversation, escalations.Cause.RISK, NOW, risk=risk, value=1)


def a_chat_with_an_agent(session, conversation_id):
    session.get_one(tables.Conversation, conversation_id).agent_id = agent(session, "Robin").id


def a_follow_up_to_go(session, conversation_id):
    whose = session.get_one(tables.Conversation, conversation_id).customer_id
    session.add(follow_up(whose, conversation_id))


def an_open_session(session, conversation_id):
    session.add(
        tables.ChatSession(
            token_hash="t", conversation_id=conversation_id, created_at=NOW, expires_at=YEAR_LATER + MONTH
        )
    )


def follow_up(customer_id, conversation_id=None, status="pending", key="k"):
    return tables.FollowUp(
        idempotency_key=key, customer_id=customer_id, conversation_id=conversation_id, rule="check_back",
        channel="email", details={}, planned_at=NOW, due_at=NOW, not_after=NOW, status=status,
    )  # fmt: skip


@pytest.mark.parametrize(
    "needed_by",
    [an_open_case, a_chat_with_an_agent, a_follow_up_to_go, an_open_session],
    ids=lambda one: one.__name__,
)
def test_a_chat_stays_that_is_needed_by(engine, needed_by):
    conversation_id = chat(engine)
    measured(engine)
    with unit_of_work(engine) as session:
        needed_by(session, conversation_id)
    assert forget(engine, chats=MONTH) == {"chats": 0}
    assert (count(engine, tables.Message), count(engine, tables.Decision)) == (1, 1)


def test_a_decision_that_is_not_measured_keeps_its_chat_and_its_score(engine):
    chat(engine)
    assert forget(engine, chats=MONTH, scores=MONTH) == {"chats": 0, "scores": 0}
    measured(engine)
    assert forget(engine, YEAR_LATER + timedelta(days=1), chats=MONTH, scores=MONTH) == {
        "chats": 1,
        "scores": 0,
    }


def test_a_decision_on_an_unknown_risk_waits_for_no_outcome(engine):
    chat(engine, probability=None)
    measured(engine)
    assert forget(engine, scores=MONTH) == {"scores": 1}


def test_an_old_score_goes_with_its_decision_and_the_words_stay(engine):
    chat(engine)
    measured(engine)
    assert forget(engine, scores=MONTH) == {"scores": 1}
    assert (count(engine, tables.Decision), count(engine, tables.Message), count(engine, tables.Outcome)) == (
        0,
        1,
        1,
    )


def test_the_score_of_an_open_case_stays(engine):
    conversation_id = chat(engine)
    measured(engine)
    with unit_of_work(engine) as session:
        an_open_case(session, conversation_id)
    assert forget(engine, scores=MONTH) == {"scores": 0}


def test_what_the_shop_fed_goes_only_by_its_own_limit(engine):
    with unit_of_work(engine) as session:
        who = customer(session)
        brought = said(session, who, "An old letter")
        session.get_one(tables.Conversation, brought.conversation_id).source = IMPORTED
        session.add(tables.Review(customer_id=who.id, time=NOW, text="Fine tea", row_key="r"))
    CachedEncoder(ByLength(), lambda: unit_of_work(engine)).encode(["An old letter", "Fine tea"])
    assert forget(engine, chats=MONTH) == {"chats": 0}
    assert forget(engine, YEAR_LATER + timedelta(days=1), events=MONTH) == {"events": 5}
    gone = (tables.Event, tables.Review, tables.Message, tables.Embedding)
    assert [count(engine, table) for table in gone] == [0, 0, 0, 0]


def test_events_after_an_unmeasured_decision_or_a_planned_follow_up_stay(engine):
    chat(engine, "ana")
    with unit_of_work(engine) as session:
        ana = session.exec(select(tables.Customer)).one().id
        bo = customer(session, "bo").id
        session.add(follow_up(bo))
        for whose in (ana, bo):
            session.add(tables.Event(customer_id=whose, time=NOW + MONTH, kind="order", row_key="after"))
    assert forget(engine, events=MONTH) == {"events": 6}
    with read_only(engine) as session:
        assert {row.row_key for row in session.exec(select(tables.Event))} == {"after"}


def test_answers_about_what_ended_go_and_its_key_stays(engine):
    with unit_of_work(engine) as session:
        who = customer(session).id
        rows = [follow_up(who, status=status, key=status) for status in ("sent", "pending")]
        session.add_all(rows)
        session.flush()
        for row in rows:
            session.add(
                tables.GateAnswer(
                    follow_up_id=row.id, customer_id=who, time=NOW, answer="later", reason="night"
                )
            )
    assert forget(engine, answers=MONTH) == {"answers": 1}
    assert (count(engine, tables.FollowUp), count(engine, tables.GateAnswer)) == (2, 1)


def test_sessions_and_audit_go_by_their_own_time(engine):
    with unit_of_work(engine) as session:
        conversation_id, robin = said(session, None).conversation_id, agent(session, "Robin")
        for name, ends in (("old", NOW), ("new", YEAR_LATER)):
            times = {"created_at": NOW, "expires_at": ends}
            session.add(tables.ChatSession(token_hash=name, conversation_id=conversation_id, **times))
            session.add(tables.AgentSession(token_hash=name, agent_id=robin.id, **times))
            session.add(tables.Audit(time=ends, actor="a", action="b", subject="c"))
    assert forget(engine, sessions=MONTH, audit=MONTH) == {"sessions": 2, "audit": 1}
    kept = (tables.ChatSession, tables.AgentSession, tables.Audit)
    assert [count(engine, table) for table in kept] == [1, 1, 1]


def test_many_rows_go_batch_by_batch(engine, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 10)
    with unit_of_work(engine) as session:
        session.add_all(tables.Audit(time=NOW, actor="a", action="b", subject=str(n)) for n in range(25))
    batches = []
    night = Shift(
        engine, "retain", YEAR_LATER, "a", timedelta(minutes=2), got_on=lambda: batches.append("batch")
    )
    assert night.take()
    assert forget_old(night, replace(NEVER, audit=MONTH)) == {"audit": 25}
    assert len(batches) == 4


def test_a_worker_that_is_to_end_stops_between_two_batches(engine, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 10)
    with unit_of_work(engine) as session:
        session.add_all(tables.Audit(time=NOW, actor="a", action="b", subject=str(n)) for n in range(25))
    night = Shift(
        engine,
        "retain",
        YEAR_LATER,
        "a",
        timedelta(minutes=2),
        stopping=lambda: count(engine, tables.Audit) < 25,
    )
    assert night.take()
    with pytest.raises(NightEnds):
        forget_old(night, replace(NEVER, audit=MONTH))
    assert count(engine, tables.Audit) == 15
