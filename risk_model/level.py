"""How much of a lately moved level to expect again: whole seasons leave more or less than behaviour explains.

The level of a cut-off is the log-odds by which the model's predictions there miss the share that left. What it was
one horizon ago says something about now: as much as it did at the earlier cut-offs of the same shop and, where there
were too few of them to tell, as much as a wave of one year is like itself one horizon later: of one month ahead most
of it, of three months ahead nothing. So does, in a log that long, what set this time of the last year apart.

Of three months ahead a first year does not tell its next season. Going by what the last month showed was tried: it met
the rise of one autumn, missed where it turned, and was noise where the share of leavers is steady.
"""

import math

import numpy as np
import numpy.typing as npt

from risk_model.calibration import sigmoid

Doubles = npt.NDArray[np.float64]
PRIOR_PAIRS = 10.0
YEAR_AGO = 0.35  # how much of what set this season apart a year ago comes back; judged on Musical Instruments
LAG = 3  # cut-offs to a horizon
YEAR = 365.25  # days
WIDEST = 4.0


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


def expected_level(levels: Doubles, horizon_days: float) -> float:
    """The level one horizon after the newest of the cut-offs (K,), which stand a third of a horizon apart, oldest
    first.
    """
    return persistence(levels, horizon_days) * float(levels[-1]) + YEAR_AGO * _season(levels, horizon_days)


def persistence(levels: Doubles, horizon_days: float) -> float:
    """How much of a level is left one horizon later, 0 to 1: a regression through 0 on the earlier cut-offs (K,),
    oldest first, that starts from a yearly wave as if `PRIOR_PAIRS` had shown it.
    """
    earlier, later = levels[:-LAG], levels[LAG:]
    wave = max(math.cos(2 * math.pi * horizon_days / YEAR), 0.0)
    weight = PRIOR_PAIRS * float((levels**2).mean()) + 1e-9
    slope = (float(earlier @ later) + weight * wave) / (float(earlier @ earlier) + weight)
    return min(max(slope, 0.0), 1.0)


def _season(levels: Doubles, horizon_days: float) -> float:
    """By how much the cut-offs around the one a year before now stood out; 0 in a log that does not reach there."""
    back = round(YEAR * LAG / horizon_days) - LAG + 1  # that far before the end lies the season to come
    if not LAG < back <= len(levels):
        return 0.0
    there = len(levels) - back
    return float(levels[max(there - 1, 0) : there + 2].mean() - levels.mean())
