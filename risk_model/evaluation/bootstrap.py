"""How sure a difference is: the same resampled customers for both contenders."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from risk_model.evaluation.metrics import SMALLEST
from risk_model.examples import Floats

Doubles = npt.NDArray[np.float64]
RESAMPLES = 1000
INTERVAL = (0.025, 0.975)
Figure = Callable[[Doubles], float]  # from how often each customer counts


def differences(
    left: Floats, ours: Floats, theirs: Floats, seed: int, resamples: int = RESAMPLES
) -> dict[str, tuple[float, float, float]]:
    """Ours minus theirs with its 95 % interval (difference, low, high), for figures that weights suit.

    Customers are drawn with replacement; each stands in a test once, so rows are customers.
    """
    drawn = np.random.default_rng(seed).multinomial(len(left), np.full(len(left), 1 / len(left)), resamples)
    figures = zip(_figures(left, ours).items(), _figures(left, theirs).values(), strict=True)
    return {name: _interval(mine, other, drawn) for (name, mine), other in figures}


def _interval(ours: Figure, theirs: Figure, drawn: npt.NDArray[np.int64]) -> tuple[float, float, float]:
    once = np.ones(drawn.shape[1])
    found = [ours(weights) - theirs(weights) for weights in drawn.astype(np.float64)]
    low, high = np.nanquantile(found, INTERVAL)
    return ours(once) - theirs(once), float(low), float(high)


def _figures(left: Floats, probability: Floats) -> dict[str, Figure]:
    p = np.clip(probability.astype(np.float64), SMALLEST, 1 - SMALLEST)
    squares, losses = (p - left) ** 2, -np.where(left > 0, np.log(p), np.log(1 - p))
    return {
        "auroc": weighted_auroc(left, probability),
        "brier": lambda weights: float(weights @ squares / weights.sum()),
        "log_loss": lambda weights: float(weights @ losses / weights.sum()),
    }


def weighted_auroc(left: Floats, probability: Floats) -> Figure:
    """AUROC as a function of weights, sorted once; nan where a draw holds one class only. Ties count half."""
    order = np.argsort(probability, kind="stable")
    sorted_left = left[order].astype(np.float64)
    starts = np.flatnonzero(np.diff(probability[order], prepend=-np.inf))

    def auroc(weights: Doubles) -> float:
        sorted_weights = weights[order]
        leavers = np.add.reduceat(sorted_weights * sorted_left, starts)
        others = np.add.reduceat(sorted_weights * (1 - sorted_left), starts)
        below = np.cumsum(others) - others / 2
        pairs = leavers.sum() * others.sum()
        return float(leavers @ below / pairs) if pairs else float("nan")

    return auroc
