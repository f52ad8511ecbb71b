"""What contenders are given: nothing later than the cut-off, and labels from afterwards."""

from datetime import timedelta

import numpy as np
import pytest

from risk_model.errors import NothingToLearn, TooFewCustomers
from risk_model.evaluation.cases import (
    Question,
    check,
    look_back,
)
from risk_model.features import FEATURES, ORDER
from risk_model.sequences import WEEKS, weekly_of
from risk_model.texts import Lexicon
from tests.risk_model.evaluation.worlds import MOMENT, QUESTION, memory_of, shop_with_reviews
from tests.risk_model.small_world import AS_OF, histories, shop_where_the_slow_leave

NO_TEXTS = Lexicon({}, np.zeros((0, 0), np.float32))


@pytest.fixture(scope="module")
def shop():
    return shop_with_reviews()


def test_every_label_to_learn_from_ended_by_the_cut_off(shop):
    cut = look_back(shop, MOMENT, QUESTION, memory_of(shop))
    assert cut.known.moments[-1] == MOMENT - QUESTION.horizon
    assert set(cut.known.cases.examples.cut_off) == set(range(len(cut.known.moments)))


def test_what_happens_after_the_cut_off_changes_labels_and_nothing_else(shop):
    memory = memory_of(shop)
    cut, blind = (
        look_back(shop, MOMENT, QUESTION, memory),
        look_back(shop.until(MOMENT), MOMENT, QUESTION, memory),
    )
    assert np.array_equal(cut.test.examples.behaviour, blind.test.examples.behaviour, equal_nan=True)
    assert np.array_equal(cut.test.examples.text, blind.test.examples.text)
    assert np.array_equal(cut.test.examples.weekly, blind.test.examples.weekly)
    assert np.array_equal(cut.known.cases.left, blind.known.cases.left)
    assert blind.test.left.all()
    assert 0 < cut.test.left.mean() < 1


def test_an_event_of_a_kind_that_nobody_learned_from_is_left_out_as_in_serving():
    orders = [(key, float(age), ORDER, 1.0) for key in "abc" for age in (40, 60, 70, 200)]
    new = [("a", 50.5, "competitor_view", 1.0)]  # the first of its kind, a day before the cut-off
    moment, question = AS_OF - timedelta(days=50), Question(timedelta(days=12))
    without, with_new = (
        look_back(histories(rows), moment, question, NO_TEXTS) for rows in (orders, orders + new)
    )
    assert np.array_equal(with_new.test.examples.events, without.test.examples.events)
    assert not np.array_equal(with_new.test.examples.weekly, without.test.examples.weekly)


@pytest.mark.parametrize(("at_least", "asked"), [(1, ["a", "b", "c"]), (2, ["b", "c"]), (3, ["c"])])
def test_only_customers_with_enough_of_a_past_are_asked_about(at_least, asked):
    orders = {"a": (60,), "b": (60, 70), "c": (60, 70, 80), "gone for five horizons": (120, 121, 122)}
    orders["first met"] = (200, 40)
    shop = histories([(key, float(age), ORDER, 1.0) for key, ages in orders.items() for age in ages])
    cut = look_back(shop, AS_OF - timedelta(days=50), Question(timedelta(days=12), at_least), NO_TEXTS)
    assert cut.test.examples.keys.to_list() == asked


def test_purchases_stand_in_the_order_of_the_customers(shop):
    cases = look_back(shop, MOMENT, QUESTION, memory_of(shop)).test
    recency = cases.examples.behaviour[:, FEATURES.index("recency_days")]
    since = np.floor(cases.purchases.age - cases.purchases.last)
    assert len(since) == len(cases)
    assert np.abs(since - recency).max() <= 1


def test_weeks_end_with_the_newest_and_forget_what_is_older_than_half_a_year():
    shop = histories([("a", 1, ORDER, 1.0), ("a", 8, "visit", None), ("a", 400, ORDER, 1.0)])
    weekly = weekly_of(shop, ORDER)
    assert weekly.shape == (1, WEEKS, 3)
    assert weekly[0, :, 0].tolist() == [0.0] * (WEEKS - 1) + [1.0]
    assert weekly[0, -2:, 1].tolist() == [1.0, 1.0]
    assert weekly[0].sum() == 3


def test_the_held_back_customers_are_never_learned_from(shop):
    train, held = look_back(shop, MOMENT, QUESTION, memory_of(shop)).known.cases.split()
    assert not set(train.examples.keys) & set(held.examples.keys)
    assert len(held) > 0


def test_too_short_a_log_says_how_much_is_needed():
    shop = histories([("a", float(age), ORDER, 1.0) for age in range(50, 100)])
    with pytest.raises(NothingToLearn, match=r"at least 90 days of log before 2025-04-17"):
        look_back(shop, MOMENT, QUESTION, NO_TEXTS)


def test_too_few_customers_are_refused():
    shop = shop_where_the_slow_leave(customers=30)
    with pytest.raises(TooFewCustomers, match="at least 100"):
        check(look_back(shop, MOMENT, QUESTION, NO_TEXTS))


def test_customers_who_all_leave_are_refused(shop):
    with pytest.raises(NothingToLearn, match=r"customers left around 2025-04-17; both kinds are needed"):
        check(look_back(shop.until(MOMENT), MOMENT, QUESTION, memory_of(shop)))
