"""From a model's log-odds to probabilities that hold: none, beta or Venn-Abers, and JSON for the manifest. No torch.

Beta calibration is the three-parameter map of Kull, Silva Filho and Flach (AISTATS 2017); Venn-Abers is the
inductive predictor of Vovk and Petej (UAI 2014): the isotonic fit is made twice, as if the new customer had stayed
and as if they had left, and the two answers are the ends of a range.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression, minimize

Doubles = npt.NDArray[np.float64]
FEWEST = {"none": 0, "beta": 200, "venn-abers": 1000}  # examples needed to fit each
PRIOR_WIDTH = 1.0  # of beta's three parameters around "change nothing"
SMALLEST_SLOPE = 0.05
TRACE = 0.002  # of the model's own probability in that of Venn-Abers
LEVELS = 200  # of Venn-Abers: scores are grouped, so that the manifest stays small


class Calibration(Protocol):
    """Log-odds (N,) to probability (N,). `span` is the range it gives itself, or None where it gives none; `shifted`
    is the same with its answers moved by so much log-odds.
    """

    method: str

    def probability(self, logits: Doubles) -> Doubles: ...
    def span(self, logits: Doubles) -> tuple[Doubles, Doubles] | None: ...
    def shifted(self, by: float) -> "Calibration": ...
    def to_json(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Uncalibrated:
    """The model's own probability, moved `by` so much log-odds."""

    by: float = 0.0
    method = "none"

    def probability(self, logits: Doubles) -> Doubles:
        return sigmoid(logits + self.by)

    def span(self, logits: Doubles) -> None:
        return None

    def shifted(self, by: float) -> "Uncalibrated":
        return Uncalibrated(round(self.by + by, 9))

    def to_json(self) -> dict[str, Any]:
        return {"method": self.method, "by": self.by}


@dataclass(frozen=True, slots=True)
class Beta:
    """log-odds = `a` log p - `b` log(1 - p) + `c`; rising, because `a` and `b` are positive."""

    a: float
    b: float
    c: float
    method = "beta"

    @classmethod
    def fit(cls, logits: Doubles, left: Doubles) -> "Beta":
        def loss(parameters: Doubles) -> float:
            mapped = cls(*parameters).log_odds(logits)
            entropy = np.logaddexp(0, mapped) - left * mapped
            return float(entropy.sum() + ((parameters - [1, 1, 0]) ** 2).sum() / (2 * PRIOR_WIDTH**2))

        bounds = [(SMALLEST_SLOPE, None), (SMALLEST_SLOPE, None), (None, None)]
        found = minimize(loss, np.array([1.0, 1.0, 0.0]), method="L-BFGS-B", bounds=bounds)
        return cls(*(round(float(value), 9) for value in found.x))

    def log_odds(self, logits: Doubles) -> Doubles:
        return np.asarray(-self.a * np.logaddexp(0, -logits) + self.b * np.logaddexp(0, logits) + self.c)

    def probability(self, logits: Doubles) -> Doubles:
        return sigmoid(self.log_odds(logits))

    def span(self, logits: Doubles) -> None:
        return None

    def shifted(self, by: float) -> "Beta":
        return Beta(self.a, self.b, round(self.c + by, 9))

    def to_json(self) -> dict[str, Any]:
        return {"method": self.method, "a": self.a, "b": self.b, "c": self.c}


@dataclass(frozen=True, slots=True)
class VennAbers:
    """The two isotonic answers `low` and `high` at each of the rising `scores` (log-odds); between them, a line.

    **Shape**: each (L,).
    """

    scores: Doubles
    low: Doubles
    high: Doubles
    method = "venn-abers"

    @classmethod
    def fit(cls, logits: Doubles, left: Doubles) -> "VennAbers":
        scores, rate, weight = _levels(logits, left)
        ends = [
            [_isotonic_with(rate, weight, at, outcome) for at in range(len(scores))] for outcome in (0.0, 1.0)
        ]
        return cls(scores, *(np.maximum.accumulate(np.round(end, 9)) for end in ends))

    def span(self, logits: Doubles) -> tuple[Doubles, Doubles]:
        return np.interp(logits, self.scores, self.low), np.interp(logits, self.scores, self.high)

    def probability(self, logits: Doubles) -> Doubles:
        """The value between both that is closest in log-loss to either, high / (1 - low + high), with a trace of the
        model's own: an isotonic fit makes many equal, and who is likelier to leave would be lost (AUROC .724 for .728
        on a retail log).
        """
        low, high = self.span(logits)
        return np.asarray((1 - TRACE) * high / (1 - low + high) + TRACE * sigmoid(logits))

    def shifted(self, by: float) -> "VennAbers":
        moved = (np.round(sigmoid(log_odds(end) + by), 9) for end in (self.low, self.high))
        return VennAbers(self.scores, *moved)

    def to_json(self) -> dict[str, Any]:
        columns = {"scores": self.scores, "low": self.low, "high": self.high}
        return {"method": self.method, **{name: column.tolist() for name, column in columns.items()}}


METHODS = ("none", "beta", "venn-abers")


def fit_calibration(method: str, logits: Doubles, left: Doubles) -> Calibration:
    """The method fitted on log-odds (N,) and outcomes (N,); `Uncalibrated` with too few of either outcome."""
    leavers = int(left.sum())
    if (
        method == "none"
        or len(left) < FEWEST[method]
        or min(leavers, len(left) - leavers) < FEWEST[method] / 20
    ):
        return Uncalibrated()
    fit = Beta.fit if method == "beta" else VennAbers.fit
    return fit(logits.astype(np.float64), left.astype(np.float64))


def read_calibration(stored: Mapping[str, Any]) -> Calibration:
    """What `to_json` wrote. Raises KeyError, TypeError or ValueError for anything else."""
    match stored["method"]:
        case "none":
            return Uncalibrated(float(stored.get("by", 0)))
        case "beta":
            return Beta(*(float(stored[name]) for name in "abc"))
        case "venn-abers":
            return VennAbers(*(np.asarray(stored[name], np.float64) for name in ("scores", "low", "high")))
        case other:
            raise ValueError(f"expected a calibration method among {', '.join(METHODS)}, found {other!r}")


def sigmoid(logits: npt.ArrayLike) -> Doubles:
    return np.asarray(1 / (1 + np.exp(-np.asarray(logits, dtype=np.float64))))


def log_odds(probability: Doubles) -> Doubles:
    bounded = np.clip(probability, 1e-9, 1 - 1e-9)
    return np.asarray(np.log(bounded / (1 - bounded)))


def _levels(logits: Doubles, left: Doubles) -> tuple[Doubles, Doubles, Doubles]:
    """Mean score, share that left and size of at most `LEVELS` groups of like score, rising; equal scores stay
    together.
    """
    edges = np.unique(np.quantile(logits, np.linspace(0, 1, LEVELS + 1)[1:-1]))
    _, group = np.unique(np.searchsorted(edges, logits, side="left"), return_inverse=True)
    size = np.bincount(group).astype(np.float64)
    return np.bincount(group, logits) / size, np.bincount(group, left) / size, size


def _isotonic_with(rate: Doubles, weight: Doubles, at: int, outcome: float) -> float:
    """The isotonic fit at level `at` once one more customer of that score and outcome is counted."""
    rates, weights = rate.copy(), weight.copy()
    weights[at] += 1
    rates[at] = (rate[at] * weight[at] + outcome) / weights[at]
    return float(isotonic_regression(rates, weights=weights).x[at])
