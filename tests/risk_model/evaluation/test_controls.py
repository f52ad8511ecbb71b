"""The controls notice what they are for."""

from dataclasses import replace

import numpy as np
import pytest

from risk_model.evaluation import controls as asked
from risk_model.evaluation.cases import look_back
from risk_model.evaluation.controls import Run
from risk_model.evaluation.line_up import OURS, OURS_BY_BEHAVIOUR
from risk_model.evaluation.planting import AGREES, Tones, plant, worth
from tests.risk_model.evaluation.worlds import (
    DISPLEASED,
    MOMENT,
    PLEASED,
    QUESTION,
    memory_of,
    shop_with_reviews,
)
from tests.risk_model.small_world import shop_where_the_slow_leave

TONES = Tones(PLEASED, DISPLEASED)


@pytest.fixture(scope="module")
def run() -> Run:
    shop = shop_with_reviews()
    memory = memory_of(shop)
    cut = look_back(shop, MOMENT, QUESTION, memory)
    predicted = {c.name: c.fit(cut.known, 20)(cut.test) for c in (OURS, OURS_BY_BEHAVIOUR)}
    return Run(shop, cut, QUESTION, memory, predicted, 20)


def test_a_sound_run_passes_the_look_at_the_future(run):
    assert asked.future_cut_away(run, None).passed


def test_cases_that_know_the_future_fail_the_look_at_it(run):
    known = run.cut.known.cases
    peeked = replace(known.examples, behaviour=known.examples.behaviour + known.left[:, None])
    cut = replace(run.cut, known=replace(run.cut.known, cases=replace(known, examples=peeked)))
    control = asked.future_cut_away(replace(run, cut=cut), None)
    assert control.passed is False
    assert "the future is known" in control.found


def test_a_planted_leak_is_seen(run):
    control = asked.leak_planted(run, None)
    assert control.passed
    assert control.figures["auroc"] > 0.95


def test_permuted_labels_teach_nothing(run):
    control = asked.labels_permuted(run, None)
    assert control.passed
    assert control.figures["auroc"] == pytest.approx(0.5, abs=asked.COIN)


def test_shuffled_texts_gain_nothing(run):
    assert asked.texts_shuffled(run, None).passed


def test_without_texts_there_is_nothing_to_shuffle(run):
    alone = replace(run, predicted={OURS.name: run.predicted[OURS.name]})
    control = asked.texts_shuffled(alone, None)
    assert (control.passed, control.found) == (None, "not asked: no customer has written anything")


def test_without_rated_reviews_no_tone_can_be_planted(run):
    assert asked.tone_planted(run, None).passed is None


def test_the_planted_tone_tells_the_truth_three_times_in_four(run):
    cut = plant(run.histories, run.cut, QUESTION, run.lexicon, TONES, seed=1)
    for cases in (cut.known.cases, cut.test):
        unhappy = cases.examples.text[:, 1] > cases.examples.text[:, 0]
        assert (unhappy == (cases.left > 0)).mean() == pytest.approx(AGREES, abs=0.12)
    assert np.array_equal(cut.test.left, run.cut.test.left)


def test_test_customers_say_what_nobody_said_in_training():
    ones, others = TONES.half(0), TONES.half(1)
    assert not {*ones.pleased, *ones.displeased} & {*others.pleased, *others.displeased}


def test_tones_are_told_by_stars_and_need_enough_of_both():
    found = Tones.of_reviews(shop_with_reviews())
    assert found is not None
    assert set(found.pleased) == set(PLEASED)
    assert set(found.displeased) == set(DISPLEASED)
    assert Tones.of_reviews(shop_where_the_slow_leave(30)) is None


def test_a_tone_is_worth_little_where_behaviour_tells_all_and_much_where_it_tells_nothing():
    left = (np.arange(2000) % 2).astype(np.float32)
    nothing, nearly_all = (
        np.full(2000, 0.5, dtype=np.float32),
        np.where(left > 0, 0.98, 0.02).astype(np.float32),
    )
    assert worth(left, nothing, seed=1) == pytest.approx(AGREES - 0.5, abs=0.03)
    assert worth(left, nearly_all, seed=1) == pytest.approx(0, abs=0.001)
