"""How far a shop's level has moved, and where it is likely to stand from now on: whole seasons leave more or less than
behaviour explains.

The level of a cut-off is the log-odds by which the model's predictions there miss the share that left. Levels are
read as one Gaussian process over time and told for each week of the year to come: a season that comes back each year,
as large as the levels themselves make likely; swings of some weeks, which soon pass; what the first months of a log
lack, in which old customers look new; and a shift that stays. A first year does not tell its next season, so after it
no season is expected, and next to nothing is where levels hardly move.

Source: C. E. Rasmussen and C. K. I. Williams (2006), Gaussian Processes for Machine Learning, chapters 2 (the
prediction), 4 (the periodic covariance) and 5 (the evidence). Sizes were chosen on simulated shops with and without
a season and on three public logs; others around them did about as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from risk_model.calibration import Calibration, sigmoid

Doubles = npt.NDArray[np.float64]
WIDEST = 4.0
YEAR = 365.25  # days
SEASONS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.45, 0.7)  # how large a season may be, in log-odds
USUAL_SEASON = 0.2  # each e times as large or as small is a standard deviation less likely
SHARPNESS = 0.5  # of a season: the smaller, the shorter are its peaks
SWING, SWING_DAYS = 0.1, 30.0
SHIFT = 0.15
EARLY, EARLY_DAYS = 0.7, 140.0
LEAST_NOISE = 0.02
WEEKS = 7 * np.arange(53, dtype=np.float64)  # a year, in days from now


def level(logits: Doubles, left: Doubles) -> float:
    """The shift after which mean probability and share that left agree, within `WIDEST`."""
    low, high = -WIDEST, WIDEST
    for _ in range(40):
        middle = (low + high) / 2
        if sigmoid(logits + middle).mean() < left.mean():
            low = middle
        else:
            high = middle
    return (low + high) / 2


def noise(logits: Doubles) -> float:
    """Variance of a level that these customers (N,) show: few of them show it by chance."""
    likely = sigmoid(logits)
    return LEAST_NOISE**2 + 1 / float((likely * (1 - likely)).sum() + 1e-9)


def expected_levels(levels: Doubles, noises: Doubles, days_ago: Doubles, ahead: Doubles = WEEKS) -> Doubles:
    """(M,): the levels to expect so many days `ahead` (M,), of those (K,) of cut-offs so many days ago, 0 being the
    usual one.

    The mean over `SEASONS`, each weighted by how well it explains the levels.
    """
    days = np.concatenate([-days_ago, ahead])
    told, evidence = zip(*(_told(levels, noises, days, season) for season in SEASONS), strict=True)
    doubt = (np.log(np.array(SEASONS) / USUAL_SEASON)) ** 2 / 2
    expected: Doubles = softmax(np.array(evidence) - doubt) @ np.stack(told)
    return expected


def _told(levels: Doubles, noises: Doubles, days: Doubles, season: float) -> tuple[Doubles, float]:
    """The levels (M,) to expect on the last of the `days` (K + M,), and how likely the K known ones are, as log
    density.
    """
    seen = len(levels)
    together = _covariance(days, season)
    known = together[:seen, :seen] + np.diag(noises)
    weights = np.linalg.solve(known, levels)
    density = -(levels @ weights + np.linalg.slogdet(known).logabsdet) / 2
    return together[seen:, :seen] @ weights, float(density)


def _covariance(days: Doubles, season: float) -> Doubles:
    """(K, K), of levels on these days (K,)."""
    apart = days[:, None] - days
    returning = season**2 * np.exp(-2 * np.sin(np.pi * apart / YEAR) ** 2 / SHARPNESS**2)
    swinging = SWING**2 * np.exp(-((apart / SWING_DAYS) ** 2) / 2)
    early = EARLY * np.exp(-(days - days.min()) / EARLY_DAYS)
    covariance: Doubles = returning + swinging + early[:, None] * early + SHIFT**2
    return covariance


@dataclass(frozen=True, slots=True)
class InTime:
    """A calibration for the `usual` level, and how far from it the level is expected at the start of each of `WEEKS`
    (53,): a model goes on telling risks for months, and a season does not wait for the next training.
    """

    usual: Calibration
    levels: Doubles

    def at(self, days: float) -> Calibration:
        """So many days after the training; before it and after a year as at the nearest end."""
        return self.usual.shifted(float(np.interp(days, WEEKS, self.levels)))

    @classmethod
    def read(cls, usual: Calibration, stored: Sequence[float]) -> "InTime":
        """Of what the manifest keeps; a model from before levels were kept has none. Raises ValueError."""
        levels = np.array(stored or np.zeros(len(WEEKS)), np.float64)
        if levels.shape != WEEKS.shape or not np.isfinite(levels).all():
            raise ValueError(f"expected {len(WEEKS)} weekly levels, found {len(stored)} or not all numbers")
        return cls(usual, levels)
