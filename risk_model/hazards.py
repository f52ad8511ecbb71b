"""When does the next order come? Hazards of intervals, and from them leaving within any horizon. No torch.

The hazard of an interval is the probability that the next anchor event falls in it, given none before. Who has none up
to the end of a horizon counts as having left within it: so survival gives every horizon, and a longer one, in which
there is more time to come back, never has a higher probability.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

USUAL_ENDS = (30, 60, 90)  # days
TOO_CLOSE = 0.1  # of the horizon: an interval so short would have nothing to learn from
ROUNDING = 1e-3  # days
Floats = npt.NDArray[np.float32]


def ends_of(horizon_days: float) -> tuple[float, ...]:
    """The ends of the intervals in days, rising: the usual ones, and the horizon."""
    apart = (end for end in USUAL_ENDS if abs(end - horizon_days) > TOO_CLOSE * horizon_days)
    return tuple(sorted({float(horizon_days), *map(float, apart)}))


def targets(back: Floats, known: Floats, ends: Sequence[float]) -> tuple[Floats, Floats]:
    """(came, counts), each (N, K): whether the next event fell in the interval, and whether that is known and nothing
    came before. `back` and `known` (N,) are those of `Examples`.

    An interval that was not seen to its end teaches nothing, also where something came: else those who come early
    would count and those who stay away would not.
    """
    end = np.asarray(ends, np.float32)
    start = np.concatenate([[0], end[:-1]]).astype(np.float32)
    back, known = back[:, None], known[:, None]
    counts = (back > start) & (known >= end - ROUNDING)
    return (counts & (back <= end)).astype(np.float32), counts.astype(np.float32)


def leaves_within(days: float, probability: float, ends: Sequence[float], shares: Sequence[float]) -> float:
    """The probability of leaving within `days`, where it is `probability` within the horizon.

    `shares` has the cumulative hazard of an order at the `ends`, as shares of that at the horizon;
    between them it grows evenly, after the last one as in the last interval.
    """
    at, share = [0.0, *ends], [0.0, *shares]
    if days > at[-1]:
        slope = (share[-1] - share[-2]) / (at[-1] - at[-2])
        told = share[-1] + slope * (days - at[-1])
    else:
        told = float(np.interp(days, at, share))
    return float(max(probability, 1e-12) ** told)
