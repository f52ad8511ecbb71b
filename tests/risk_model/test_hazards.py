"""Intervals and horizons: what a hazard is taught by, and that every horizon gets an answer that fits the others."""

from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest

from risk_model.hazards import ends_of, leaves_within, targets
from risk_model.risk import Curve, Reliability, Risk, Status

NOW = datetime(2025, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("horizon", "ends"),
    [
        pytest.param(91, (30, 60, 91), id="90 would end a day before"),
        pytest.param(45, (30, 45, 60, 90), id="longer than the horizon too"),
        pytest.param(180, (30, 60, 90, 180), id="shorter than the horizon"),
        pytest.param(30, (30, 60, 90), id="one of the usual"),
    ],
)
def test_intervals_end_at_the_usual_days_and_at_the_horizon(horizon, ends):
    assert ends_of(horizon) == ends


def test_an_interval_teaches_only_those_who_were_still_away_and_were_seen_to_its_end():
    back = np.array([10, 40, np.inf, np.inf, 40], np.float32)
    known = np.array([90, 90, 90, 45, 45], np.float32)
    came, counts = targets(back, known, (30, 60, 90))
    assert came.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]]
    assert counts.tolist() == [[1, 0, 0], [1, 1, 0], [1, 1, 1], [1, 0, 0], [1, 0, 0]]


def test_at_the_horizon_it_is_the_calibrated_risk_and_a_longer_horizon_never_has_a_higher_one():
    within = [leaves_within(days, 0.4, (30, 60, 91), (0.5, 0.8, 1.0)) for days in range(0, 400, 7)]
    assert leaves_within(91, 0.4, (30, 60, 91), (0.5, 0.8, 1.0)) == pytest.approx(0.4)
    assert within[0] == 1
    assert all(later <= earlier for earlier, later in pairwise(within))
    assert within[-1] < 0.4


def test_an_unknown_risk_is_unknown_for_every_horizon():
    assert Risk.unknown("ana", NOW, "no model").risk_of(30) is None
    known = Risk("ana", NOW, Status.SCORED, Reliability.HIGH, "", probability=0.4, curve=Curve([90], [1]))
    assert known.risk_of(90) == pytest.approx(0.4)
    assert known.risk_of(45) == pytest.approx(0.4**0.5)
