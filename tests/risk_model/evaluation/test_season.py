"""A season that came back before is expected: the simulated shop of the report, made smaller."""

from datetime import timedelta

import polars as pl
import pytest

from risk_model.evaluation.season import BEGINS, ENDS, MOMENTS, season_case, shop_with_a_season

ARRIVED = 4_500


@pytest.fixture(scope="module")
def case():
    """At the end of the second year, when the quiet months are to come."""
    return season_case(20, arrived=ARRIVED, moments=MOMENTS[:1])


def test_ours_expects_the_season_that_the_baselines_miss(case):
    ece = dict(case.tests[0].ece)
    ours = ece.pop("ours")
    assert ours < 0.8 * min(ece.values())


def test_what_everybody_is_told_lies_nearer_to_what_came(case):
    (test,) = case.tests
    missed = {name: abs(told - test.left_share) for name, told in test.told.items()}
    assert missed["ours"] == min(missed.values())


def test_the_simulated_shop_is_busiest_before_christmas_and_older_than_its_log():
    events = shop_with_a_season(ARRIVED, 1).events
    by_month = dict(events.group_by(pl.col("time").dt.month()).len().iter_rows())
    assert by_month[10] + by_month[11] > 1.6 * (by_month[1] + by_month[2])
    assert BEGINS <= events["time"].min() < BEGINS + timedelta(days=2)
    assert events["time"].max() <= ENDS


def test_the_same_seed_simulates_the_same_shop():
    first, again = (shop_with_a_season(300, 3) for _ in range(2))
    assert first.events.equals(again.events)
