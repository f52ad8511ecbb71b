"""Each figure against cases computed by hand."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import beta

from risk_model.evaluation.metrics import (
    ACCEPT_ALPHA,
    ACCEPT_BETA,
    CONTACT,
    CUSTOMER_VALUE,
    OFFER,
    empc,
    expected_calibration_error,
    lift,
    measure,
    reliability,
)

ACCEPTS = beta(ACCEPT_ALPHA, ACCEPT_BETA)


def labels(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float32)


def campaign_profit(caught: float, alarmed: float, leavers: float, accepts: float) -> float:
    """Profit a customer of targeting a share of leavers and of others, as the paper defines it."""
    kept = CUSTOMER_VALUE * accepts - OFFER * accepts - CONTACT
    return kept * leavers * caught - (OFFER + CONTACT) * (1 - leavers) * alarmed


def test_empc_of_a_perfect_ranking_is_what_all_leavers_bring():
    left = labels(1, 1, 0, 0, 0, 0, 0, 0, 0, 0)

    def best(accepts: float) -> float:
        return max(campaign_profit(1, 0, 0.2, accepts), 0)

    by_hand = quad(lambda g: best(g) * ACCEPTS.pdf(g), 0, 1)[0]
    assert empc(left, labels(*np.linspace(1, 0, 10))) == pytest.approx(by_hand, rel=1e-6)


def test_empc_of_one_number_for_everybody_is_targeting_all_or_none():
    left = labels(*([1] * 3 + [0] * 17))

    def best(accepts: float) -> float:
        return max(campaign_profit(1, 1, 0.15, accepts), 0)

    by_hand = quad(lambda g: best(g) * ACCEPTS.pdf(g), 0, 1, points=[0.3, 0.35, 0.4])[0]
    assert empc(left, np.full(20, 0.15, dtype=np.float32)) == pytest.approx(by_hand, rel=1e-5)


def test_empc_takes_the_best_of_all_shares_for_each_chance_of_acceptance():
    rng = np.random.default_rng(5)
    left = (rng.random(60) < 0.3).astype(np.float32)
    score = (left + rng.normal(size=60)).astype(np.float32)
    order = np.argsort(-score)
    caught = np.append(0, np.cumsum(left[order])) / left.sum()
    alarmed = np.append(0, np.cumsum(1 - left[order])) / (1 - left).sum()
    grid = np.linspace(0, 1, 20_001)
    best = np.array([campaign_profit(caught, alarmed, left.mean(), g).max() for g in grid])
    by_hand = np.trapezoid(best * ACCEPTS.pdf(grid), grid)
    assert empc(left, score) == pytest.approx(by_hand, rel=1e-4)


def test_a_ranking_of_more_use_has_a_higher_empc():
    left = labels(*([1] * 10 + [0] * 90))
    good, bad = np.linspace(1, 0, 100), np.linspace(0, 1, 100)
    assert empc(left, good.astype(np.float32)) > empc(left, bad.astype(np.float32))


def test_lift_is_how_many_more_leavers_the_riskiest_tenth_holds():
    left = labels(*([1] * 2 + [0] * 18))
    assert lift(left, labels(*np.linspace(1, 0, 20))) == pytest.approx(10)
    assert lift(left, labels(*np.linspace(0, 1, 20))) == pytest.approx(0)


def test_lift_of_equal_scores_is_one():
    assert lift(labels(1, 0, 0, 1, 0), np.full(5, 0.4, dtype=np.float32)) == pytest.approx(1)


def test_ece_is_the_mean_distance_of_equally_large_groups():
    left = labels(*([0] * 10 + [1] * 10))
    told = labels(*([0.1] * 10 + [0.7] * 10))
    assert expected_calibration_error(left, told) == pytest.approx(0.2)


def test_reliability_has_equally_large_groups_from_low_to_high():
    rng = np.random.default_rng(3)
    told = rng.random(1000).astype(np.float32)
    rows = reliability((rng.random(1000) < told).astype(np.float32), told)
    assert [count for _, _, count in rows] == [100] * 10
    assert rows == sorted(rows)
    assert max(abs(promised - true) for promised, true, _ in rows) < 0.15


def test_fewer_customers_than_groups_still_have_an_ece():
    assert expected_calibration_error(labels(0, 1), labels(0, 1)) == 0


def test_certain_and_wrong_has_a_finite_log_loss():
    assert measure(labels(0, 1, 1), labels(1, 1, 0))["log_loss"] < 20
