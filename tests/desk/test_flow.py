from datetime import timedelta

import pytest
from sqlmodel import select

from db import tables
from db.session import unit_of_work
from desk import consent, escalations, flow, offers
from desk.conversations import find_conversation, post_customer_message
from desk.why import why
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


def turns(session, *probabilities, texts=(), policy=NOBODY_HELD_OUT):
    """One conversation, a turn for each probability; the decisions."""
    message = said(session, customer(session), next(iter(texts), "Where is my parcel?"))
    conversation = find_conversation(session, message.conversation_id)
    decisions = []
    for number, probability in enumerate(probabilities):
        time = NOW + timedelta(minutes=number)
        if number:
            text = texts[number] if number < len(texts) else f"Still waiting, {number}"
            message, _ = post_customer_message(session, conversation, text, f"next {number}", time)
        decisions.append(flow.handle(session, FixedScorer(probability), message, time, policy).decision)
    return decisions


def test_a_second_high_turn_opens_no_second_case_offer_or_follow_up(session):
    _, second = turns(session, 0.9, 0.95)
    assert (second.kind, second.carried_out) == ("escalate", [])
    (escalation,) = rows(session, tables.Escalation)
    assert escalation.priority == pytest.approx(0.95 * 200)
    assert len(rows(session, tables.Offer)) == len(rows(session, tables.FollowUp)) == 1


def test_one_spike_brings_care_and_an_offer_and_no_case(session):
    spike, calm = turns(session, 0.8, 0.3)
    assert (spike.kind, spike.carried_out) == ("offer", ["care", "offer"])
    assert spike.reason == "risk 0.80: first turn at or above 0.70; a second one in a row escalates"
    assert (calm.kind, calm.carried_out) == ("nothing", [])
    assert rows(session, tables.Escalation) == rows(session, tables.FollowUp) == []


def test_two_high_turns_in_a_row_escalate_and_the_follow_up_speaks_of_the_offer_that_was_made(session):
    _, second = turns(session, 0.8, 0.75)
    assert second.carried_out == ["escalation", "offer", "follow_up"]
    assert second.reason == "risk 0.75 is at or above 0.70 for the second turn in a row"
    (escalation,), (first, better), (follow_up,) = (
        rows(session, t) for t in (tables.Escalation, tables.Offer, tables.FollowUp)
    )
    assert escalation.cause == "risk"
    assert [(one.percent, one.status) for one in (first, better)] == [(10, "replaced"), (15, "made")]
    assert follow_up.details["offer_code"] == better.code


def test_who_accepted_or_declined_the_offer_of_the_first_spike_gets_no_other(session):
    for answer, key in ((offers.accept_offer, "ana"), (offers.decline_offer, "bo")):
        who = customer(session, key)
        turn(session, 0.8, who=who)
        (offer,) = (row for row in rows(session, tables.Offer) if row.customer_id == who.id)
        answer(session, who.id, offer.id, NOW)
        assert "offer" not in turn(session, 0.95, who=who).decision.carried_out


def test_no_offer_answers_somebody_who_is_leaving_and_the_decision_keeps_why(session):
    message = said(session, customer(session), "Cancel my order")
    decision = flow.handle(session, FixedScorer(0.95), message, NOW, NOBODY_HELD_OUT, leaving=True).decision
    assert decision.planned == ["escalation", "offer", "follow_up"]
    assert decision.carried_out == ["escalation", "follow_up"]
    assert decision.heard["leaving"]
    assert rows(session, tables.Offer) == []
    (told,) = (one for one in why(session, "ana") if one.what == "an offer, withheld")
    assert "cancel" in told.end


def test_high_turns_with_a_calm_one_between_do_not_escalate(session):
    assert [one.kind for one in turns(session, 0.8, 0.5, 0.8)] == ["offer", "care", "offer"]
    assert rows(session, tables.Escalation) == []


def test_a_turn_without_a_risk_neither_counts_nor_breaks_the_row(session):
    assert [one.kind for one in turns(session, 0.8, None, 0.8)] == ["offer", "nothing", "escalate"]


def test_once_a_colleague_has_the_case_a_risk_about_the_threshold_does_not_flicker(session):
    kinds = [one.kind for one in turns(session, 0.72, 0.71, 0.69, 0.72, 0.68, 0.5)]
    assert kinds == ["offer", "escalate", "escalate", "escalate", "escalate", "care"]
    done = [act for row in rows(session, tables.Decision) for act in row.carried_out]
    assert sorted(done) == ["care", "escalation", "follow_up", "offer", "offer"]
    assert [row.percent for row in rows(session, tables.Offer)] == [10, 15]


def test_another_conversation_starts_anew(session):
    who = customer(session)
    kinds = [turn(session, 0.8, who=who).decision.kind for _ in range(2)]
    assert kinds == ["offer", "offer"]


def test_a_spike_raises_the_case_that_the_customer_asked_for(session):
    message = said(session, customer(session))
    conversation = find_conversation(session, message.conversation_id)
    case, _ = escalations.open_escalation(session, conversation, escalations.Cause.ASKED, NOW)
    result = flow.handle(session, FixedScorer(0.8), message, NOW, NOBODY_HELD_OUT)
    assert result.decision.kind == "offer"
    assert (case.priority, case.risk_id) == (pytest.approx(0.8 * 200), result.risk.id)


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
