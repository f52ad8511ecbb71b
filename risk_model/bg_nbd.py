"""Buying as a process that may have ended: the BG/NBD model of Fader, Hardie and Lee ("Counting Your Customers" the
Easy Way, Marketing Science 24(2), 2005).

While still there, a customer buys at an own rate (gamma distributed over customers: `r`, `alpha`), and after each
purchase is gone for good with an own probability (beta distributed: `a`, `b`). What is known of a customer is the
number of repeat purchases, the age of the last one, and the time since the first. Time is in days; two purchases
on one day are one.
"""

from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import betaln, gammaln, hyp2f1

Doubles = npt.NDArray[np.float64]
FEWEST_REPEATING = 50
MOST_FITTED = 20_000
WIDTH = 3.0  # of a normal prior on each logarithm: keeps the four finite where the data say little


@dataclass(frozen=True, slots=True)
class Purchases:
    """**Shape**: each (N,). `repeats` counts purchase days after the first; `last` is days from first to last,
    `age` from first to now.
    """

    repeats: Doubles
    last: Doubles
    age: Doubles


@dataclass(frozen=True, slots=True)
class BuyingModel:
    """The four parameters, and how many days ahead `expected` looks."""

    r: float
    alpha: float
    a: float
    b: float
    horizon_days: float

    @classmethod
    def fit(cls, known: Purchases, horizon_days: float) -> "BuyingModel | None":
        """Maximum likelihood; None where fewer than `FEWEST_REPEATING` customers came back or no maximum is found."""
        if (known.repeats > 0).sum() < FEWEST_REPEATING:
            return None
        step = -(-len(known.age) // MOST_FITTED)
        some = Purchases(known.repeats[::step], known.last[::step], known.age[::step])
        start = np.log([1.0, max(float(np.median(some.age)), 1.0), 1.0, 2.0])
        found = minimize(
            _loss, start, args=(some, start), method="L-BFGS-B", bounds=[(mid - 8, mid + 8) for mid in start]
        )
        if not np.isfinite(found.fun):
            return None
        r, alpha, a, b = (float(value) for value in np.exp(found.x))
        return cls(r, alpha, a, b, horizon_days)

    def alive(self, known: Purchases) -> Doubles:
        """(N,): the probability that a customer is still there."""
        return np.asarray(1 / (1 + self._gone_odds(known)))

    def expected(self, known: Purchases) -> Doubles:
        """(N,): expected number of purchase days in the next `horizon_days` (equation 10 of the paper)."""
        x, ahead = known.repeats, self.horizon_days
        a = self.a if abs(self.a - 1) > 1e-6 else 1 + 1e-6  # the formula has a removable gap at 1
        until_then = self.alpha + known.age + ahead
        series = hyp2f1(self.r + x, self.b + x, a + self.b + x - 1, ahead / until_then)
        shrunk = ((self.alpha + known.age) / until_then) ** (self.r + x)
        bought = (a + self.b + x - 1) / (a - 1) * (1 - shrunk * series)
        return np.asarray(bought / (1 + self._gone_odds(known)))

    def leaves(self, known: Purchases) -> Doubles:
        """(N,): the probability of no purchase in the next `horizon_days`: gone already, or there and not buying.

        The rate of who is still there is gamma distributed (r + x, alpha + age), so that chance is a power.
        """
        since = self.alpha + known.age
        silent = (since / (since + self.horizon_days)) ** (self.r + known.repeats)
        return np.asarray(1 - self.alive(known) * (1 - silent))

    def to_json(self) -> dict[str, float]:
        return asdict(self)

    def _gone_odds(self, known: Purchases) -> Doubles:
        x = known.repeats
        waited = np.log((self.alpha + known.age) / (self.alpha + known.last))
        odds = self.a / (self.b + np.maximum(x, 1) - 1) * np.exp(np.minimum((self.r + x) * waited, 700))
        return np.asarray(np.where(x == 0, 0.0, odds))


def _loss(logs: Doubles, known: Purchases, start: Doubles) -> float:
    """Mean negative log-likelihood (equation 6 of the paper) and the prior around the start."""
    r, alpha, a, b = np.exp(logs)
    x = known.repeats
    rate = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    still_there = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + known.age)
    gone = betaln(a + 1, b + np.maximum(x, 1) - 1) - betaln(a, b) - (r + x) * np.log(alpha + known.last)
    either = np.where(x > 0, np.logaddexp(still_there, gone), still_there)
    prior = ((logs - start) ** 2).sum() / (2 * WIDTH**2)
    return float((prior - (rate + either).sum()) / len(x))
