import numpy as np
import pytest

from risk_model.calibration import Uncalibrated, log_odds, sigmoid
from risk_model.level import WEEKS, YEAR, InTime, expected_levels, level, noise

STEP = 91 / 3
SURE = 0.003  # variance of a level that about 1,500 customers show


def days_ago(cut_offs: int, newest: float = 91, step: float = STEP) -> np.ndarray:
    return newest + step * np.arange(cut_offs)[::-1]


def expected(levels: np.ndarray, ago: np.ndarray, variance: float = SURE) -> float:
    return float(expected_levels(levels, np.full(len(levels), variance), ago)[0])


def season(ago: np.ndarray, peak_ago: float) -> np.ndarray:
    """Half a unit up around one day of each year, a little down else."""
    phase = 2 * np.pi * (ago - peak_ago) / YEAR
    return 0.6 * np.exp(3 * (np.cos(phase) - 1)) - 0.13


@pytest.mark.parametrize("moved", [-0.7, 0.0, 1.2])
def test_the_level_is_what_predictions_miss(moved):
    logits = np.linspace(-2, 2, 500)
    assert level(logits, sigmoid(logits + moved)) == pytest.approx(moved, abs=1e-6)


def test_a_level_beyond_all_measure_is_bounded():
    assert level(np.zeros(10), np.ones(10)) == pytest.approx(4)


def test_a_level_scatters_as_told_around_what_it_is():
    rng, logits = np.random.default_rng(5), np.linspace(-2, 2, 300)
    seen = [level(logits, (rng.random(300) < sigmoid(logits)).astype(float)) for _ in range(400)]
    assert np.var(seen) == pytest.approx(noise(logits), rel=0.25)


@pytest.mark.parametrize("peak_ago", [0.0, 60.0, 180.0, 300.0])
def test_a_season_that_came_twice_is_expected_again(peak_ago):
    ago = days_ago(26)
    now = season(np.zeros(1), peak_ago)[0]
    assert expected(season(ago, peak_ago), ago) == pytest.approx(now, abs=0.12)


def test_a_season_that_few_customers_show_is_expected_only_in_part():
    ago = days_ago(26)
    sure, unsure = (expected(season(ago, 0.0), ago, variance) for variance in (SURE, 0.3))
    assert 0 < unsure < sure / 2


def test_where_the_level_hardly_moves_next_to_nothing_is_expected():
    ago = days_ago(26)
    levels = np.random.default_rng(3).normal(0, 0.03, 26)
    assert abs(expected(levels, ago)) < 0.05


def test_the_first_year_of_a_log_tells_no_season():
    ago = days_ago(5)
    rising = np.array([-0.32, -0.28, -0.11, 0.17, 0.31])  # a shop before the autumn in which all come back
    assert abs(expected(rising, ago)) < 0.1


@pytest.mark.parametrize(("newest", "least", "most"), [(10, 0.25, 0.45), (30, 0.15, 0.4), (91, 0.0, 0.16)])
def test_of_a_lately_moved_level_the_more_is_expected_the_later_it_moved(newest, least, most):
    levels = np.concatenate([np.zeros(11), [0.4]])
    assert least < expected(levels, days_ago(12, newest)) < most


def test_what_the_first_months_of_a_log_lack_does_not_come_back():
    ago = days_ago(17)
    levels = 0.1 - 0.5 * np.exp(-(ago.max() - ago) / 150)
    told = expected(levels - levels.mean(), ago) + levels.mean()
    assert told == pytest.approx(0.1, abs=0.06)


def test_of_a_single_cut_off_the_usual_is_expected():
    assert expected(np.zeros(1), days_ago(1)) == 0


def test_a_season_that_came_twice_is_expected_at_its_time_of_the_year_to_come():
    ago = days_ago(26)
    told = expected_levels(season(ago, 100.0), np.full(26, SURE), ago)
    assert told.shape == WEEKS.shape
    assert np.abs(told - season(-WEEKS, 100.0)).max() < 0.2
    assert WEEKS[told.argmax()] == pytest.approx(YEAR - 100, abs=21)


def test_a_calibration_follows_the_levels_of_the_weeks_and_stays_at_the_ends():
    in_time = InTime(Uncalibrated(0.5), WEEKS / 100)
    moved = [
        float(log_odds(in_time.at(days).probability(np.zeros(1)))[0]) for days in (-30, 0, 10.5, 364, 999)
    ]
    assert moved == pytest.approx([0.5, 0.5, 0.605, 4.14, 4.14])


def test_a_model_from_before_levels_were_kept_stays_at_its_level():
    assert InTime.read(Uncalibrated(0.5), []).at(100) == Uncalibrated(0.5)


@pytest.mark.parametrize("stored", [[0.1], [float("nan")] * 53], ids=["too few", "no numbers"])
def test_levels_that_are_none_are_refused(stored):
    with pytest.raises(ValueError, match="weekly levels"):
        InTime.read(Uncalibrated(), stored)
