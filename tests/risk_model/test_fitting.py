"""Fitting finds what was planted, in behaviour and in words, and finds nothing where nothing is."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import torch
from sklearn.metrics import roc_auc_score

from risk_model.examples import Examples, Floats, is_held_back
from risk_model.fitting import bootstraps, fit, log_losses, predict, tensors
from risk_model.network import MEMBERS, RiskNetwork
from risk_model.training import is_clear_gain

CUSTOMERS = 1500
FEATURES, DIMENSIONS = 6, 32
NO_TEXT = np.zeros(0, dtype=np.float32)


def planted(
    seed: int, behaviour_weight: float = 1.2, text_weight: float = 2.0, absent: float = 0.0
) -> Examples:
    """Customers whose leaving follows one feature and, among the seven of ten who write, one direction of text."""
    random = np.random.default_rng(seed)
    behaviour = random.normal(size=(CUSTOMERS, FEATURES))
    wrote = random.random((CUSTOMERS, 1)) < 0.7
    text = np.where(wrote, random.normal(size=(CUSTOMERS, DIMENSIONS)) * 0.05, 0.0)
    mood = random.normal(size=(CUSTOMERS, 1)) * wrote
    text[:, :1] += 0.2 * mood
    logit = behaviour_weight * behaviour[:, 0] + text_weight * mood[:, 0] - 0.5
    left = random.random(CUSTOMERS) < 1 / (1 + np.exp(-logit))
    behaviour[random.random(behaviour.shape) < absent] = np.nan
    keys = pl.Series([f"customer-{seed}-{number}" for number in range(CUSTOMERS)])
    as_floats = (array.astype(np.float32) for array in (behaviour, text, wrote, left))
    return Examples(keys, np.zeros(CUSTOMERS, dtype=np.int64), *as_floats)


def with_shuffled_text(examples: Examples) -> Examples:
    order = np.random.default_rng(0).permutation(len(examples))
    return replace(examples, text=examples.text[order], has_text=examples.has_text[order])


def fitted(examples: Examples, centre: Floats, seed: int = 20) -> tuple[RiskNetwork, float]:
    torch.set_num_threads(1)
    held = is_held_back(examples.keys)
    network = fit(examples.where(~held), examples.where(held), centre, seed, lambda _done, _of: None)
    losses = log_losses(predict(network, tensors(examples.where(held), centre)), examples.left[held])
    return network, float(losses.mean())


def centre_of(examples: Examples) -> Floats:
    middle: Floats = examples.text[examples.has_text[:, 0] > 0].mean(0)
    return middle


def auroc(network: RiskNetwork, examples: Examples, centre: Floats) -> float:
    return float(roc_auc_score(examples.left, predict(network, tensors(examples, centre))))


def test_a_planted_behaviour_signal_is_found_on_new_customers() -> None:
    network, _ = fitted(planted(1, text_weight=0.0), NO_TEXT)
    assert auroc(network, planted(2, text_weight=0.0), NO_TEXT) > 0.72


def test_a_planted_text_signal_is_found_on_new_customers() -> None:
    train, new = planted(1), planted(2)
    behaviour_only, behaviour_loss = fitted(train, NO_TEXT)
    full, full_loss = fitted(train, centre_of(train))
    assert full_loss < behaviour_loss - 0.02
    assert auroc(full, new, centre_of(train)) > auroc(behaviour_only, new, NO_TEXT) + 0.05


def test_the_words_of_others_add_nothing_and_cost_little() -> None:
    train, new = with_shuffled_text(planted(1)), with_shuffled_text(planted(2))
    behaviour_only, behaviour_loss = fitted(train, NO_TEXT)
    full, full_loss = fitted(train, centre_of(train))
    assert full_loss > behaviour_loss - 0.01
    assert abs(auroc(full, new, centre_of(train)) - auroc(behaviour_only, new, NO_TEXT)) < 0.02


def test_equal_seeds_give_equal_networks_and_other_seeds_others() -> None:
    examples = planted(1)
    centre = centre_of(examples)
    inputs = tensors(examples, centre)
    first, again, other = (predict(fitted(examples, centre, seed)[0], inputs) for seed in (20, 20, 21))
    assert np.array_equal(first, again)
    assert not np.allclose(first, other)


def test_absent_features_are_learned_from_and_always_give_a_number() -> None:
    network, _ = fitted(planted(1, absent=0.4), NO_TEXT)
    new = planted(2, absent=0.4)
    nothing_known = replace(new, behaviour=np.full_like(new.behaviour, np.nan))
    assert auroc(network, new, NO_TEXT) > 0.6
    assert np.isfinite(predict(network, tensors(nothing_known, NO_TEXT))).all()


def test_there_is_a_logit_for_every_member() -> None:
    network = RiskNetwork(torch.randn(10, FEATURES), DIMENSIONS)
    assert network(torch.zeros(3, FEATURES), torch.zeros(3, DIMENSIONS), torch.ones(3, 1)).shape == (
        3,
        MEMBERS,
    )


@pytest.mark.parametrize(
    ("probability", "left", "loss"),
    [
        pytest.param([0.5, 0.5], [0.0, 1.0], np.log(2), id="a coin"),
        pytest.param([1.0, 0.0], [1.0, 0.0], 0.0, id="sure and right"),
    ],
)
def test_log_loss_is_the_mean_cross_entropy(probability: list[float], left: list[float], loss: float) -> None:
    got = log_losses(np.array(probability, np.float32), np.array(left, np.float32))
    assert got.mean() == pytest.approx(loss, abs=1e-5)


def test_a_gain_counts_only_when_it_is_above_its_noise_between_customers() -> None:
    keys = pl.Series([f"c{n // 5}" for n in range(500)])
    noise = np.random.default_rng(0).normal(size=100).repeat(5).astype(np.float32)
    assert is_clear_gain(noise - noise.mean() + 0.2, keys)
    assert not is_clear_gain(noise - noise.mean() + 0.05, keys)
    assert not is_clear_gain(np.full(500, -0.1, np.float32), keys)


def test_each_member_counts_all_examples_of_a_customer_alike() -> None:
    examples = planted(1)
    twice = replace(examples, keys=pl.Series([f"c{n // 2}" for n in range(len(examples))]))
    counted = bootstraps(twice).numpy()
    assert np.array_equal(counted[0::2], counted[1::2])
    assert counted.std() > 0.5


def test_a_value_beyond_what_training_saw_counts_as_the_nearest_seen() -> None:
    network, _ = fitted(planted(1), NO_TEXT)
    new = planted(2)
    far, farther = (replace(new, behaviour=np.full_like(new.behaviour, value)) for value in (1e4, 1e8))
    assert np.allclose(*(predict(network, tensors(part, NO_TEXT)) for part in (far, farther)))
