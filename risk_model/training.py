"""Train a churn model on what was known at one moment, and write it as a folder that serving can load."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors.numpy import save_file
from sklearn.metrics import brier_score_loss, roc_auc_score
from torch import Tensor

from risk_model import fitting, labels
from risk_model.bg_nbd import BuyingModel
from risk_model.drift import shares, spread
from risk_model.errors import NothingToLearn, TooFewCustomers
from risk_model.evaluation.metrics import reliability
from risk_model.examples import Examples, Floats, build_examples, is_held_back
from risk_model.features import FEATURES, anchor_of, purchases
from risk_model.hazards import ends_of
from risk_model.histories import Histories
from risk_model.level import InTime
from risk_model.manifest import CENTRES, Manifest, NetworkKind, judge_file, reader_file, write_model
from risk_model.modes import SHARES, Choice, Mode, choose, is_clear_gain, probabilities
from risk_model.network import MEMBERS, Network, export
from risk_model.progress import Progress, quiet
from risk_model.sequences import kinds_in
from risk_model.texts import TextEncoder
from risk_model.tone.prior import labelled_texts
from risk_model.watching import Watch
from risk_model.writing import WRITTEN

FEWEST_CUSTOMERS = 100
FEWEST_OF_A_CLASS = 10
FEW_CUSTOMERS = 3000  # below, the training output tells that the network may have been too much for the data
SEED = 20
HOUR = 1 / 24  # days
NO_TEXT = np.zeros(0, dtype=np.float32)
UNWATCHED = Watch(quiet)


@dataclass(frozen=True, slots=True)
class Fitted:
    """One mode by behaviour alone, for when there is no encoder, and one with text where text helped.

    `seen` are the examples but for the early-stopping customers, and `counted` their bootstraps: what calibration
    rests on.
    """

    full: Mode | None
    behaviour_only: Mode
    shares: Sequence[float]
    features: list[str]
    text_features: list[str]
    averages: list[float]
    seen: Examples
    counted: Tensor

    def modes(self) -> dict[str, Mode]:
        with_text = {} if self.full is None else {"with_text": self.full}
        return {"behaviour_only": self.behaviour_only, **with_text}

    def narrowed(self, examples: Examples) -> Examples:
        chosen = [FEATURES.index(name) for name in self.features]
        return _narrowed(examples, chosen, [WRITTEN.index(name) for name in self.text_features])


@dataclass(frozen=True, slots=True)
class Learned:
    """A model ready to serve: for each way to score the network's share in the blend and its calibration; and how
    well it did out of time.
    """

    fitted: Fitted
    blends: dict[str, float]
    calibrations: dict[str, InTime]
    metrics: dict[str, Any]

    @property
    def serves(self) -> str:
        """The way it scores where nothing is missing."""
        return "with_text" if "with_text" in self.blends else "behaviour_only"

    def predict(self, examples: Examples) -> Floats:
        """(N,): the probabilities by which it would score examples with all `FEATURES` now."""
        mode, name = self.fitted.modes()[self.serves], self.serves
        narrowed = self.fitted.narrowed(examples)
        return probabilities(mode, self.blends[name], self.calibrations[name].at(0), narrowed)


def train(
    histories: Histories,
    horizon_days: int,
    encoder: TextEncoder,
    folder: Path,
    progress: Progress = quiet,
    kind: NetworkKind = "fusion",
) -> Manifest:
    """Learn to tell who leaves within `horizon_days` and write the model to `folder`, and beside it how the losses
    went, for TensorBoard.

    Every label window ends by `histories.as_of`. Blend, calibration and metrics come from networks that never saw
    the newest cut-off; the ones that are kept learn from all. Raises `TooFewCustomers` or `NothingToLearn` and then
    leaves `folder` alone.
    """
    torch.set_num_threads(1)
    anchor, horizon = anchor_of(histories), timedelta(days=horizon_days)
    moments = _moments(histories, anchor, horizon)
    # of what was known at the newest cut-off: its label window is in nothing that is tested on it
    buying = BuyingModel.fit(purchases(histories.until(moments[-1]), anchor), horizon_days)
    examples = _examples(histories, anchor, moments, horizon, encoder, buying, progress)
    learned = learn(examples, horizon, Watch(progress, folder), kind)
    fitted, blends = learned.fitted, learned.blends
    contents = {
        "features": fitted.features,
        "text_features": fitted.text_features,
        "feature_shares": _feature_shares(fitted, examples),
        "event_kinds": kinds_in(examples.events),
        "averages": fitted.averages,
        "anchor": anchor,
        "horizon_days": horizon_days,
        "ends": ends_of(horizon_days),
        "network": kind,
        "encoder_version": encoder.version,
        "trained_until": histories.as_of.isoformat(),
        "uses_text": learned.serves == "with_text",
        "buying": None if buying is None else buying.to_json(),
        "few_customers": learned.metrics["customers"] < FEW_CUSTOMERS,
        "network_share": blends,
        "calibration": {name: in_time.usual.to_json() for name, in_time in learned.calibrations.items()},
        "levels": {name: in_time.levels.tolist() for name, in_time in learned.calibrations.items()},
        "metrics": learned.metrics | {"labelled_texts": labelled_texts(histories, horizon)},
    }
    return write_model(folder, contents, lambda fresh: _write(fitted, blends, fresh))


def learn(
    examples: Examples, horizon: timedelta, watch: Watch = UNWATCHED, kind: NetworkKind = "fusion"
) -> Learned:
    """Choose on the newest cut-off, then learn from all."""
    choices, metrics = _out_of_time(examples, horizon, watch, kind)
    fitted = _fit_both(examples, horizon, watch, kind)
    blends, calibrations = _chosen(fitted, choices)
    return Learned(fitted, blends, calibrations, metrics)


def _moments(histories: Histories, anchor: str, horizon: timedelta) -> list[datetime]:
    moments = labels.cut_offs(histories, anchor, horizon)
    if not moments:
        days = horizon.days + labels.SHORTEST_PAST.days
        raise NothingToLearn(
            f"expected at least {days} days of log before the training moment; ingest older events"
        )
    return moments


def _examples(
    histories: Histories,
    anchor: str,
    moments: Sequence[datetime],
    horizon: timedelta,
    encoder: TextEncoder,
    buying: BuyingModel | None,
    progress: Progress,
) -> Examples:
    progress("reading texts", 0, 1)
    examples = build_examples(histories, anchor, moments, horizon, encoder, buying)
    found = examples.keys.n_unique()
    if found < FEWEST_CUSTOMERS:
        raise TooFewCustomers(found, FEWEST_CUSTOMERS)
    leavers = int(examples.left.sum())
    if min(leavers, len(examples) - leavers) < FEWEST_OF_A_CLASS:
        raise NothingToLearn(
            f"{leavers} of {len(examples)} examples left; both kinds are needed, try another horizon"
        )
    return examples


def _out_of_time(
    examples: Examples, horizon: timedelta, watch: Watch, kind: NetworkKind
) -> tuple[dict[str, Choice], dict[str, Any]]:
    """What to choose for each mode, and AUROC and Brier with that choice, on the newest cut-off, of networks trained
    on the older ones. Without an older cut-off no choice.
    """
    newest = examples.cut_off == examples.cut_off.max()
    test, older = examples.where(newest), examples.where(_known_by_then(examples, horizon))
    older = older.forgetting(float(test.known[0]), horizon.days)
    metrics: dict[str, Any] = {
        "examples": len(examples),
        "customers": examples.keys.n_unique(),
        "left_share": float(examples.left.mean()),
    }
    if len(older) == 0 or len(np.unique(older.left)) < 2 or len(np.unique(test.left)) < 2:
        return {}, metrics
    fitted = _fit_both(older, horizon, watch, kind, step="testing on the newest cut-off")
    narrowed = fitted.narrowed(test)
    choices = {
        name: choose(mode, fitted.seen, fitted.counted, narrowed, fitted.shares)
        for name, mode in fitted.modes().items()
    }
    recency = np.nan_to_num(test.behaviour[:, FEATURES.index("recency_days")])
    metrics |= {
        "test_examples": len(test),
        "test_left_share": float(test.left.mean()),
        "recency_only": {"auroc": _auroc(test.left, recency)},
    }
    for name, mode in fitted.modes().items():
        calibration = mode.calibration(choices[name], fitted.seen, fitted.counted).at(0)
        metrics[name] = _measures(test.left, probabilities(mode, choices[name].share, calibration, narrowed))
    return choices, metrics


def _known_by_then(examples: Examples, horizon: timedelta) -> npt.NDArray[np.bool_]:
    """(N,): the examples whose label window had ended by the newest cut-off, as in real use; in a short log, with less
    than two such cut-offs, all older ones.
    """
    ended: npt.NDArray[np.bool_] = examples.known > examples.known.min() + horizon.days - HOUR
    older: npt.NDArray[np.bool_] = examples.cut_off < examples.cut_off.max()
    return ended if len(np.unique(examples.cut_off[ended])) > 1 else older


def _chosen(fitted: Fitted, choices: dict[str, Choice]) -> tuple[dict[str, float], dict[str, InTime]]:
    """The network's share and the calibration of each mode. One that could not be tested takes the usual one,
    uncalibrated; one with text whose network turned out worth nothing is left out: only of the network was it seen
    that text helps.
    """
    blends: dict[str, float] = {}
    calibrations: dict[str, InTime] = {}
    for name, mode in fitted.modes().items():
        choice = choices.get(name, Choice(fitted.shares[0], "none"))
        if name == "behaviour_only" or choice.share > 0:
            blends[name] = choice.share
            calibrations[name] = mode.calibration(choice, fitted.seen, fitted.counted)
    return blends, calibrations


def _fit_both(
    examples: Examples, horizon: timedelta, watch: Watch, kind: NetworkKind, step: str = "training"
) -> Fitted:
    """Both modes; the one with text is kept only where it clearly does better on the held-back customers. A network
    of the textbook reads no text, stands alone, and has one bootstrap.
    """
    held = is_held_back(examples.keys)
    chosen, said = _informative(examples.behaviour), _informative(examples.written[~held])
    narrowed = _narrowed(examples, chosen, said)
    train_part, held_part = narrowed.where(~held), narrowed.where(held)
    counted = fitting.bootstraps(narrowed, SEED)
    if kind != "fusion":
        counted = counted[:, :1].expand(-1, MEMBERS)
    drawn = counted[torch.from_numpy(~held)]

    def fit(middle: Floats, words: str) -> Network:
        with watch.fitting(f"{step}: {words}", fitting.EPOCHS) as report:
            return fitting.fit(train_part, held_part, middle, SEED, horizon.days, report, drawn, kind)

    linear = fitting.fit_linear(narrowed, counted)
    behaviour_only = Mode(fit(NO_TEXT, "behaviour"), linear, NO_TEXT, horizon.days)
    full: Mode | None = None
    if kind == "fusion" and examples.has_text.any():
        centre = examples.centre()
        linear_with_text = fitting.fit_linear(narrowed.with_written(), counted) if said else linear
        with_text = Mode(fit(centre, "behaviour and text"), linear_with_text, centre, horizon.days)
        gain = _losses(behaviour_only, held_part) - _losses(with_text, held_part)
        full = with_text if is_clear_gain(gain, held_part.keys) else None
    averages = [float(value) for value in _averages(train_part.with_written().behaviour)]
    names, text_names = [FEATURES[index] for index in chosen], [WRITTEN[index] for index in said]
    shares = SHARES if kind == "fusion" else (1.0,)
    return Fitted(full, behaviour_only, shares, names, text_names, averages, train_part, drawn)


def _losses(mode: Mode, examples: Examples) -> Floats:
    probability = fitting.predict(mode.network, examples, mode.centre, mode.horizon_days)
    return fitting.log_losses(probability, examples.left)


def _informative(behaviour: Floats) -> list[int]:
    """Columns that differ between customers: what this shop does not record is absent from its model."""
    return [
        index for index, column in enumerate(behaviour.T) if len(np.unique(column[~np.isnan(column)])) > 1
    ]


def _narrowed(examples: Examples, chosen: list[int], said: list[int]) -> Examples:
    behaviour = np.ascontiguousarray(examples.behaviour[:, chosen])
    return replace(examples, behaviour=behaviour, written=np.ascontiguousarray(examples.written[:, said]))


def _feature_shares(fitted: Fitted, examples: Examples) -> dict[str, dict[str, list[float]]]:
    """What later values are told to have drifted from: how each feature lay among customers at the newest cut-off."""
    newest = fitted.narrowed(examples.where(examples.cut_off == examples.cut_off.max()))
    names = fitted.features + fitted.text_features
    columns = newest.with_written().behaviour.T
    return {name: spread(column) for name, column in zip(names, columns, strict=True)}


def _averages(behaviour: Floats) -> Floats:
    """(F,): the raw value whose standardised one is 0, the shop's average customer."""
    squeezed = np.sign(behaviour) * np.log1p(np.abs(behaviour))
    mean = np.nanmean(squeezed, axis=0)
    raw: Floats = np.sign(mean) * np.expm1(np.abs(mean))
    return raw


