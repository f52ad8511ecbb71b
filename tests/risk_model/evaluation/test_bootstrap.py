"""Intervals of differences."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from risk_model.evaluation.bootstrap import differences, weighted_auroc


@pytest.fixture
def case_of_two():
    """(left, a good score, a worse one)."""
    rng = np.random.default_rng(2)
    left = (rng.random(800) < 0.4).astype(np.float32)
    good, worse = (1 / (1 + np.exp(-(left - 0.5 + rng.normal(size=800) * noise))) for noise in (0.6, 2.0))
    return left, good.astype(np.float32), worse.astype(np.float32)


def test_auroc_with_weights_is_auroc_of_repeated_customers_ties_included():
    rng = np.random.default_rng(4)
    left, score = (rng.random(50) < 0.5).astype(np.float32), rng.integers(0, 6, 50).astype(np.float32)
    weights = rng.integers(0, 4, 50)
    repeated = roc_auc_score(np.repeat(left, weights), np.repeat(score, weights))
    assert weighted_auroc(left, score)(weights.astype(float)) == pytest.approx(repeated)


def test_a_clear_difference_has_an_interval_on_one_side(case_of_two):
    found = differences(*case_of_two, seed=1)
    assert 0 < found["auroc"][1] < found["auroc"][0] < found["auroc"][2]
    assert found["brier"][2] < 0


def test_a_contender_against_itself_differs_by_nothing(case_of_two):
    left, good, _ = case_of_two
    assert set(differences(left, good, good, seed=1).values()) == {(0.0, 0.0, 0.0)}


def test_the_same_seed_gives_the_same_interval(case_of_two):
    assert differences(*case_of_two, seed=7, resamples=50) == differences(*case_of_two, seed=7, resamples=50)


def test_draws_with_one_class_only_are_left_out():
    left = np.array([1, 0, 0], dtype=np.float32)
    found = differences(left, left, 1 - left, seed=1, resamples=200)
    assert found["auroc"] == (1.0, 1.0, 1.0)
