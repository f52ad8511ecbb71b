"""Blend and calibration follow what a later cut-off shows."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import torch

from risk_model.calibration import Uncalibrated, log_odds
from risk_model.examples import Examples
from risk_model.fitting import bootstraps, fit_linear
from risk_model.hazards import ends_of
from risk_model.modes import Choice, Mode, choose, probabilities
from risk_model.network import LinearRisk, RiskNetwork

CUSTOMERS = 900
DAYS = 90
NO_TEXT = np.zeros(0, np.float32)


def shop(cut_offs: list[int], shift: dict[int, float] | None = None) -> Examples:
    """Each customer at each cut-off; leaving follows the first of three features, and a level moved by `shift`."""
    parts = []
    for cut_off in cut_offs:
        random = np.random.default_rng(cut_off)
        behaviour = random.normal(size=(CUSTOMERS, 3)).astype(np.float32)
        logit = 1.5 * behaviour[:, 0] + (shift or {}).get(cut_off, 0.0)
        left = (random.random(CUSTOMERS) < 1 / (1 + np.exp(-logit))).astype(np.float32)
        parts.append((behaviour, left, np.full(CUSTOMERS, cut_off)))
    behaviour, left, cut_off = (np.concatenate(column) for column in zip(*parts, strict=True))
    keys = pl.Series([f"c{number}" for number in range(CUSTOMERS)] * len(cut_offs))
    known = (DAYS + (max(cut_offs) - cut_off) * DAYS / 3).astype(np.float32)
    return replace(Examples.of_table(behaviour, left, keys), cut_off=cut_off, known=known)


def good(examples: Examples) -> LinearRisk:
    return fit_linear(examples, bootstraps(examples))


def astray(network: torch.nn.Module, parameter: torch.Tensor) -> torch.nn.Module:
    with torch.no_grad():
        parameter.copy_(torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1)) * 3)
    return network


def untrained(examples: Examples) -> RiskNetwork:
    """It says of everyone that they leave as likely as not: three intervals, each left with the cube root of 1/2."""
    network = RiskNetwork(torch.from_numpy(examples.behaviour), 0, len(ends_of(DAYS)))
    hazard = 1 - 0.5 ** (1 / 3)
    with torch.no_grad():
        network.bias.fill_(float(np.log(hazard / (1 - hazard))))
    return network.eval()


def test_a_network_that_errs_is_left_out_of_the_blend():
    seen, later = shop([0, 1, 2, 3]), shop([6])
    network = untrained(seen)
    mode = Mode(astray(network, network.linear), good(seen), NO_TEXT, DAYS)
    assert choose(mode, seen, bootstraps(seen), later).share == 0


def test_regressions_that_err_leave_all_to_the_network():
    seen, later = shop([0, 1, 2, 3]), shop([6])
    linear = LinearRisk(torch.from_numpy(seen.behaviour))
    mode = Mode(untrained(seen), astray(linear, linear.weight), NO_TEXT, DAYS)
    assert choose(mode, seen, bootstraps(seen), later).share == 1


def test_at_equal_loss_the_simpler_choice_is_taken():
    seen, later = shop([0, 1, 2, 3]), shop([6])
    few = seen.where(
        np.arange(len(seen)) % 10 == 0
    )  # too few for any calibration, so that all methods do nothing
    mode = Mode(untrained(seen), good(seen), NO_TEXT, DAYS)
    assert choose(mode, few, bootstraps(few), later).method == "none"


def test_a_level_that_happens_to_be_met_makes_no_method_better():
    seen, later = shop([0, 1, 2, 3], {3: 0.8}), shop([6], {6: 0.4})
    linear = good(shop([0, 1, 2, 3]))
    mode = Mode(untrained(seen), linear, NO_TEXT, DAYS)
    drawn = bootstraps(seen)
    met = probabilities(mode, 0.0, mode.calibration(Choice(0.0, "beta"), seen, drawn).usual, later)
    assert abs(met.mean() - later.left.mean()) < abs(
        probabilities(mode, 0.0, Uncalibrated(), later).mean() - later.left.mean()
    )
    assert choose(mode, seen, drawn, later, shares=(0.0,)).method == "none"


def test_probabilities_too_far_out_are_calibrated():
    seen, later = shop([0, 1, 2, 3]), shop([6])
    linear = good(seen)
    with torch.no_grad():
        linear.weight *= 7
    mode = Mode(untrained(seen), linear, NO_TEXT, DAYS)
    choice = choose(mode, seen, bootstraps(seen), later)
    calibration = mode.calibration(replace(choice, share=0.0), seen, bootstraps(seen)).at(0)
    plain, mended = (
        probabilities(mode, 0.0, one, later).astype(np.float64) for one in (Uncalibrated(), calibration)
    )
    assert np.square(mended - later.left).mean() < np.square(plain - later.left).mean()


@pytest.mark.parametrize("method", ["none", "beta"])
def test_a_season_that_came_twice_moves_the_probabilities_when_it_is_due(method):
    numbers = list(range(26))
    due = {
        number: 0.9 for number in numbers if number % 12 in (3, 4, 5)
    }  # now is 28: three cut-offs are a horizon
    steady, seasonal = shop(numbers), shop(numbers, due)
    linear = good(steady)
    at_zero = []
    for seen in (steady, seasonal):
        network = RiskNetwork(torch.from_numpy(seen.behaviour), 0, len(ends_of(DAYS)))
        fitted = (
            Mode(network.eval(), linear, NO_TEXT, DAYS)
            .calibration(Choice(0.0, method), seen, bootstraps(seen))
            .at(0)
        )
        assert fitted.method == method
        at_zero.append(float(log_odds(fitted.probability(np.zeros(1)))[0]))
    assert 0.5 < at_zero[1] - at_zero[0] < 1.1  # of 0.9, what two years make likely
