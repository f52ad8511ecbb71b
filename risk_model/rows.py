"""Dated rows of many customers as arrays, and their sums by customer: what the features are made of.

Arrays and not a query of frames, because a chat turn asks some seventy sums of a few hundred rows: to plan them as a
query takes ten times as long as to add them up, and a night's thousand customers are no slower this way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import polars as pl

Doubles = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
Chosen = npt.NDArray[np.bool_]
Times = npt.NDArray[np.datetime64]
DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of customers 0 to N - 1, each customer's together and the oldest first.

    **Shape**: `of` (R,) is whose row it is, `day` (R,) the UTC day since 1970, `age` (R,) in days before now.
    """

    customers: int
    of: Numbers
    day: Numbers
    age: Doubles

    @classmethod
    def read(cls, frame: pl.DataFrame, customers: pl.Series, now: datetime) -> "Rows":
        """The rows of a frame of `Histories`, whose order it has; `customers` are the keys in their order."""
        time = frame["time"].to_numpy()
        return cls(
            len(customers),
            _owners(frame["customer_key"], customers),
            time.astype("datetime64[D]").view(np.int64),
            days_before(now, time),
        )

    def where(self, chosen: Chosen | Numbers) -> "Rows":
        return Rows(self.customers, self.of[chosen], self.day[chosen], self.age[chosen])

    def sums(self, weights: Doubles | Chosen | None = None) -> Doubles:
        """(N,): how many rows a customer has, or the sum of their `weights` (R,); 0 for who has none."""
        return np.bincount(self.of, weights, self.customers).astype(np.float64)

    def within(self, days: float) -> Doubles:
        """(N,): rows younger than this."""
        return self.sums(self.age < days)

    def means(self, values: Doubles) -> Doubles:
        """(N,): of the `values` (R,) that are known; NaN for who has none."""
        known = np.isfinite(values)
        return divided(self.where(known).sums(values[known]), self.sums(known))

    def newest(self, values: Doubles) -> Doubles:
        """(N,): the value (R,) of each customer's last row; NaN for who has none."""
        last = np.full(self.customers, np.nan)
        last[self.of] = values  # of several for one place the last one stays
        return last

    def oldest(self, values: Doubles) -> Doubles:
        """(N,): the value (R,) of each customer's first row; NaN for who has none."""
        first = np.full(self.customers, np.nan)
        first[self.of[::-1]] = values[::-1]
        return first

    def by_day(self) -> "Rows":
        """One row a customer and day: the newest of each."""
        last_of_day = np.ones(len(self.of), bool)
        last_of_day[:-1] = (np.diff(self.of) != 0) | (np.diff(self.day) != 0)
        return self.where(last_of_day)


def _owners(keys: pl.Series, customers: pl.Series) -> Numbers:
    """(R,): the number of the customer that each of these sorted keys names."""
    if len(customers) == 1:  # a chat turn: there is nobody else, and to look costs more than all the sums
        return np.zeros(len(keys), np.int64)
    runs = keys.rle().struct.unnest()
    numbers = customers.search_sorted(runs["value"]).to_numpy().astype(np.int64)
    return np.repeat(numbers, runs["len"].to_numpy())


def numbered(words: pl.Series, number_of: Mapping[str, int], other: int) -> Numbers:
    """(R,): the number of each word, `other` for an unknown one. Not as a query of frames, for the reason above."""
    return np.fromiter((number_of.get(word, other) for word in words.to_list()), np.int64, len(words))


def days_before(now: datetime, times: Times) -> Doubles:
    """(R,): how many days before now; NaN for a time that is unknown."""
    return np.asarray((np.datetime64(now.astimezone(UTC).replace(tzinfo=None), "us") - times) / DAY)


def joined(*parts: Rows) -> Rows:
    """All rows one after another, not sorted."""
    return Rows(
        parts[0].customers,
        np.concatenate([part.of for part in parts]),
        np.concatenate([part.day for part in parts]),
        np.concatenate([part.age for part in parts]),
    )


def divided(one: Doubles, by: Doubles) -> Doubles:
    """One by the other; NaN where that says nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient = one / by
    return np.where(np.isfinite(quotient), quotient, np.nan)
