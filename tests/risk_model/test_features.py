from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from risk_model.bg_nbd import BuyingModel
from risk_model.examples import feature_matrix
from risk_model.features import ACTIVITY, FACTOR_OF, FEATURES, ORDER, anchor_of, behaviour
from risk_model.histories import Histories
from tests.risk_model.small_world import AS_OF, histories


def row(known, anchor=ORDER):
    return behaviour(known, anchor).row(0, named=True)


def test_recency_gap_and_overdue_come_from_orders():
    values = row(histories([("a", 74, "order", 10.0), ("a", 95, "order", 20.0), ("a", 116, "order", 30.0)]))
    assert values["recency_days"] == pytest.approx(74)
    assert values["usual_gap_days"] == pytest.approx(21)
    assert values["overdue"] == pytest.approx(74 / 21)
    assert values["mean_value"] == pytest.approx(20)
    assert values["value_90"] == pytest.approx(10)


def test_a_single_order_has_no_usual_gap_rather_than_zero():
    values = row(histories([("a", 10, "order", 5.0)]))
    assert values["usual_gap_days"] is None
    assert values["overdue"] is None


def test_two_orders_at_one_moment_have_no_gap():
    assert row(histories([("a", 10, "order", 5.0), ("a", 10, "order", 6.0)]))["usual_gap_days"] is None


def test_who_never_rated_has_no_average_rating_but_no_low_ratings():
    values = row(histories([("a", 10, "order", 5.0)]))
    assert values["rating_mean"] is None
    assert values["low_ratings_180"] == 0


def test_ratings_come_from_reviews_and_rating_events():
    values = row(
        histories([("a", 5, "order", 1.0), ("a", 3, "rating", 1.0)], [("a", 20, "review", 5.0, "fine")])
    )
    assert values["rating_mean"] == pytest.approx(3)
    assert values["rating_last"] == 1
    assert values["low_ratings_180"] == 1


def test_counts_look_back_exactly_the_days_in_their_name():
    values = row(
        histories([("a", 29.9, "complaint", None), ("a", 30.1, "complaint", None), ("a", 1, "order", 1.0)])
    )
    assert (values["complaints_30"], values["complaints_180"]) == (1, 2)


def test_a_customer_without_any_row_is_there_with_absences():
    values = row(histories([("b", 3, "order", 1.0)], joined={"a": 12}))
    assert values["customer_key"] == "a"
    assert values["recency_days"] is None
    assert values["tenure_days"] == pytest.approx(12)


def test_nothing_later_than_as_of_counts():
    known = histories([("a", 5, "order", 1.0), ("a", -5, "order", 1.0), ("a", -1, "complaint", None)])
    values = row(known)
    assert values["count_30"] == 1
    assert values["complaints_30"] == 0


def test_a_shop_without_orders_goes_by_activity():
    known = histories([], [("a", 9, "review", 4.0, "good"), ("a", 30, "review", 5.0, "better")])
    assert anchor_of(known) == ACTIVITY
    assert row(known, ACTIVITY)["recency_days"] == pytest.approx(9)


def test_a_bounced_mail_is_no_sign_of_life():
    known = histories(
        [("a", 40, "visit", None), ("a", 2, "mail_bounced", None), ("a", 1, "unsubscribed", None)]
    )
    assert row(known, ACTIVITY)["recency_days"] == pytest.approx(40)


def test_one_customer_alone_has_the_same_features_as_among_others():
    events = [
        ("a", 5, "order", 1.0),
        ("a", 50, "order", 3.0),
        ("b", 3, "order", 9.0),
        ("b", 2, "visit", None),
    ]
    together = behaviour(histories(events), ORDER).row(0)
    alone = behaviour(histories([event for event in events if event[0] == "a"]), ORDER).row(0)
    assert together == alone


def test_going_back_in_time_forgets_what_came_later():
    known = histories([("a", 5, "order", 1.0), ("a", 50, "order", 3.0), ("b", 3, "order", 9.0)])
    earlier = known.until(AS_OF - timedelta(days=10))
    assert earlier.customers["customer_key"].to_list() == ["a"]
    assert behaviour(earlier, ORDER).row(0, named=True)["recency_days"] == pytest.approx(40)


def test_every_feature_belongs_to_one_factor():
    assert len(FEATURES) == len(set(FEATURES)) == len(FACTOR_OF)


def test_rates_are_counts_decayed_with_the_half_life_in_their_name():
    values = row(histories([("a", 7, "view", None), ("a", 30, "view", None), ("a", 1, "order", 1.0)]))
    assert values["views_rate_7"] == pytest.approx(0.5 + 0.5 ** (30 / 7))
    assert values["views_rate_30"] == pytest.approx(0.5 ** (7 / 30) + 0.5)
    assert values["clicks_rate_7"] == 0


