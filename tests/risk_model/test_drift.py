"""How far scores have moved."""

from math import log

import numpy as np
import pytest

from risk_model.drift import BINS, LITTLE, MUCH, shares, shares_by, spread, stability_index


def test_shares_add_up_and_the_highest_risk_is_in_the_last_bin():
    told = shares([0.0, 0.05, 0.1, 0.999, 1.0])
    assert (told[0], told[1], told[-1]) == (0.4, 0.2, 0.4)
    assert sum(told) == pytest.approx(1)
    assert shares([]) == [0.0] * BINS


def test_the_same_scores_have_not_drifted_and_the_index_is_as_its_formula_says():
    then = [0.5, 0.5] + [0.0] * 8
    now = [0.25, 0.75] + [0.0] * 8
    assert stability_index(then, then) == 0
    expected = (0.25 - 0.5) * log(0.25 / 0.5) + (0.75 - 0.5) * log(0.75 / 0.5)
    assert stability_index(then, now) == pytest.approx(expected)
    assert expected > LITTLE


def test_scores_that_moved_to_other_bins_have_drifted_much_and_finitely():
    assert MUCH < stability_index([1.0] + [0.0] * 9, [0.0] * 9 + [1.0]) < 100


def test_a_feature_is_kept_as_shares_of_its_tenths_and_of_who_has_none():
    kept = spread([*range(10), float("nan"), float("nan")])
    assert len(kept["edges"]) == BINS - 1
    assert len(kept["shares"]) == BINS + 1
    assert kept["shares"][-1] == pytest.approx(2 / 12)
    assert sum(kept["shares"]) == pytest.approx(1)


def test_a_feature_that_is_mostly_zero_has_each_edge_once():
    kept = spread([0.0] * 95 + [3.0] * 5)
    assert kept["edges"] == [0.0]
    assert kept["shares"] == [0.0, 1.0, 0.0]
    assert stability_index(kept["shares"], shares_by([0.0] * 80 + [-1.0] * 20, kept["edges"])) > MUCH
    assert spread([float("nan")] * 3) == {"edges": [], "shares": [0.0, 1.0]}


def test_values_are_compared_as_scores_keep_them():
    values = [1 / 3, 2 / 3] * 50
    kept = spread(values)
    assert shares_by([round(value, 3) for value in values], kept["edges"]) == kept["shares"]


def test_a_feature_that_moved_or_went_missing_has_drifted():
    random = np.random.default_rng(1)
    kept = spread(random.normal(size=2000))
    again, moved = random.normal(size=2000), random.normal(1, size=2000)
    gone = np.where(random.random(2000) < 0.4, np.nan, again)
    indices = [stability_index(kept["shares"], shares_by(now, kept["edges"])) for now in (again, moved, gone)]
    assert indices[0] < LITTLE
    assert min(indices[1:]) > MUCH
