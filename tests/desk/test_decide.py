"""Deciding alone: thresholds with hysteresis, and what never happens whatever the numbers are."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from desk.decide import Act, DecisionKind, Situation, decide
from desk.policy import Policy
from risk_model.risk import Reliability, Risk, Status
from tests.desk.people import NOW

POLICY = Policy()
RANK = {kind: number for number, kind in enumerate(DecisionKind)}
CHANCE = some.floats(0, 1)
situations = some.builds(
    Situation,
    held_out=some.booleans(),
    had_offer_lately=some.booleans(),
    open_offer=some.none() | some.floats(1, 30),
    already=some.frozensets(some.sampled_from(Act)),
    before=some.none() | CHANCE,
    escalated=some.booleans(),
    leaving=some.booleans(),
    asked=some.none() | some.just("How do I return it?"),
    times_asked=some.integers(1, 6),
)
policies = some.lists(CHANCE, min_size=4, max_size=4).map(
    lambda found: Policy(**dict(zip(("care_at", "offer_at", "escalate_at", "escalate_at_once"), sorted(found), strict=True)))
)  # fmt: skip


def of(probability):
    return Risk("ana", NOW, Status.SCORED, Reliability.HIGH, "-", 90, probability)


def kind(probability, **situation):
    return decide(of(probability), Situation(**situation), POLICY).kind


@pytest.mark.parametrize(
    ("probability", "before", "decided"),
    [
        (0.44, None, "nothing"),
        (0.45, None, "care"),
        (0.60, None, "offer"),
        (0.70, None, "offer"),  # the first
        (0.70, 0.69, "offer"),
        (0.70, 0.70, "escalate"),  # the second in a row
        (0.69, 0.95, "offer"),
        (0.89, None, "offer"),
        (0.90, None, "escalate"),  # at once
    ],
)
def test_where_the_thresholds_are(probability, before, decided):
    assert kind(probability, before=before) == decided


def test_a_case_that_is_open_is_given_up_only_below_the_offers_threshold():
    assert [kind(p, escalated=True) for p in (0.75, 0.60, 0.59)] == ["escalate", "escalate", "care"]


@given(CHANCE, situations, policies)
def test_one_spike_below_at_once_never_asks_for_a_human(probability, situation, policy):
    calm = situation.before is None or situation.before < policy.escalate_at
    decided = decide(of(probability), replace(situation, escalated=False), policy)
    if calm and probability < policy.escalate_at_once:
        assert Act.ESCALATION not in decided.acts
        assert decided.kind is not DecisionKind.ESCALATE


@given(CHANCE, CHANCE, situations, policies)
def test_a_higher_risk_never_brings_less(one, other, situation, policy):
    low, high = sorted((one, other))
    assert RANK[decide(of(low), situation, policy).kind] <= RANK[decide(of(high), situation, policy).kind]


@given(CHANCE, CHANCE, CHANCE, situations, policies)
def test_a_higher_risk_before_never_brings_less(now, one, other, situation, policy):
    low, high = (replace(situation, before=before) for before in sorted((one, other)))
    assert RANK[decide(of(now), low, policy).kind] <= RANK[decide(of(now), high, policy).kind]


@given(some.lists(CHANCE, max_size=12), situations, policies)
def test_no_act_but_the_call_for_a_human_is_carried_out_twice(course, situation, policy):
    done, before = list(situation.already), None
    for probability in course:
        turn = replace(
            situation,
            open_offer=None,
            already=frozenset(done),
            before=before,
            escalated=Act.ESCALATION in done,
        )
        acts = decide(of(probability), turn, policy).acts
        assert not {act for act in acts if act is not Act.ESCALATION} & set(done)
        done, before = [*done, *acts], probability


@given(CHANCE, situations, policies)
def test_nobody_is_offered_less_than_what_is_open_nor_anything_while_leaving(probability, situation, policy):
    decided = decide(of(probability), situation, policy)
    if Act.OFFER in decided.acts:
        assert not situation.leaving
        assert policy.offer(decided.offer_key).percent > (situation.open_offer or 0)


def test_a_better_offer_follows_one_that_is_open_and_none_that_was_answered():
    had = Situation(had_offer_lately=True, already=frozenset({Act.OFFER}), before=0.8)
    assert Act.OFFER not in decide(of(0.8), had, POLICY).acts
    assert Act.OFFER in decide(of(0.8), replace(had, open_offer=10), POLICY).acts
    assert Act.OFFER not in decide(of(0.8), replace(had, open_offer=15), POLICY).acts


@given(CHANCE, situations, policies)
def test_every_decision_only_helps_and_the_hold_out_has_no_benefit(probability, situation, policy):
    acts = decide(of(probability), situation, policy).acts
    assert set(acts) <= set(Act)
    assert not situation.held_out or not {Act.OFFER, Act.FOLLOW_UP} & set(acts)


@given(CHANCE, situations, policies)
def test_who_asks_again_and_again_gets_at_least_care_and_the_reason_names_it(probability, situation, policy):
    situation = replace(situation, asked="How do I return it?", times_asked=3)
    decided = decide(of(probability), situation, policy)
    assert decided.kind is not DecisionKind.NOTHING
    assert decided.reason.startswith("asked 3 times “How do I return it?”, bought nothing since; ")


def test_a_question_asked_twice_is_no_signal_yet():
    assert kind(0.1, asked="How do I return it?", times_asked=2) == "nothing"


def test_a_risk_just_below_a_threshold_is_not_told_as_if_it_had_reached_it():
    assert decide(of(0.446), Situation(), POLICY).reason == "risk 0.446 is below 0.45"


def test_an_unknown_risk_decides_nothing_whatever_was_before():
    risk = Risk.unknown("ana", NOW, "no model")
    assert decide(risk, Situation(before=0.99), POLICY).kind == "nothing"