def test_fewer_views_of_late_than_usual_are_a_falling_trend():
    steady = row(histories([("a", age, "view", None) for age in range(90)]))
    falling = row(histories([("a", age, "view", None) for age in range(20, 90)]))
    assert falling["views_trend"] < -1 < steady["views_trend"] < 0.3


def test_orders_at_a_steady_pace_have_no_trend():
    values = row(histories([("a", age, "order", 1.0) for age in range(0, 720, 5)]))
    assert values["rate_trend"] == pytest.approx(0, abs=0.15)


def test_overdue_by_spreads_of_the_gap_needs_two_gaps():
    values = row(
        histories([("a", age, "order", 1.0) for age in (40, 50, 64, 70)])
    )  # gaps of 6, 14 and 10 days
    assert values["gap_z"] == pytest.approx((40 - 10) / 4)
    assert row(histories([("a", age, "order", 1.0) for age in (40, 50)]))["gap_z"] is None


def test_two_orders_of_one_day_are_one_day_of_buying():
    values = row(histories([("a", 10.0, "order", 1.0), ("a", 9.9, "order", 1.0), ("a", 3.0, "order", 1.0)]))
    assert values["days_bought"] == 2


def test_what_followed_a_year_ago_is_told_only_of_who_was_there():
    there = row(histories([("a", 400, "order", 1.0), ("a", 300, "order", 1.0), ("a", 9, "order", 1.0)]))
    assert there["year_ago"] == 1
    assert row(histories([("a", 300, "order", 1.0)]))["year_ago"] is None


def test_an_order_larger_than_usual_and_a_better_rating_than_usual_are_rising_trends():
    values = row(
        histories(
            [("a", 50, "order", 10.0), ("a", 5, "order", 90.0)],
            [("a", 40, "review", 1.0, "bad"), ("a", 4, "review", 5.0, "good")],
        )
    )
    assert values["value_trend"] > 0.5
    assert values["rating_trend"] == pytest.approx(2)


def test_chats_count_apart_from_reviews():
    values = row(histories([], [("a", 5, "chat", None, "hello"), ("a", 6, "review", 4.0, "fine")]), ACTIVITY)
    assert (values["texts_30"], values["chats_30"]) == (2, 1)


def test_the_buying_model_tells_of_buyers_and_is_absent_for_all_others():
    known = histories([("a", 5, "order", 1.0), ("a", 50, "order", 3.0)], joined={"b": 9})
    buying = BuyingModel(r=0.7, alpha=50, a=0.5, b=5, horizon_days=30)
    told = behaviour(known, ORDER, buying, ["probably_alive", "expected_orders"])
    assert 0 < told["probably_alive"][0] < 1
    assert told["expected_orders"][0] > 0
    assert told.row(1) == ("b", None, None)
    assert row(known)["probably_alive"] is None


def test_only_what_is_asked_for_comes_in_the_order_asked():
    known = histories([("a", 5, "order", 1.0)])
    assert behaviour(known, ORDER, None, ["tenure_days", "count_30"]).rows() == [("a", 5.0, 1.0)]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_value_that_is_no_number_is_unknown(value):
    values = row(histories([("a", 5, "order", value), ("a", 9, "order", 10.0)]))
    assert values["mean_value"] == 10
    assert values["count_30"] == 2


@pytest.mark.parametrize("value", [-250.0, -1e308, 1e308], ids=["negative", "very negative", "very large"])
def test_any_finite_value_gives_finite_features(value):
    matrix = feature_matrix(histories([("a", 5, "order", value), ("a", 9, "order", value)]), ORDER)
    assert not np.isinf(matrix).any()


def test_a_customer_who_joins_in_the_future_has_no_negative_tenure():
    assert row(histories([], joined={"a": -30}))["tenure_days"] == 0


def test_a_million_events_of_one_customer_are_one_row_of_features():
    seconds = pl.duration(seconds=30 * pl.int_range(1_000_000))
    nothing = pl.lit(None, pl.Float64)
    events = pl.select(
        customer_key=pl.lit("a"), time=AS_OF - seconds, kind=pl.lit("view"), value=nothing, quantity=nothing
    )
    customers = pl.DataFrame({"customer_key": ["a"], "joined_at": [None]})
    known = Histories.build(AS_OF, customers, events, histories([]).texts)
    values = row(known, ACTIVITY)
    assert values["count_365"] == 1_000_000
    assert np.isfinite(values["views_rate_90"])
