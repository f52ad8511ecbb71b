"""How good probabilities of leaving are: ranking, calibration, and what a retention campaign would earn.

**Shape** everywhere: left (N,) of 0 and 1, probability (N,), at least one of either class.
"""

import numpy as np
import numpy.typing as npt
from scipy.special import beta as beta_function
from scipy.special import betainc
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from risk_model.examples import Floats

Doubles = npt.NDArray[np.float64]
BINS = 10
TOP_SHARE = 0.1
SMALLEST = 1e-6
# The campaign of Verbraken et al.: a customer is worth 200, an offer costs 10, a contact 1, and an offer keeps
# a leaver with a chance that is Beta(6, 14), 30 % on average.
CUSTOMER_VALUE, OFFER, CONTACT = 200.0, 10.0, 1.0
ACCEPT_ALPHA, ACCEPT_BETA = 6.0, 14.0


def measure(left: Floats, probability: Floats) -> dict[str, float]:
    """All figures of one contender on one test."""
    return {
        "auroc": float(roc_auc_score(left, probability)),
        "average_precision": float(average_precision_score(left, probability)),
        "brier": float(brier_score_loss(left, probability)),
        "log_loss": float(log_loss(left, np.clip(probability.astype(np.float64), SMALLEST, 1 - SMALLEST))),
        "ece": expected_calibration_error(left, probability),
        "lift": lift(left, probability),
        "empc": empc(left, probability),
    }


def reliability(left: Floats, probability: Floats, bins: int = BINS) -> list[tuple[float, float, int]]:
    """(mean probability, share that left, customers) of equal-mass bins by probability, the lowest first."""
    order = np.argsort(probability, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    return [(float(probability[p].mean()), float(left[p].mean()), len(p)) for p in parts]


def expected_calibration_error(left: Floats, probability: Floats) -> float:
    """Mean distance between promised and true share over `BINS` bins of equally many customers."""
    rows = reliability(left, probability)
    return sum(abs(promised - true) * count for promised, true, count in rows) / len(left)


def lift(left: Floats, probability: Floats, share: float = TOP_SHARE) -> float:
    """How many times more leavers than average among the riskiest `share`. Equal scores share their place."""
    found, targeted = _captured(left, probability)
    return float(np.interp(share, targeted, found)) / share


def empc(left: Floats, probability: Floats) -> float:
    """Expected maximum profit a customer of a retention campaign that targets the riskiest, in the currency of
    `CUSTOMER_VALUE`.

    T. Verbraken, W. Verbeke and B. Baesens (2013), A Novel Profit Maximizing Metric for Measuring
    Classification Performance of Customer Churn Prediction Models, IEEE TKDE 25(5), 961-973: for each chance g
    that an offer is accepted the best share is targeted, a vertex of the ROC curve's convex hull; the profit is
    linear in g between two of the hull's slopes, so the integral over Beta(6, 14) is exact.
    """
    leavers = float(left.mean())
    cost, contact = OFFER / CUSTOMER_VALUE, CONTACT / CUSTOMER_VALUE
    caught, alarmed = _hull(*_roc(left, probability))
    with np.errstate(divide="ignore"):
        slope = np.diff(alarmed) / np.diff(caught)  # false alarms a caught leaver, rising along the hull
    turns = (1 - leavers) * (cost + contact) * slope / (leavers * (1 - cost)) + contact / (1 - cost)
    edges = np.concatenate([[0.0], np.clip(turns, 0, 1), [1.0]])
    mass = np.diff(betainc(ACCEPT_ALPHA, ACCEPT_BETA, edges))
    mean = beta_function(ACCEPT_ALPHA + 1, ACCEPT_BETA) / beta_function(ACCEPT_ALPHA, ACCEPT_BETA)
    first_moment = mean * np.diff(betainc(ACCEPT_ALPHA + 1, ACCEPT_BETA, edges))
    gain = (1 - cost) * leavers * caught
    price = contact * leavers * caught + (cost + contact) * (1 - leavers) * alarmed
    return float(CUSTOMER_VALUE * (gain * first_moment - price * mass).sum())


def _captured(left: Floats, probability: Floats) -> tuple[Doubles, Doubles]:
    """Share of all leavers found, and share of customers targeted, going down the distinct scores."""
    leavers, others = _counts(left, probability)
    found, targeted = np.cumsum(leavers), np.cumsum(leavers + others)
    return np.append(0, found / found[-1]), np.append(0, targeted / targeted[-1])


def _roc(left: Floats, probability: Floats) -> tuple[Doubles, Doubles]:
    """(share of leavers caught, share of others alarmed), going down the distinct scores from (0, 0)."""
    leavers, others = (np.append(0, np.cumsum(c)) for c in _counts(left, probability))
    return leavers / leavers[-1], others / others[-1]


def _counts(left: Floats, probability: Floats) -> tuple[Doubles, Doubles]:
    _, score = np.unique(-probability, return_inverse=True)
    return np.bincount(score, left).astype(np.float64), np.bincount(score, 1 - left).astype(np.float64)


def _hull(caught: Doubles, alarmed: Doubles) -> tuple[Doubles, Doubles]:
    """The vertices of the upper convex hull of a ROC curve, in order."""
    kept: list[int] = []
    for point in range(len(caught)):
        while len(kept) > 1 and _not_above(caught, alarmed, kept[-2], kept[-1], point):
            kept.pop()
        kept.append(point)
    return caught[kept], alarmed[kept]


def _not_above(caught: Doubles, alarmed: Doubles, before: int, middle: int, after: int) -> bool:
    """Whether the middle point lies on or below the line from the one before to the one after."""
    rise = (caught[middle] - caught[before]) * (alarmed[after] - alarmed[before])
    return bool(rise <= (caught[after] - caught[before]) * (alarmed[middle] - alarmed[before]))
