"""The buying model against the figures that its authors published for the CDNOW cohort (in weeks)."""

import importlib.util
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from risk_model.bg_nbd import BuyingModel, Purchases

PAPER = BuyingModel(r=0.243, alpha=4.414, a=0.793, b=2.426, horizon_days=39)


def cohort() -> Purchases:
    found = importlib.util.find_spec("lifetimes")
    assert found and found.origin, "lifetimes is a development dependency"
    table = pl.read_csv(Path(found.origin).parent / "datasets" / "cdnow_customers_summary.csv")
    columns = (table[name].cast(pl.Float64).to_numpy() for name in ("frequency", "recency", "T"))
    return Purchases(*columns)


def one(repeats: float, last: float, age: float) -> Purchases:
    return Purchases(*(np.array([value]) for value in (repeats, last, age)))


def test_the_parameters_are_those_of_the_paper():
    fitted = BuyingModel.fit(cohort(), 39)
    assert fitted is not None
    got = (fitted.r, fitted.alpha, fitted.a, fitted.b)
    assert got == pytest.approx((PAPER.r, PAPER.alpha, PAPER.a, PAPER.b), rel=0.01)


def test_expected_purchases_of_a_customer_are_those_of_the_paper():
    assert PAPER.expected(one(2, 30.43, 38.86)) == pytest.approx(1.226, abs=1e-3)


def test_the_longer_since_the_last_purchase_the_less_likely_still_there():
    alive = [PAPER.alive(one(4, last, 38)).item() for last in (37, 20, 5)]
    assert 1 > alive[0] > alive[1] > alive[2] > 0


def test_who_bought_once_is_still_there_as_the_model_has_it():
    assert PAPER.alive(one(0, 0, 30)) == 1


@pytest.mark.parametrize("known", [one(0, 0, 0), one(9000, 9000, 9001), one(500, 10, 5000)])
def test_extreme_customers_get_finite_numbers(known):
    assert 0 <= PAPER.alive(known).item() <= 1
    assert 0 <= PAPER.expected(known).item() < 1e6


def test_a_shop_where_hardly_anyone_came_back_has_no_buying_model():
    nobody = Purchases(np.zeros(500), np.zeros(500), np.full(500, 60.0))
    assert BuyingModel.fit(nobody, 30) is None


def test_a_dropout_parameter_of_exactly_one_has_no_gap():
    around = [BuyingModel(0.24, 4.4, a, 2.4, 39).expected(one(2, 30, 38)).item() for a in (0.999, 1.0, 1.001)]
    assert around[1] == pytest.approx((around[0] + around[2]) / 2, rel=1e-3)
