import numpy as np
import pytest

from risk_model.calibration import sigmoid
from risk_model.level import YEAR_AGO, expected_level, level, persistence


@pytest.mark.parametrize("moved", [-0.7, 0.0, 1.2])
def test_the_level_is_what_predictions_miss(moved):
    logits = np.linspace(-2, 2, 500)
    assert level(logits, sigmoid(logits + moved)) == pytest.approx(moved, abs=1e-6)


def test_a_level_beyond_all_measure_is_bounded():
    assert level(np.zeros(10), np.ones(10)) == pytest.approx(4)


@pytest.mark.parametrize("levels", [[0.4], [0.4, -0.1, 0.2]], ids=len)
@pytest.mark.parametrize(("horizon_days", "lasting"), [(30, 0.87), (60, 0.51), (91, 0.0), (180, 0.0)])
def test_without_a_pair_a_horizon_apart_as_much_of_it_is_expected_to_last_as_of_a_yearly_wave(
    levels, horizon_days, lasting
):
    assert persistence(np.array(levels), horizon_days) == pytest.approx(lasting, abs=0.01)


@pytest.mark.parametrize("horizon_days", [30, 91])
def test_levels_that_lasted_are_expected_to_last_and_those_that_swung_are_not(horizon_days):
    usual = persistence(np.array([0.5]), horizon_days)
    swinging = 0.5 * np.cos(np.pi * np.arange(12) / 3)  # back the other way after three cut-offs
    assert persistence(np.full(12, 0.5), horizon_days) > (usual + 1) / 2 - 0.1
    assert persistence(swinging, horizon_days) <= usual / 2


def test_the_season_of_a_year_ago_is_expected_again():
    levels = np.zeros(12)
    levels[1:4] = 0.8  # a cut-off a month: the middle one began its three months a year before now
    assert expected_level(levels, 91) == pytest.approx(YEAR_AGO * (0.8 - 0.2))


def test_a_level_that_stood_all_year_is_no_season():
    levels = np.full(12, 0.4)
    assert expected_level(levels, 91) == pytest.approx(persistence(levels, 91) * 0.4)


@pytest.mark.parametrize(
    ("cut_offs", "horizon_days"), [(9, 91), (12, 30)], ids=["short log", "short horizon"]
)
def test_a_log_that_does_not_reach_back_a_year_goes_by_the_newest_level(cut_offs, horizon_days):
    levels = np.linspace(0.8, 0.4, cut_offs)
    assert expected_level(levels, horizon_days) == pytest.approx(persistence(levels, horizon_days) * 0.4)
