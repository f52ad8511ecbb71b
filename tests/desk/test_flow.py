from datetime import timedelta

import pytest
from sqlmodel import select

from db import tables
from db.session import unit_of_work
from desk import consent, flow
from desk.conversations import find_conversation, post_customer_message
from tests.desk.people import EVERYBODY_HELD_OUT, NOBODY_HELD_OUT, NOW, FixedScorer, customer, said


@pytest.fixture
def session(engine):
    with unit_of_work(engine) as opened:
        yield opened


def rows(session, table):
    return list(session.exec(select(table)))


def turn(session, probability, policy=NOBODY_HELD_OUT, who=None):
    message = said(session, who or customer(session))
    return flow.handle(session, FixedScorer(probability), message, NOW, policy)


def test_a_high_risk_escalates_makes_an_offer_and_plans_a_follow_up(session):
    result = turn(session, 0.9)
    assert result.decision.kind == "escalate"
    assert result.decision.carried_out == ["escalation", "offer", "follow_up"]
    (escalation,), (offer,), (follow_up,) = (
        rows(session, t) for t in (tables.Escalation, tables.Offer, tables.FollowUp)
    )
    assert escalation.priority == pytest.approx(0.9 * 200)
    assert escalation.risk_id == offer.decision_id == result.risk.id
    assert follow_up.status == "pending"
    assert follow_up.due_at == NOW + timedelta(days=1)
    assert follow_up.details["offer_code"] == offer.code


def test_the_risk_is_stored_with_model_inputs_reasons_and_reliability(session):
    stored = turn(session, 0.9).risk
    assert (stored.model_version, stored.reliability, stored.inputs) == ("m1", "high", {"texts": 1})
    assert [reason["kind"] for reason in stored.reasons] == ["behaviour", "text"]
    assert stored.reasons[1]["quote"] == "Where is my parcel?"


def test_the_message_itself_is_part_of_the_scored_history(session):
    message = said(session, customer(session), "I am leaving")
    scorer = FixedScorer(0.2)
    flow.handle(session, scorer, message, NOW, NOBODY_HELD_OUT)
    assert scorer.seen[0].texts["text"].to_list() == ["I am leaving"]
    assert scorer.seen[0].events.height == 3


@pytest.mark.parametrize(
    ("probability", "kind", "done"),
    [(0.1, "nothing", []), (0.5, "care", ["care"]), (0.65, "offer", ["care", "offer"])],
)
def test_lower_risks_bring_less(session, probability, kind, done):
    decision = turn(session, probability).decision
    assert (decision.kind, decision.carried_out) == (kind, done)
    assert rows(session, tables.Escalation) == []


def test_the_same_message_handled_again_changes_nothing(session):
    message, scorer = said(session, customer(session)), FixedScorer(0.9)
    first = flow.handle(session, scorer, message, NOW, NOBODY_HELD_OUT)
    again = flow.handle(session, scorer, message, NOW, NOBODY_HELD_OUT)
    assert again.risk.id == first.risk.id
    assert scorer.asked == 1
    assert len(rows(session, tables.Offer)) == len(rows(session, tables.Decision)) == 1


def test_a_second_high_turn_opens_no_second_case_offer_or_follow_up(session):
    message = said(session, customer(session))
    flow.handle(session, FixedScorer(0.8), message, NOW, NOBODY_HELD_OUT)
    conversation = find_conversation(session, message.conversation_id)
    second, _ = post_customer_message(session, conversation, "Still waiting", "c2", NOW)
    result = flow.handle(session, FixedScorer(0.95), second, NOW, NOBODY_HELD_OUT)
    assert result.decision.carried_out == []
    (escalation,) = rows(session, tables.Escalation)
    assert escalation.priority == pytest.approx(0.95 * 200)
    assert len(rows(session, tables.Offer)) == len(rows(session, tables.FollowUp)) == 1


def test_the_held_out_get_a_human_but_no_offer_and_no_follow_up_and_are_logged(session):
    result = turn(session, 0.9, EVERYBODY_HELD_OUT)
    assert result.decision.held_out
    assert result.decision.planned == ["escalation", "offer", "follow_up"]
    assert result.decision.carried_out == ["escalation"]
    assert rows(session, tables.Offer) == rows(session, tables.FollowUp) == []


def test_an_unknown_risk_is_stored_as_unknown_and_decides_nothing(session):
    result = turn(session, None)
    assert (result.risk.status, result.risk.probability) == ("unknown", None)
    assert (result.decision.kind, result.decision.reason) == ("nothing", "risk unknown: no model")


def test_an_anonymous_visitor_is_not_scored(session):
    scorer = FixedScorer(0.9)
    result = flow.handle(session, scorer, said(session, None), NOW, NOBODY_HELD_OUT)
    assert (result.risk, result.decision, scorer.asked) == (None, None, 0)


def test_who_objected_to_profiling_is_not_scored_and_earlier_scores_go(session):
    who = customer(session)
    turn(session, 0.9, who=who)
    consent.record(session, who.id, consent.Purpose.PROFILING, False, NOW, "widget")
    assert rows(session, tables.Risk) == []
    scorer = FixedScorer(0.9)
    assert flow.handle(session, scorer, said(session, who), NOW, NOBODY_HELD_OUT).risk is None
    assert scorer.asked == 0


def test_with_consent_as_the_basis_nobody_is_scored_before_a_yes(session):
    from dataclasses import replace

    policy, who = replace(NOBODY_HELD_OUT, profiling_needs_consent=True), customer(session)
    assert turn(session, 0.9, policy, who).risk is None
    consent.record(session, who.id, consent.Purpose.PROFILING, True, NOW, "widget")
    assert turn(session, 0.9, policy, who).risk is not None


def test_a_rolled_back_turn_leaves_no_follow_up(engine):
    with pytest.raises(RuntimeError), unit_of_work(engine) as session:
        turn(session, 0.9)
        raise RuntimeError
    with unit_of_work(engine) as session:
        assert rows(session, tables.FollowUp) == rows(session, tables.Escalation) == []
