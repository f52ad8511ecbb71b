from datetime import timedelta

import pytest

from risk_model.features import ACTIVITY, FACTOR_OF, FEATURES, ORDER, anchor_of, behaviour
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
