from datetime import timedelta
from itertools import pairwise

import polars as pl
import pytest

from risk_model import labels
from risk_model.features import ACTIVITY, ORDER
from risk_model.labels import MOST_CUT_OFFS, SHORTEST_PAST, active_customers, cut_offs, drawn, left_within
from tests.risk_model.small_world import AS_OF, histories

HORIZON = timedelta(days=30)


def test_the_last_label_window_ends_exactly_at_the_training_moment():
    moments = cut_offs(histories([("a", 400, "order", 1.0)]), ORDER, HORIZON)
    assert moments[-1] + HORIZON == AS_OF
    assert len(moments) == MOST_CUT_OFFS


@pytest.mark.parametrize("horizon_days", [30, 91])
def test_in_a_long_log_the_cut_offs_show_every_season_twice(horizon_days):
    horizon = timedelta(days=horizon_days)
    moments = cut_offs(histories([("a", 2000, "order", 1.0)]), ORDER, horizon)
    assert moments[-1] - moments[0] >= timedelta(days=730)
    assert len(moments) == MOST_CUT_OFFS


@pytest.mark.parametrize("days", [80, 200, 500, 2000])
def test_cut_offs_stand_evenly_and_never_nearer_than_a_third_of_the_horizon(days):
    moments = cut_offs(histories([("a", days, "order", 1.0)]), ORDER, HORIZON)
    steps = {later - earlier for earlier, later in pairwise(moments)}
    assert max(steps, default=HORIZON) - min(steps, default=HORIZON) <= timedelta(microseconds=1)
    assert min(steps, default=HORIZON) >= HORIZON / 3


def test_every_cut_off_has_a_past_to_learn_from():
    moments = cut_offs(histories([("a", 100, "order", 1.0)]), ORDER, HORIZON)
    assert moments
    assert moments[0] - SHORTEST_PAST >= AS_OF - timedelta(days=100)


def test_a_log_shorter_than_past_and_horizon_gives_no_cut_off():
    assert cut_offs(histories([("a", 60, "order", 1.0)]), ORDER, HORIZON) == []


def test_an_empty_log_gives_no_cut_off():
    assert cut_offs(histories([], joined={"a": 100}), ORDER, HORIZON) == []


def test_only_customers_active_in_the_four_horizons_before_are_labelled():
    known = histories([("new", 10, "order", 1.0), ("old", 151, "order", 1.0), ("b", 149, "order", 1.0)])
    assert active_customers(known, ORDER, AS_OF - HORIZON, HORIZON).to_list() == ["b"]


def test_left_means_no_order_in_the_horizon_after_the_cut_off():
    known = histories(
        [("a", 50, "order", 1.0), ("a", 20, "order", 1.0), ("b", 50, "order", 1.0), ("b", 20, "visit", None)]
    )
    keys = active_customers(known, ORDER, AS_OF - HORIZON, HORIZON)
    assert left_within(known, ORDER, AS_OF - HORIZON, HORIZON, keys).tolist() == [0.0, 1.0]


def test_an_order_at_the_very_cut_off_is_past_and_one_at_the_very_end_is_future():
    known = histories([("a", 30, "order", 1.0), ("b", 40, "order", 1.0), ("b", 0, "order", 1.0)])
    keys = active_customers(known, ORDER, AS_OF - HORIZON, HORIZON)
    assert keys.to_list() == ["a", "b"]
    assert left_within(known, ORDER, AS_OF - HORIZON, HORIZON, keys).tolist() == [1.0, 0.0]


def test_where_no_orders_exist_any_activity_keeps_a_customer():
    known = histories(
        [], [("a", 50, "review", 5.0, "x"), ("a", 10, "review", 1.0, "y"), ("b", 50, "review", 3.0, "z")]
    )
    keys = active_customers(known, ACTIVITY, AS_OF - HORIZON, HORIZON)
    assert left_within(known, ACTIVITY, AS_OF - HORIZON, HORIZON, keys).tolist() == [0.0, 1.0]


def test_a_small_shop_learns_from_all_its_customers():
    active = [pl.Series(["a", "b"]), pl.Series(["b", "c"])]
    assert [list(keys) for keys in drawn(active)] == [["a", "b"], ["b", "c"]]


def test_a_large_shop_learns_from_as_many_as_it_can_at_each_cut_off_from_others(monkeypatch):
    monkeypatch.setattr(labels, "MANY_EXAMPLES", 100)
    active = [pl.Series([f"c{number:03d}" for number in range(60)])] * 4
    chosen = drawn(active)
    assert [len(keys) for keys in chosen] == [20] * 4
    assert set().union(*chosen) == set(active[0])  # nobody is left out for good
    assert set(chosen[0]).isdisjoint(chosen[1])