def _measures(left: Floats, probability: Floats) -> dict[str, Any]:
    """`scores` are the shares by which later scores are told to have drifted, `reliability` what was promised and what
    came of it.
    """
    return {
        "auroc": _auroc(left, probability),
        "brier": float(brier_score_loss(left, probability)),
        "scores": shares(probability.tolist()),
        "reliability": reliability(left, probability),
    }


def _auroc(left: Floats, score: Floats) -> float:
    return float(roc_auc_score(left, score))


def _write(fitted: Fitted, blends: dict[str, float], folder: Path) -> None:
    modes = fitted.modes()
    courses = {}
    with warnings.catch_warnings():
        # torch says at each export that its other exporter is newer; that one's graphs are not fused
        warnings.simplefilter("ignore", DeprecationWarning)
        # and that its own GRU's checks of shapes are not part of the graph, nor would a batch of a fixed size be
        warnings.filterwarnings("ignore", "Converting a tensor to a Python boolean")
        warnings.filterwarnings(
            "ignore", "Exporting a model to ONNX with a batch_size other than 1", UserWarning
        )
        for name, share in blends.items():
            features = len(fitted.features) + (len(fitted.text_features) if name == "with_text" else 0)
            blend = modes[name].blended(share)
            export(blend, features, folder / reader_file(name), folder / judge_file(name))
            courses[f"course_{name}"] = fitting.mean_course(blend.network, fitted.seen)
    centre = NO_TEXT if fitted.full is None else fitted.full.centre
    save_file({"centre": centre, **courses}, folder / CENTRES)
