"""The two ways to score, with text and by behaviour alone: each fitted, blended and calibrated for itself.

How much of the network goes in, and which calibration, is chosen on a cut-off later than all that was learned
from. The calibration itself is fitted on the newest cut-off, on out-of-bag log-odds: of those members that never
saw the customer. So the early-stopping customers decide nothing else, and all newer data is learned from.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import polars as pl
import torch
from torch import Tensor

from risk_model import fitting
from risk_model.calibration import METHODS, Calibration, Uncalibrated, fit_calibration, log_odds, sigmoid
from risk_model.examples import Examples, Floats
from risk_model.hazards import ends_of
from risk_model.level import InTime, expected_levels, level, noise
from risk_model.network import Blend, LinearRisk, Network

Option = TypeVar("Option", float, str)
# Of the network, beside logistic regressions. On moments of three public logs that the report does not test, .7 ranked
# a little better than .5; each alone did worse in rank or in log-loss.
SHARES = (0.7, 0.0, 1.0)
SURE = (
    2.0  # standard errors: two unlike models averaged beat the seemingly better one unless it is far better
)


@dataclass(frozen=True, slots=True)
class Choice:
    """The network's share in the blend, and a method of calibration."""

    share: float
    method: str


@dataclass(frozen=True, slots=True)
class Mode:
    """What was fitted for one way to score. `centre` has D = 0 without text."""

    network: Network
    linear: LinearRisk
    centre: Floats
    horizon_days: float

    def blended(self, share: float) -> Blend:
        horizon = ends_of(self.horizon_days).index(self.horizon_days)
        return Blend(self.network, self.linear, share, horizon)

    @torch.no_grad()
    def member_logits(self, examples: Examples, share: float) -> Floats:
        """(N, MEMBERS), as `Blend` computes them."""
        told = examples.with_written() if len(self.centre) else examples
        linear: Floats = self.linear(torch.from_numpy(told.behaviour)).numpy()
        if share == 0:
            return linear
        of_network = fitting.member_logits(self.network, examples, self.centre, self.horizon_days)
        return (1 - share) * linear + share * of_network

    def calibration(self, choice: Choice, seen: Examples, counted: Tensor) -> InTime:
        """Fitted on the newest cut-off of `seen`, then moved to the usual level, with those expected from now on.

        `counted` (N, MEMBERS) says which members learned from which customer.
        """
        logits = fitting.out_of_bag(self.member_logits(seen, choice.share), counted).astype(np.float64)
        known = np.isfinite(logits)
        logits, left, cut_off = logits[known], seen.left[known].astype(np.float64), seen.cut_off[known]
        days_ago = seen.known[known].astype(np.float64)
        newest = cut_off == cut_off.max()
        fitted = fit_calibration(choice.method, logits[newest], left[newest])
        told = log_odds(fitted.probability(logits))
        usual = level(told, left)
        parts = [cut_off == number for number in np.unique(cut_off)]
        expected = expected_levels(
            np.array([level(told[part], left[part]) for part in parts]) - usual,
            np.array([noise(told[part]) for part in parts]),
            np.array([days_ago[part].mean() for part in parts]),
        )
        # what was fitted on the newest cut-off comes back from its level to that of all, which the model itself has
        return InTime(fitted if fitted.method == "none" else fitted.shifted(usual), expected.round(4))


def choose(
    mode: Mode, seen: Examples, counted: Tensor, later: Examples, shares: Sequence[float] = SHARES
) -> Choice:
    """The first of `shares`, uncalibrated, unless another share or method does clearly better on a
    `later` cut-off: what is better within noise there is as often worse on the next.
    """

    def blended(share: float) -> Floats:
        return _losses(mode, share, Uncalibrated(), later)

    share = _clearly_best(shares, blended, later.keys)

    def calibrated(method: str) -> Floats:
        return _losses(mode, share, mode.calibration(Choice(share, method), seen, counted).usual, later)

    return Choice(share, _clearly_best(METHODS, calibrated, later.keys))


def is_clear_gain(gain: Floats, keys: pl.Series, errors: float = 1.0) -> bool:
    """Whether the mean gain (N,) is more than so many standard errors above 0; customers, not examples, are
    independent.
    """
    by_customer = pl.DataFrame({"key": keys, "gain": gain}).group_by("key").agg(pl.col("gain").mean())["gain"]
    mean, spread = by_customer.mean(), by_customer.std()
    if not isinstance(mean, float) or not isinstance(spread, float):
        return False
    return bool(mean > errors * spread / len(by_customer) ** 0.5)


def probabilities(mode: Mode, share: float, calibration: Calibration, examples: Examples) -> Floats:
    """(N,): as serving computes them."""
    logits = mode.member_logits(examples, share).mean(1)
    return calibration.probability(logits.astype(np.float64)).astype(np.float32)


def _losses(mode: Mode, share: float, calibration: Calibration, later: Examples) -> Floats:
    """(N,): how well the later customers are told from each other, at the level they turned out to have. That level
    is one number, however many customers show it: a method that met it by chance was taken for clearly better, and
    missed the next one.
    """
    told = log_odds(probabilities(mode, share, calibration, later).astype(np.float64))
    return fitting.log_losses(
        sigmoid(told + level(told, later.left.astype(np.float64))).astype(np.float32), later.left
    )


def _clearly_best(
    options: Sequence[Option], losses_of: Callable[[Option], Floats], keys: pl.Series
) -> Option:
    """The first of the options, unless a later one clearly gains on the best so far."""
    best = options[0]
    least = losses_of(best)
    for option in options[1:]:
        losses = losses_of(option)
        if is_clear_gain(least - losses, keys, SURE):
            best, least = option, losses
    return best
