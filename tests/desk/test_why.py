from datetime import timedelta

import pytest
from sqlmodel import select

from db import tables
from db.session import unit_of_work
from desk import flow
from desk.errors import NotFound
from desk.why import why
from tests.desk.people import EVERYBODY_HELD_OUT, NOBODY_HELD_OUT, NOW, FixedScorer, customer, said


@pytest.fixture
def session(engine):
    with unit_of_work(engine) as opened:
        yield opened


def turn(session, who, policy=NOBODY_HELD_OUT):
    flow.handle(session, FixedScorer(0.9), said(session, who), NOW, policy)


def test_a_follow_up_is_told_with_its_rule_every_gate_answer_and_its_end(session):
    who = customer(session)
    turn(session, who)
    row = session.exec(select(tables.FollowUp)).one()
    for hours, answer, reason, until in (
        (24, "later", "a human has the chat", NOW + timedelta(hours=25)),
        (25, "send", "consent given", None),
    ):
        session.add(
            tables.GateAnswer(
                follow_up_id=row.id, customer_id=who.id, time=NOW + timedelta(hours=hours), answer=answer,
                reason=reason, until=until,
            )
        )  # fmt: skip
    row.status, row.status_reason, row.attempts = "sent", "taken: 250 ok", 1
    session.flush()
    (told,) = why(session, "ana")
    assert (told.what, told.cause, told.time) == (
        "care message by e-mail",
        "the rule care_message planned it",
        NOW,
    )
    assert [(said.answer, said.reason) for said in told.answers] == [
        ("later", "a human has the chat"),
        ("send", "consent given"),
    ]
    assert told.answers[0].until == NOW + timedelta(hours=25)
    assert told.end == "it was sent after 1 attempt: taken: 250 ok"


def test_what_the_hold_out_withheld_is_told(session):
    turn(session, customer(session), EVERYBODY_HELD_OUT)
    told = why(session, "ana")
    assert {one.what for one in told} == {"an offer, withheld", "a follow-up, withheld"}
    assert all("hold-out" in one.end for one in told)
    assert all(
        one.cause == "decided to escalate: risk 0.90 is at or above 0.90, where one turn is enough"
        for one in told
    )


def test_an_offer_that_the_cap_withheld_is_told_and_one_that_was_made_is_not(session):
    who = customer(session)
    turn(session, who)
    turn(session, who)
    assert [one.what for one in why(session, "ana") if "withheld" in one.what] == ["an offer, withheld"]
    assert "cap" in next(one.end for one in why(session, "ana") if "withheld" in one.what)


def test_nothing_of_another_customer_is_told(session):
    turn(session, customer(session))
    customer(session, "bo")
    assert why(session, "bo") == []


def test_an_unknown_customer_is_said_so(session):
    with pytest.raises(NotFound, match="no such customer"):
        why(session, "nobody")
