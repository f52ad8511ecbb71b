"""How far scores and features have moved from those of the training: the population stability index (PSI), over ten
bins of risk, and over the tenths of a feature with one bin more for who has no value of it.

PSI = sum over bins of (now - then) ln(now / then), the field's standard for scorecards (N. Siddiqi, 2006, Credit Risk
Scorecards, ch. 9): below 0.1 little has changed, from 0.25 on much has.
"""

from collections.abc import Iterable, Sequence
from math import log

import numpy as np
import numpy.typing as npt

BINS = 10
DECIMALS = 3  # of a feature, as scores keep them
LITTLE, MUCH = 0.1, 0.25
FLOOR = 1e-4  # of a share, so that an empty bin counts and is not infinite


def shares(probabilities: Iterable[float]) -> list[float]:
    """The share of probabilities in each of `BINS` equal bins from 0 to 1, the lowest first; all 0 of none."""
    counts = [0] * BINS
    for probability in probabilities:
        counts[min(int(probability * BINS), BINS - 1)] += 1
    total = sum(counts)
    return [count / total if total else 0.0 for count in counts]


def spread(values: npt.ArrayLike) -> dict[str, list[float]]:
    """How a feature lies: `edges` between the tenths of its known values, each once, and `shares` by them."""
    known = _rounded(values)
    known = known[np.isfinite(known)]
    edges = np.unique(np.quantile(known, np.arange(1, BINS) / BINS)).tolist() if len(known) else []
    return {"edges": edges, "shares": shares_by(values, edges)}


def shares_by(values: npt.ArrayLike, edges: Sequence[float]) -> list[float]:
    """The share of values in each of the len(edges) + 1 bins, and of absent ones (NaN); all 0 of none."""
    rounded = _rounded(values)
    bins = np.where(np.isfinite(rounded), np.searchsorted(edges, rounded, side="right"), len(edges) + 1)
    counts = np.bincount(bins, minlength=len(edges) + 2)
    return [float(count / max(len(rounded), 1)) for count in counts]


def _rounded(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    rounded: npt.NDArray[np.float64] = np.asarray(values, np.float64).round(DECIMALS)
    return rounded


def stability_index(then: Sequence[float], now: Sequence[float]) -> float:
    """The PSI of two lists of shares; 0 where they are the same."""
    pairs = [(max(before, FLOOR), max(after, FLOOR)) for before, after in zip(then, now, strict=True)]
    return sum((after - before) * log(after / before) for before, after in pairs)
