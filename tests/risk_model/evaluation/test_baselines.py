"""Baselines do what their names say."""

from dataclasses import replace

import numpy as np
import pytest

from risk_model.bg_nbd import BuyingModel, Purchases
from risk_model.evaluation import baselines, networks
from risk_model.evaluation.cases import CutOff, look_back
from tests.risk_model.evaluation.worlds import MOMENT, QUESTION, memory_of, shop_with_reviews

PAPER = BuyingModel(r=0.243, alpha=4.414, a=0.793, b=2.426, horizon_days=13)  # in weeks


@pytest.fixture(scope="module")
def cut() -> CutOff:
    shop = shop_with_reviews()
    return look_back(shop, MOMENT, QUESTION, memory_of(shop))


def simulated(customers: int, age: float, rng: np.random.Generator) -> tuple[Purchases, np.ndarray]:
    """What is known of customers who live by the model's assumptions, and who then left."""
    known, left = np.zeros((3, customers)), np.zeros(customers)
    known[2] = age
    for number in range(customers):
        rate, drop = rng.gamma(PAPER.r, 1 / PAPER.alpha), rng.beta(PAPER.a, PAPER.b)
        times, now = [], 0.0
        while (now := now + rng.exponential(1 / rate)) < age + PAPER.horizon_days:
            times.append(now)
            if rng.random() < drop:
                break
        before = [time for time in times if time <= age]
        known[:2, number] = len(before), max(before, default=0)
        left[number] = len(before) == len(times)
    return Purchases(*known), left


def test_bg_nbd_tells_as_many_leavers_as_customers_of_its_own_kind_become():
    known, left = simulated(30_000, 39, np.random.default_rng(1))
    told = PAPER.leaves(known)
    assert told.mean() == pytest.approx(left.mean(), abs=0.007)
    busy = known.repeats >= 3
    assert told[busy].mean() == pytest.approx(left[busy].mean(), abs=0.025)


def test_bg_nbd_holds_a_longer_silence_for_riskier():
    told = PAPER.leaves(Purchases(np.full(3, 4.0), np.array([30.0, 20.0, 10.0]), np.full(3, 35.0)))
    assert (np.diff(told) > 0).all()


def test_without_enough_who_came_back_bg_nbd_says_one_number_for_everybody(cut):
    nobody = Purchases(np.zeros(20), np.zeros(20), np.full(20, 60.0))
    told = baselines.buy_till_you_die(replace(cut.known, purchases=nobody), 1)(cut.test)
    assert set(told) == {np.float32(cut.known.cases.left.mean())}


def test_recency_alone_ranks_by_recency(cut):
    told = baselines.recency_only(cut.known, 1)(cut.test)
    away = cut.test.examples.behaviour[:, baselines.RECENCY]
    assert (np.diff(told[np.argsort(away)]) >= 0).all()


@pytest.mark.parametrize(
    "fit",
    [baselines.logistic, baselines.trees, baselines.trees_with_text, networks.mlp, networks.cnn],
    ids=lambda fit: fit.__name__,
)
def test_each_gives_the_same_probabilities_again(cut, fit):
    told, again = (fit(cut.known, 3)(cut.test) for _ in range(2))
    assert np.array_equal(told, again)
    assert ((told >= 0) & (told <= 1)).all()


def test_features_that_a_shop_lacks_are_no_obstacle(cut):
    examples = cut.known.cases.examples
    empty = replace(cut.known.cases, examples=replace(examples, behaviour=examples.behaviour * np.nan))
    told = baselines.logistic(replace(cut.known, cases=empty), 1)(cut.test)
    assert np.isfinite(told).all()
