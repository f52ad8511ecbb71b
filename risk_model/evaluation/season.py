"""A season that comes back: a simulated shop whose log holds more than two years of one, as no public set here does.

Customers buy at rates of their own and stop one day, as in Pareto/NBD (D. C. Schmittlein, D. G. Morrison and
R. Colombo (1987), Counting Your Customers, Management Science 33(1), 1-24); the months of the year, and a chance of
each single month, speed all of them up or slow them down. No contender is told which month it is.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from risk_model.evaluation.cases import Question, check, look_back
from risk_model.evaluation.line_up import LOGISTIC, OURS, TREES
from risk_model.evaluation.metrics import measure
from risk_model.evaluation.testing import predictions
from risk_model.histories import CUSTOMERS, EVENTS, TEXTS, Histories
from risk_model.progress import Progress, quiet
from risk_model.texts import Lexicon

# January to December: November sees somewhat over twice the orders of January, as in a shop for presents
MONTHS = (0.75, 0.8, 1.0, 0.9, 0.95, 0.95, 0.9, 0.9, 1.15, 1.45, 1.7, 0.9)
CHANCE = 0.1  # standard deviation of a single month, as a logarithm
HORIZON = timedelta(days=91)
BEGINS, ENDS = datetime(2021, 12, 1, tzinfo=UTC), datetime(2024, 12, 1, tzinfo=UTC)
BEFORE = timedelta(days=4 * 365)  # the shop is older than its log: at its start there are old customers
MOMENTS = (datetime(2023, 12, 1, tzinfo=UTC), *(datetime(2024, month, 1, tzinfo=UTC) for month in (3, 6, 9)))
ARRIVED = 9_000
CONTENDERS = (LOGISTIC, TREES, OURS)
DAY = timedelta(days=1)
NO_TEXTS = Lexicon({}, np.zeros((0, 0), np.float32))
Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SeasonTest:
    """One cut-off: of each contender the `told` mean probability of leaving, and its ECE."""

    cut_off: str
    customers: int
    left_share: float
    told: dict[str, float]
    ece: dict[str, float]


@dataclass(frozen=True, slots=True)
class SeasonCase:
    tests: list[SeasonTest]

    def mean_ece(self) -> dict[str, float]:
        return {name: float(np.mean([test.ece[name] for test in self.tests])) for name in self.tests[0].ece}

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"mean_ece": self.mean_ece()}


def season_case(
    seed: int, progress: Progress = quiet, arrived: int = ARRIVED, moments: Sequence[datetime] = MOMENTS
) -> SeasonCase:
    """Each of `CONTENDERS` at each of the moments; the same seed gives the same shop."""
    histories, tests = shop_with_a_season(arrived, seed), []
    for number, moment in enumerate(moments):
        progress("a season that comes back", number, len(moments))
        cut = check(look_back(histories, moment, Question(HORIZON), NO_TEXTS))
        predicted = predictions(cut, CONTENDERS, seed, lambda: None)
        tests.append(
            SeasonTest(
                cut_off=f"{moment:%Y-%m-%d}",
                customers=len(cut.test),
                left_share=float(cut.test.left.mean()),
                told={name: float(p.mean()) for name, p in predicted.items()},
                ece={name: measure(cut.test.left, p)["ece"] for name, p in predicted.items()},
            )
        )
    progress("a season that comes back", len(moments), len(moments))
    return SeasonCase(tests)


def shop_with_a_season(arrived: int, seed: int) -> Histories:
    """The orders from `BEGINS` to `ENDS` of so many customers, who arrived in them or in the four years before."""
    rng = np.random.default_rng(seed)
    opened = BEGINS - BEFORE
    busy = _busy(opened, rng)
    passed = np.concatenate(
        [[0.0], np.cumsum(busy)]
    )  # time as customers live it, by the days of the calendar
    days = np.arange(len(passed), dtype=np.float64)
    came = rng.uniform(0, len(busy), arrived)
    stay = rng.exponential(1 / rng.gamma(1.2, 1 / 260, arrived))
    rate = rng.gamma(0.9, 1 / 50, arrived)
    start, end = (np.interp(np.minimum(moment, len(busy)), days, passed) for moment in (came, came + stay))
    orders = rng.poisson(rate * (end - start))
    who = np.repeat(np.arange(arrived), orders)
    repeats = np.interp(rng.uniform(start[who], end[who]), passed, days)
    at, of = np.concatenate([came, repeats]), np.concatenate([np.arange(arrived), who])
    return _histories(opened, at, of, np.exp(rng.normal(3.5, 0.8, len(at))))


def _busy(opened: datetime, rng: np.random.Generator) -> Doubles:
    """How busy each day from then to `ENDS` is, against a usual one."""
    days = [opened + DAY * number for number in range((ENDS - opened).days)]
    usual = np.array(MONTHS)[[day.month - 1 for day in days]] / np.mean(MONTHS)
    months = [(day.year - opened.year) * 12 + day.month for day in days]
    busy: Doubles = usual * np.exp(rng.normal(0, CHANCE, max(months) + 1)[months])
    return busy


def _histories(opened: datetime, at: Doubles, of: npt.NDArray[np.int64], value: Doubles) -> Histories:
    """`at` (N,) in days since `opened`, `of` (N,) which customer, `value` (N,) of the order. The log begins later."""
    logged = at >= BEFORE / DAY
    events = pl.DataFrame(
        {
            "customer_key": [f"c{number:05d}" for number in of[logged]],
            "time": [opened + DAY * day for day in at[logged]],
            "kind": "order",
            "value": value[logged].round(2),
            "quantity": None,
        },
        schema=EVENTS,
    )
    keys = events["customer_key"].unique()
    customers = pl.DataFrame({"customer_key": keys, "joined_at": None}, schema=CUSTOMERS)
    return Histories.build(ENDS, customers, events, pl.DataFrame(schema=TEXTS))
