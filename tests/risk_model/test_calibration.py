import json

import numpy as np
import pytest

from risk_model.calibration import (
    METHODS,
    Beta,
    Uncalibrated,
    VennAbers,
    fit_calibration,
    log_odds,
    read_calibration,
    sigmoid,
)

RANDOM = np.random.default_rng(4)


def overconfident(customers=6000, slope=2.5, shift=0.8):
    """Log-odds that are `slope` times too far out and `shift` too high, and what happened."""
    truth = RANDOM.normal(size=customers)
    left = (RANDOM.random(customers) < sigmoid(truth)).astype(np.float64)
    return slope * truth + shift, left


def log_loss(probability, left):
    return -np.mean(left * np.log(probability) + (1 - left) * np.log(1 - probability))


@pytest.mark.parametrize("method", ["beta", "venn-abers"])
def test_an_overconfident_model_is_brought_back_to_what_happens(method):
    calibration = fit_calibration(method, *overconfident())
    logits, left = overconfident()
    mended = calibration.probability(logits)
    assert log_loss(mended, left) < log_loss(sigmoid(logits), left) - 0.05
    for low, high in ((0.1, 0.3), (0.4, 0.6), (0.7, 0.9)):
        among = (mended > low) & (mended < high)
        assert mended[among].mean() == pytest.approx(left[among].mean(), abs=0.04)


@pytest.mark.parametrize("method", METHODS)
def test_a_higher_score_never_gets_a_lower_probability(method):
    logits = np.linspace(-50, 50, 2001)
    probability = fit_calibration(method, *overconfident()).probability(logits)
    assert (np.diff(probability) >= 0).all()
    assert np.isfinite(probability).all()


def test_beta_leaves_alone_what_is_already_right():
    truth = RANDOM.normal(size=20_000)
    left = (RANDOM.random(20_000) < sigmoid(truth)).astype(np.float64)
    fitted = fit_calibration("beta", truth, left)
    assert np.abs(fitted.probability(truth) - sigmoid(truth)).max() < 0.03


def test_beta_turned_upside_down_stays_rising():
    logits, left = overconfident()
    fitted = fit_calibration("beta", -logits, left)
    assert isinstance(fitted, Beta)
    assert fitted.a > 0
    assert fitted.b > 0


def test_venn_abers_gives_a_range_around_its_probability_wider_where_it_knows_less():
    few, many = (fit_calibration("venn-abers", *overconfident(customers)) for customers in (1000, 20_000))
    logits = np.linspace(-3, 3, 50)
    widths = []
    for calibration in (few, many):
        low, high = calibration.span(logits)
        probability = calibration.probability(logits)
        assert (low <= probability).all()
        assert (probability <= high).all()
        widths.append((high - low).mean())
    assert widths[0] > widths[1]


@pytest.mark.parametrize("method", METHODS)
def test_calibration_keeps_who_is_likelier_to_leave(method):
    fitted = fit_calibration(method, *overconfident())
    assert (np.diff(fitted.probability(np.linspace(-4, 4, 101))) > 0).all()


@pytest.mark.parametrize("method", ["beta", "venn-abers"])
def test_too_few_or_of_one_kind_stays_uncalibrated(method):
    logits, left = overconfident()
    assert isinstance(fit_calibration(method, logits[:100], left[:100]), Uncalibrated)
    assert isinstance(fit_calibration(method, logits, np.ones(len(logits))), Uncalibrated)


@pytest.mark.parametrize("method", METHODS)
def test_what_the_manifest_holds_is_the_same_calibration(method):
    fitted = fit_calibration(method, *overconfident())
    again = read_calibration(json.loads(json.dumps(fitted.to_json())))
    logits = np.linspace(-4, 4, 101)
    assert again.method == method
    assert np.array_equal(again.probability(logits), fitted.probability(logits))


def test_an_unknown_method_is_refused_with_what_was_expected():
    with pytest.raises(ValueError, match="expected a calibration method among none, beta, venn-abers"):
        read_calibration({"method": "magic"})


@pytest.mark.parametrize("method", METHODS)
def test_a_shift_moves_log_odds_by_so_much(method):
    fitted = fit_calibration(method, *overconfident())
    logits = np.linspace(-2, 2, 9)
    shifted = read_calibration(fitted.shifted(0.3).to_json())
    moved = log_odds(shifted.probability(logits)) - log_odds(fitted.probability(logits))
    assert moved == pytest.approx(0.3, abs=0.02)


def test_equal_scores_share_a_level():
    logits = np.repeat([-1.0, 1.0], 800)
    left = np.concatenate([np.repeat([1.0, 0.0], [200, 600]), np.repeat([1.0, 0.0], [600, 200])])
    fitted = VennAbers.fit(logits, left)
    assert fitted.scores.tolist() == [-1, 1]
    assert fitted.probability(np.array([-1.0, 1.0])) == pytest.approx([0.25, 0.75], abs=0.01)
