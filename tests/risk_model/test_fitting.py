"""Fitting finds what was planted, in behaviour and in words, and finds nothing where nothing is."""

from dataclasses import replace
from itertools import islice

import numpy as np
import polars as pl
import pytest
import torch
from sklearn.metrics import roc_auc_score

from risk_model import fitting
from risk_model.examples import Examples, Floats, is_held_back
from risk_model.fitting import batch_of, bootstraps, fit, fit_linear, log_losses, out_of_bag, predict
from risk_model.manifest import NETWORKS, NetworkKind
from risk_model.modes import is_clear_gain
from risk_model.network import MEMBERS, Blend, Network, log_odds, network_of
from risk_model.parts import BINS, PiecewiseLinear

CUSTOMERS = 1500
FEATURES, DIMENSIONS, DAYS = 6, 32, 1
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
    examples = Examples.of_table(behaviour.astype(np.float32), left.astype(np.float32), keys)
    examples.which[wrote[:, 0], -1] = np.flatnonzero(wrote)
    examples.about[wrote[:, 0], -1, 0] = 1
    return replace(examples, vectors=text.astype(np.float32))


def with_shuffled_text(examples: Examples) -> Examples:
    order = np.random.default_rng(0).permutation(len(examples))
    return replace(examples, which=examples.which[order], about=examples.about[order])


def fitted(examples: Examples, centre: Floats, seed: int = 20) -> tuple[Network, float]:
    torch.set_num_threads(1)
    held = is_held_back(examples.keys)
    network = fit(examples.where(~held), examples.where(held), centre, seed, DAYS)
    losses = log_losses(predict(network, examples.where(held), centre, DAYS), examples.left[held])
    return network, float(losses.mean())


def auroc(network: Network, examples: Examples, centre: Floats) -> float:
    return float(roc_auc_score(examples.left, predict(network, examples, centre, DAYS)))


def test_a_planted_behaviour_signal_is_found_on_new_customers() -> None:
    network, _ = fitted(planted(1, text_weight=0.0), NO_TEXT)
    assert auroc(network, planted(2, text_weight=0.0), NO_TEXT) > 0.72


def test_a_planted_text_signal_is_found_on_new_customers() -> None:
    train, new = planted(1), planted(2)
    behaviour_only, behaviour_loss = fitted(train, NO_TEXT)
    full, full_loss = fitted(train, train.centre())
    assert full_loss < behaviour_loss - 0.02
    assert auroc(full, new, train.centre()) > auroc(behaviour_only, new, NO_TEXT) + 0.05


def test_the_words_of_others_add_nothing_and_cost_little() -> None:
    train, new = with_shuffled_text(planted(1)), with_shuffled_text(planted(2))
    behaviour_only, behaviour_loss = fitted(train, NO_TEXT)
    full, full_loss = fitted(train, train.centre())
    assert full_loss > behaviour_loss - 0.01
    assert abs(auroc(full, new, train.centre()) - auroc(behaviour_only, new, NO_TEXT)) < 0.02


def test_equal_seeds_give_equal_networks_and_other_seeds_others() -> None:
    examples = planted(1)
    centre = examples.centre()
    first, again, other = (
        predict(fitted(examples, centre, seed)[0], examples, centre, DAYS) for seed in (20, 20, 21)
    )
    assert np.array_equal(first, again)
    assert not np.allclose(first, other)


def test_absent_features_are_learned_from_and_always_give_a_number() -> None:
    network, _ = fitted(planted(1, absent=0.4), NO_TEXT)
    new = planted(2, absent=0.4)
    nothing_known = replace(new, behaviour=np.full_like(new.behaviour, np.nan))
    assert auroc(network, new, NO_TEXT) > 0.6
    assert np.isfinite(predict(network, nothing_known, NO_TEXT, DAYS)).all()


@pytest.mark.parametrize("kind", NETWORKS)
def test_every_kind_of_network_has_a_hazard_of_every_interval_for_every_member(kind: NetworkKind) -> None:
    examples = planted(1)
    network = network_of(kind, torch.from_numpy(examples.behaviour), DIMENSIONS, 3)
    batch = batch_of(examples, examples.centre(), np.arange(5))
    assert network(batch).shape == (5, MEMBERS, 3)


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


def test_out_of_bag_is_the_mean_of_those_members_that_never_saw_a_customer() -> None:
    logits = np.array([[1.0, 5.0, 3.0], [1.0, 2.0, 3.0]], np.float32)
    counted = torch.tensor([[0.0, 2.0, 0.0], [1.0, 1.0, 3.0]])
    got = out_of_bag(logits, counted)
    assert got[0] == 2
    assert np.isnan(got[1])


def test_the_logistic_regressions_find_what_was_planted_without_early_stopping() -> None:
    train, new = planted(1, text_weight=0.0, absent=0.2), planted(2, text_weight=0.0, absent=0.2)
    linear = fit_linear(train, bootstraps(train))
    with torch.no_grad():
        logits = linear(torch.from_numpy(new.behaviour))
    assert logits.shape == (CUSTOMERS, MEMBERS)
    assert roc_auc_score(new.left, logits.mean(1)) > 0.68


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_blend_lies_between_its_parts_by_its_share(share: float) -> None:
    train = planted(1)
    network, _ = fitted(train, NO_TEXT)
    linear = fit_linear(train, bootstraps(train))
    batch = batch_of(train, NO_TEXT, np.arange(len(train)))
    with torch.no_grad():
        course, words = network.read(batch)
        of_both, curve = Blend(network, linear, share, 0)(
            batch.behaviour, course, words.sum(1), batch.about[:, -1, :1]
        )
        expected = share * log_odds(network(batch), 0) + (1 - share) * linear(batch.behaviour)
    assert torch.allclose(of_both, expected, atol=1e-5)
    assert torch.allclose(curve[:, 0], torch.ones(len(train)))
    assert (curve.diff(dim=1) >= 0).all()


def test_bins_say_how_far_a_value_went_through_each() -> None:
    bins = PiecewiseLinear(torch.linspace(0, 8, 81)[:, None])
    encoded = bins(torch.tensor([[-1.0], [2.5], [99.0]]))
    assert encoded.shape == (3, BINS)
    assert torch.allclose(encoded.sum(1), torch.tensor([0.0, 2.5, 8.0]), atol=1e-4)


def test_bins_of_a_value_that_hardly_varies_are_finite() -> None:
    same = torch.zeros(50, 1)
    same[0] = 1
    assert torch.isfinite(PiecewiseLinear(same)(torch.tensor([[0.0], [0.5], [1.0]]))).all()


def test_a_value_beyond_what_training_saw_counts_as_the_nearest_seen() -> None:
    network, _ = fitted(planted(1), NO_TEXT)
    new = planted(2)
    far, farther = (replace(new, behaviour=np.full_like(new.behaviour, value)) for value in (1e4, 1e8))
    assert np.allclose(*(predict(network, part, NO_TEXT, DAYS) for part in (far, farther)))


def test_an_epoch_of_a_large_shop_shows_some_and_every_example_has_its_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fitting, "EPOCH", 100)
    shown = list(islice(fitting._epochs(250), 6))
    assert [len(rows) for rows in shown] == [100, 100, 50] * 2
    for once in (shown[:3], shown[3:]):
        assert sorted(torch.cat(once).tolist()) == list(range(250))
