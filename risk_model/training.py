"""Train a churn model on what was known at one moment, and write it as a folder that serving can load."""

import warnings
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from safetensors.numpy import save_file
from sklearn.metrics import brier_score_loss, roc_auc_score

from risk_model import fitting, labels
from risk_model.errors import NothingToLearn, TooFewCustomers
from risk_model.examples import Examples, Floats, build_examples, is_held_back
from risk_model.features import FEATURES, anchor_of
from risk_model.histories import Histories
from risk_model.manifest import BEHAVIOUR_ONLY, FULL, TEXT, Manifest, write_model
from risk_model.network import RiskNetwork, export
from risk_model.progress import Progress, quiet
from risk_model.texts import TextEncoder

FEWEST_CUSTOMERS = 100
FEWEST_OF_A_CLASS = 10
SEED = 20
NO_TEXT = np.zeros(0, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Fitted:
    """One network by behaviour alone, for when there is no encoder, and one with text where text helped."""

    full: RiskNetwork | None
    behaviour_only: RiskNetwork
    centre: Floats
    features: list[str]
    averages: list[float]


def train(
    histories: Histories, horizon_days: int, encoder: TextEncoder, folder: Path, progress: Progress = quiet
) -> Manifest:
    """Learn to tell who leaves within `horizon_days` and write the model to `folder`.

    Every label window ends by `histories.as_of`. Metrics come from a network that never saw the newest
    cut-off; the one that is kept learns from all. Raises `TooFewCustomers` or `NothingToLearn` and then
    leaves `folder` alone.
    """
    torch.set_num_threads(1)
    anchor, horizon = anchor_of(histories), timedelta(days=horizon_days)
    examples = _examples(histories, anchor, horizon, encoder, progress)
    metrics = _out_of_time(examples, progress)
    fitted = _fit_both(examples, progress)
    contents = {
        "features": fitted.features,
        "averages": fitted.averages,
        "anchor": anchor,
        "horizon_days": horizon_days,
        "encoder_version": encoder.version,
        "trained_until": histories.as_of.isoformat(),
        "uses_text": fitted.full is not None,
        "calibration": "none",
        "metrics": metrics,
    }
    return write_model(folder, contents, lambda fresh: _write(fitted, fresh))


def _examples(
    histories: Histories, anchor: str, horizon: timedelta, encoder: TextEncoder, progress: Progress
) -> Examples:
    moments = labels.cut_offs(histories, anchor, horizon)
    if not moments:
        days = horizon.days + labels.SHORTEST_PAST.days
        raise NothingToLearn(
            f"expected at least {days} days of log before the training moment; ingest older events"
        )
    progress("reading texts", 0, 1)
    examples = build_examples(histories, anchor, moments, horizon, encoder.encode, encoder.dimensions)
    found = examples.keys.n_unique()
    if found < FEWEST_CUSTOMERS:
        raise TooFewCustomers(found, FEWEST_CUSTOMERS)
    leavers = int(examples.left.sum())
    if min(leavers, len(examples) - leavers) < FEWEST_OF_A_CLASS:
        raise NothingToLearn(
            f"{leavers} of {len(examples)} examples left; both kinds are needed, try another horizon"
        )
    return examples


def _out_of_time(examples: Examples, progress: Progress) -> dict[str, Any]:
    """AUROC and Brier on the newest cut-off, of networks trained on the older ones; empty when there is only one."""
    newest = examples.cut_off == examples.cut_off.max()
    test, older = examples.where(newest), examples.where(~newest)
    metrics: dict[str, Any] = {"examples": len(examples), "left_share": float(examples.left.mean())}
    if len(older) == 0 or len(np.unique(older.left)) < 2 or len(np.unique(test.left)) < 2:
        return metrics
    fitted = _fit_both(older, progress, step="testing on the newest cut-off")
    narrowed = _narrowed(test, [FEATURES.index(name) for name in fitted.features])
    recency = np.nan_to_num(test.behaviour[:, FEATURES.index("recency_days")])
    metrics |= {
        "test_examples": len(test),
        "test_left_share": float(test.left.mean()),
        "recency_only": {"auroc": _auroc(test.left, recency)},
        "behaviour_only": _measures(fitted.behaviour_only, narrowed, NO_TEXT),
    }
    if fitted.full is not None:
        metrics["with_text"] = _measures(fitted.full, narrowed, fitted.centre)
    return metrics


def _fit_both(examples: Examples, progress: Progress, step: str = "training") -> Fitted:
    """Both networks; the one with text is kept only where it clearly does better on the held-back customers."""
    chosen = _informative(examples.behaviour)
    narrowed = _narrowed(examples, chosen)
    held = is_held_back(narrowed.keys)
    train_part, held_part = narrowed.where(~held), narrowed.where(held)
    wrote = examples.has_text[:, 0] > 0
    centre = (
        examples.text[wrote].mean(0) if wrote.any() else np.zeros(examples.text.shape[1], dtype=np.float32)
    )

    def fit(middle: Floats, words: str) -> RiskNetwork:
        def report(done: int, of: int) -> None:
            progress(f"{step}: {words}", done, of)

        return fitting.fit(train_part, held_part, middle, SEED, report)

    behaviour_only = fit(NO_TEXT, "behaviour")
    full: RiskNetwork | None = None
    if wrote.any():
        with_text = fit(centre, "behaviour and text")
        gain = _losses(behaviour_only, held_part, NO_TEXT) - _losses(with_text, held_part, centre)
        full = with_text if is_clear_gain(gain, held_part.keys) else None
    averages = [float(value) for value in _averages(train_part.behaviour)]
    return Fitted(full, behaviour_only, centre, [FEATURES[index] for index in chosen], averages)


def is_clear_gain(gain: Floats, keys: pl.Series) -> bool:
    """Whether the mean gain (N,) is more than its standard error above 0; customers, not examples, are independent."""
    by_customer = pl.DataFrame({"key": keys, "gain": gain}).group_by("key").agg(pl.col("gain").mean())["gain"]
    mean, spread = by_customer.mean(), by_customer.std()
    if not isinstance(mean, float) or not isinstance(spread, float):
        return False
    return bool(mean > spread / len(by_customer) ** 0.5)


def _losses(network: RiskNetwork, examples: Examples, centre: Floats) -> Floats:
    return fitting.log_losses(fitting.predict(network, fitting.tensors(examples, centre)), examples.left)


def _informative(behaviour: Floats) -> list[int]:
    """Columns that differ between customers: what this shop does not record is absent from its model."""
    return [
        index for index, column in enumerate(behaviour.T) if len(np.unique(column[~np.isnan(column)])) > 1
    ]


def _narrowed(examples: Examples, chosen: list[int]) -> Examples:
    narrow = np.ascontiguousarray(examples.behaviour[:, chosen])
    return Examples(examples.keys, examples.cut_off, narrow, examples.text, examples.has_text, examples.left)


def _averages(behaviour: Floats) -> Floats:
    """(F,): the raw value whose standardised one is 0, the shop's average customer."""
    squeezed = np.sign(behaviour) * np.log1p(np.abs(behaviour))
    mean = np.nanmean(squeezed, axis=0)
    raw: Floats = np.sign(mean) * np.expm1(np.abs(mean))
    return raw


def _measures(network: RiskNetwork, examples: Examples, centre: Floats) -> dict[str, float]:
    probability = fitting.predict(network, fitting.tensors(examples, centre))
    return {
        "auroc": _auroc(examples.left, probability),
        "brier": float(brier_score_loss(examples.left, probability)),
    }


def _auroc(left: Floats, score: Floats) -> float:
    return float(roc_auc_score(left, score))


def _write(fitted: Fitted, folder: Path) -> None:
    with warnings.catch_warnings():
        # torch says at each export that its other exporter is newer; that one's graphs are not fused
        warnings.simplefilter("ignore", DeprecationWarning)
        export(fitted.behaviour_only, len(fitted.features), folder / BEHAVIOUR_ONLY)
        if fitted.full is not None:
            export(fitted.full, len(fitted.features), folder / FULL)
    save_file({"centre": fitted.centre}, folder / TEXT)
