"""What every contender learns from and is tested on: one cut-off of one shop, as it was known then.

All that reads the model's own examples is here, so that another network or feature changes one file.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from risk_model import labels
from risk_model.bg_nbd import BuyingModel, Doubles, Purchases
from risk_model.errors import NothingToLearn, TooFewCustomers
from risk_model.examples import Examples, Floats, examples_at, is_held_back
from risk_model.features import ORDER, anchor_of, purchases
from risk_model.histories import Histories
from risk_model.sequences import kinds_in
from risk_model.texts import Lexicon
from risk_model.training import FEWEST_CUSTOMERS, FEWEST_OF_A_CLASS


@dataclass(frozen=True, slots=True)
class Cases:
    """N customers at cut-offs."""

    examples: Examples
    purchases: Purchases

    @property
    def left(self) -> Floats:
        return self.examples.left

    def where(self, chosen: npt.NDArray[np.bool_]) -> "Cases":
        bought = Purchases(*(part[chosen] for part in parts_of(self.purchases)))
        return Cases(self.examples.where(chosen), bought)

    def split(self) -> tuple["Cases", "Cases"]:
        """Those to learn from, and the held-back fifth of the customers to stop and choose by."""
        held = is_held_back(self.examples.keys)
        return self.where(~held), self.where(held)

    def __len__(self) -> int:
        return len(self.examples)


@dataclass(frozen=True, slots=True)
class Known:
    """All that a contender may know at a cut-off: labelled `cases` whose windows ended by then, numbered by their
    `moments`; the `purchases` of all customers met by then; and the `buying` model behind the features of the
    cases, as training fits it.
    """

    cases: Cases
    moments: Sequence[datetime]
    purchases: Purchases
    horizon_days: int
    buying: BuyingModel | None


@dataclass(frozen=True, slots=True)
class CutOff:
    """A test: what was known at `moment`, and the cases to be told, whose labels came afterwards."""

    moment: datetime
    known: Known
    test: Cases


@dataclass(frozen=True, slots=True)
class Question:
    """Who leaves within `horizon`, of the active customers with at least `at_least` orders (or activities)?"""

    horizon: timedelta
    at_least: int = 1


def look_back(histories: Histories, moment: datetime, question: Question, lexicon: Lexicon) -> CutOff:
    """The test at `moment` on a log that goes on for a horizon after it; nothing known is later than it.

    The same is asked of the cases to learn from, at the cut-offs that training uses. Raises `NothingToLearn`
    where the log before it is too short.
    """
    then = histories.until(moment)
    anchor = anchor_of(then)
    moments = labels.cut_offs(then, anchor, question.horizon)
    if not moments:
        raise NothingToLearn(_too_short(moment, question))
    days = question.horizon.days
    buying = BuyingModel.fit(purchases(histories.until(moments[-1]), anchor), days)
    drawn = labels.drawn([_asked(then, anchor, at, question) for at in moments])
    parts = [
        cases_at(then, anchor, at, question, keys, buying, lexicon, number)
        for number, (at, keys) in enumerate(zip(moments, drawn, strict=True))
    ]
    known = Known(joined(parts), moments, purchases(then, anchor), days, buying)
    seen = kinds_in(known.cases.examples.events)
    now = _asked(histories, anchor, moment, question)
    test = cases_at(histories, anchor, moment, question, now, buying, lexicon, kinds=seen)
    return CutOff(moment, known, test)


def cases_at(
    histories: Histories,
    anchor: str,
    moment: datetime,
    question: Question,
    keys: pl.Series,
    buying: BuyingModel | None,
    lexicon: Lexicon,
    number: int = 0,
    kinds: Collection[int] | None = None,
) -> Cases:
    """These customers as known at `moment`, and whether they left in the horizon after it. `number` counts the
    cut-offs that are learned from, oldest first; of those to be told, serving looks at the `kinds` of events that
    were learned from.
    """
    examples = examples_at(histories, anchor, moment, question.horizon, keys, lexicon, buying, number, kinds)
    return Cases(examples, purchases(histories.of(examples.keys).until(moment), anchor))


def joined(parts: Sequence[Cases]) -> Cases:
    """The cases of several cut-offs, in their order."""
    bought = zip(*(parts_of(part.purchases) for part in parts), strict=True)
    purchases = Purchases(*(np.concatenate(arrays) for arrays in bought))
    return Cases(Examples.joined([part.examples for part in parts]), purchases)


def parts_of(bought: Purchases) -> tuple[Doubles, Doubles, Doubles]:
    return bought.repeats, bought.last, bought.age


def _asked(histories: Histories, anchor: str, moment: datetime, question: Question) -> pl.Series:
    """The active customers with enough of a past: what training calls a customer who can leave."""
    enough = _happenings(histories, anchor, moment).filter(pl.col("len") >= question.at_least)
    active = labels.active_customers(histories, anchor, moment, question.horizon)
    return active.filter(active.is_in(enough["customer_key"].implode()))


def _happenings(histories: Histories, anchor: str, moment: datetime) -> pl.DataFrame:
    """`customer_key` and `len`: orders by the moment, or all that was done and written in a shop without any."""
    if anchor == ORDER:
        rows = histories.events.filter(pl.col("kind") == ORDER).select("customer_key", "time")
    else:
        rows = pl.concat(f.select("customer_key", "time") for f in (histories.events, histories.texts))
    return rows.filter(pl.col("time") <= moment).group_by("customer_key").len()


def _too_short(moment: datetime, question: Question) -> str:
    days = question.horizon.days + labels.SHORTEST_PAST.days
    return f"expected at least {days} days of log before {moment:%Y-%m-%d}; ingest older events"


def check(cut: CutOff) -> CutOff:
    """The same; raises `TooFewCustomers`, or `NothingToLearn` where all customers are alike."""
    for cases in (cut.known.cases, cut.test):
        _check(cases, cut.moment)
    return cut


def _check(cases: Cases, moment: datetime) -> None:
    if (found := cases.examples.keys.n_unique()) < FEWEST_CUSTOMERS:
        raise TooFewCustomers(found, FEWEST_CUSTOMERS)
    leavers = int(cases.left.sum())
    if min(leavers, len(cases) - leavers) < FEWEST_OF_A_CLASS:
        raise NothingToLearn(
            f"{leavers} of {len(cases)} customers left around {moment:%Y-%m-%d}; both kinds are needed, "
            "try another horizon"
        )
