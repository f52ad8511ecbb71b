"""Serving: histories to risks with ONNX Runtime. Imports no torch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import isfinite
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from safetensors.numpy import load_file

from risk_model.bg_nbd import BuyingModel
from risk_model.calibration import Calibration, log_odds, read_calibration
from risk_model.encoder import Encoder
from risk_model.errors import ModelRefused
from risk_model.examples import feature_matrix
from risk_model.histories import Histories
from risk_model.labels import ACTIVE_HORIZONS
from risk_model.level import InTime
from risk_model.manifest import CENTRES, Manifest, judge_file, read_model, reader_file
from risk_model.reasons import COURSE, FACTORS, ORDERS, Inputs, contributions, quoted
from risk_model.risk import AWAY, NOTHING_YET, Curve, Reason, Reliability, Risk, Status
from risk_model.rows import Doubles
from risk_model.sequences import event_sequences, weekly_of
from risk_model.texts import LAST_TEXTS, Embed, LatestTexts
from risk_model.tone import prior
from risk_model.tone.network import reads
from risk_model.way import Way, session
from risk_model.writing import WRITTEN, written

Floats = npt.NDArray[np.float32]
Reasons = tuple[Reason, ...]
BATCH = 1024
REASONED_TOGETHER = 64  # customers, whose coalitions are judged in one go
LOW_QUANTILE, HIGH_QUANTILE = 0.1, 0.9
SMALLEST_CONTRIBUTION = 0.02


@dataclass(frozen=True, slots=True)
class NoModel:
    """Stands in for a scorer that could not be loaded: every risk is unknown, and says why."""

    cause: str

    def score(self, histories: Histories, embed: Embed | None = None) -> Iterator[Risk]:
        for key in histories.customers["customer_key"]:
            yield Risk.unknown(key, histories.as_of, self.cause)


@dataclass(frozen=True, slots=True)
class Seen:
    """What one customer's answer rests on; `values` are the features that are not absent, by name.

    **Shape**: behaviour (F,), course (C,), words (texts, W).
    """

    behaviour: Floats
    course: Floats
    words: Floats
    texts: pl.DataFrame
    values: dict[str, float]


@dataclass(frozen=True, slots=True)
class Scorer:
    """A loaded model. With text when it was trained to use text and the same encoder is here, else by
    behaviour alone.
    """

    manifest: Manifest
    encoder: Encoder | None
    without_text_because: str | None
    centre: Floats
    way: Way
    buying: BuyingModel | None
    in_time: InTime
    orders: int = ORDERS  # of the players, for the reasons

    @classmethod
    def load(cls, folder: Path, encoder: Encoder | None, no_encoder_because: str = "no encoder") -> "Scorer":
        """Raises `ModelMissing` or `ModelRefused`. No network access, one intra-op thread."""
        manifest = read_model(folder)
        because = _no_text_because(manifest, encoder, no_encoder_because)
        learned = load_file(folder / CENTRES)
        name = "behaviour_only" if because else "with_text"
        buying, in_time = _learned(folder, manifest, name)
        reader = folder / reader_file(name)
        way = Way(
            session(reader) if reader.exists() else None,
            session(folder / judge_file(name)),
            learned[f"course_{name}"],
            in_time.at(0),
        )
        return cls(manifest, encoder, because, learned["centre"], way, buying, in_time)

    @property
    def reads_text(self) -> bool:
        return not self.without_text_because

    @property
    def calibration(self) -> Calibration:
        """Of the way this scorer scores: each has its own."""
        return self.way.calibration

    def score(self, histories: Histories, embed: Embed | None = None) -> Iterator[Risk]:
        """A risk for each customer, in the order of `histories.customers`, at the level that is expected at that
        moment. `embed` may be a cache around the encoder.
        """
        then = self._at(histories.as_of)
        for part in histories.parts(BATCH):
            risks = then._score_batch(part, embed)
            if self.encoder is not None and self.has_prior:
                risks = prior.with_tone(risks, part, embed or self.encoder.encode)
            yield from risks

    def _at(self, moment: datetime) -> "Scorer":
        """The same, calibrated for that moment."""
        days = (moment - datetime.fromisoformat(self.manifest.trained_until)) / timedelta(days=1)
        return replace(self, way=replace(self.way, calibration=self.in_time.at(days)))

    @property
    def has_prior(self) -> bool:
        """Whether words count by their tone, since this shop has too few texts to have taught the model."""
        return self.encoder is not None and prior.applies(self.manifest, self.encoder.version)

    def _score_batch(self, histories: Histories, embed: Embed | None) -> Iterator[Risk]:
        """One batch through the networks, then each customer's reasons."""
        customers = len(histories.customers)
        texts = self._texts(histories, embed)
        about = texts.about(customers)
        inputs = {
            "behaviour": self._features_of(histories, texts),
            "texts": texts.placed(customers, self.centre),
            "about": about,
            "has_text": about[:, -1, :1],
        }
        if self.way.looks_at("events"):
            inputs["events"] = event_sequences(histories, self.manifest.event_kinds)
        if self.way.looks_at("weekly"):
            inputs["weekly"] = weekly_of(histories, self.manifest.anchor)
        course, words = self.way.course_and_words(inputs)
        logits, shares = self.way.judged(inputs | {"course": course, "words": words.sum(1)})
        sound = np.asarray(np.isfinite(np.hstack([logits, shares])).all(axis=1))
        seen = [
            self._seen(inputs["behaviour"][n], course[n], words[n, LAST_TEXTS - len(own.table) :], own.table)
            for n, own in enumerate(texts.by_customer(customers))
            if sound[n]
        ]
        told = zip(seen, self._calibrated(logits[sound]), shares[sound], self._reasons(seen), strict=True)
        for key, is_sound in zip(histories.customers["customer_key"], sound, strict=True):
            if is_sound:
                yield self._risk(key, histories.as_of, *next(told))
            else:
                yield Risk.unknown(key, histories.as_of, "the model gave no number for this customer")

    def _seen(self, behaviour: Floats, course: Floats, words: Floats, texts: pl.DataFrame) -> Seen:
        return Seen(behaviour, course, words, texts, _known(self.features, behaviour))

    def _texts(self, histories: Histories, embed: Embed | None) -> LatestTexts:
        if self.encoder is None or not self.reads_text:
            nothing = histories.texts.clear()
            silent = Histories(histories.as_of, histories.customers, histories.events, nothing)
            return LatestTexts.read(silent, lambda _texts: np.zeros((0, 0), np.float32), len(self.centre))
        return LatestTexts.read(histories, embed or self.encoder.encode, len(self.centre))

    @property
    def features(self) -> list[str]:
        """Of the way this scorer scores, in the order of its network's inputs."""
        return self.manifest.features + (self.manifest.text_features if self.reads_text else [])

    def _features_of(self, histories: Histories, texts: LatestTexts) -> Floats:
        """(B, len(features)), NaN for absent."""
        behaved = feature_matrix(histories, self.manifest.anchor, self.manifest.features, self.buying)
        if not (self.reads_text and self.manifest.text_features):
            return behaved
        said = written(texts, histories, tone=self.encoder is not None and reads(self.encoder.version))
        return np.hstack([behaved, said[:, [WRITTEN.index(name) for name in self.manifest.text_features]]])

    def _risk(
        self, key: str, as_of: datetime, seen: Seen, chances: Doubles, shares: Floats, reasons: Reasons
    ) -> Risk:
        probability, low, high = chances.tolist()
        reliability, because = self._reliability(seen.values, len(seen.texts))
        return Risk(
            customer_key=key,
            as_of=as_of,
            status=Status.SCORED,
            reliability=reliability,
            reliability_reason=because,
            horizon_days=self.manifest.horizon_days,
            probability=probability,
            low=low,
            high=high,
            reasons=reasons,
            inputs={
                "features": seen.values,
                "texts": len(seen.texts),
                "without_text_because": self.without_text_because,
            },
            model_version=self.manifest.version,
            curve=Curve(self.manifest.ends, shares.astype(np.float64).tolist()),
        )

    def _calibrated(self, logits: Floats) -> Doubles:
        """Probability, low and high (B, 3) of logits (B, MEMBERS): the range is the calibration's own where it has one,
        else where most members lie.
        """
        means = logits.mean(1).astype(np.float64)
        probability = self.calibration.probability(means)
        low, high = self.calibration.span(means) or map(self.calibration.probability, _quantiles(logits))
        return np.stack([probability, np.minimum(low, probability), np.maximum(high, probability)], axis=1)

    def _reliability(self, values: dict[str, float], texts: int) -> tuple[Reliability, str]:
        """How much stands behind the number, in one word and one reason."""
        if "recency_days" not in values:
            return Reliability.LOW, NOTHING_YET
        if values["recency_days"] > ACTIVE_HORIZONS * self.manifest.horizon_days:
            return Reliability.LOW, AWAY
        if "usual_gap_days" not in values:
            return Reliability.LOW, "only one order or activity so far"
        if self.without_text_because:
            return Reliability.MEDIUM, f"by behaviour alone: {self.without_text_because}"
        if texts == 0:
            return Reliability.MEDIUM, "by behaviour alone: this customer has written nothing"
        return Reliability.HIGH, "behaviour and own words"

    def _reasons(self, seen: Sequence[Seen]) -> list[Reasons]:
        """Of each customer all reasons of any size, the strongest first, whichever way they point."""
        names = [*self.features, *[COURSE] * len(self.way.average_course)]
        found = []
        for start in range(0, len(seen), REASONED_TOGETHER):
            some = [self._against_average(own) for own in seen[start : start + REASONED_TOGETHER]]
            found += contributions(some, names, self._logit, self.orders)
        return [_strongest_first(own, *parts) for own, parts in zip(seen, found, strict=True)]

    def _against_average(self, seen: Seen) -> Inputs:
        average = np.array(self.manifest.averages[: len(seen.behaviour)], np.float32)
        # who wrote nothing is compared with an average customer who wrote nothing, as the words are
        silent = np.isnan(seen.behaviour) & (np.arange(len(seen.behaviour)) >= len(self.manifest.features))
        average = np.where(silent, np.nan, average).astype(np.float32)
        return Inputs(
            np.concatenate([seen.behaviour, seen.course]),
            np.concatenate([average, self.way.average_course]),
            seen.words,
        )

    def _logit(self, rows: Floats, words: Floats, wrote: Floats) -> Floats:
        """(B,): calibrated log-odds of behaviour and course side by side (B, F + C), words (B, W), and whether there
        were any (B, 1).
        """
        features = len(self.features)
        given = {"behaviour": rows[:, :features], "course": rows[:, features:], "words": words}
        logits, _ = self.way.judged(given | {"has_text": wrote})
        return log_odds(self.calibration.probability(logits.mean(1).astype(np.float64))).astype(np.float32)


def _strongest_first(seen: Seen, factors: dict[str, float], sentences: Floats) -> Reasons:
    told = [
        Reason(
            "behaviour", name, gain, {f: seen.values[f] for f in FACTORS.get(name, ()) if f in seen.values}
        )
        for name, gain in factors.items()
        if abs(gain) >= SMALLEST_CONTRIBUTION
    ]
    told += [
        quoted(row, gain)
        for row, gain in zip(seen.texts.iter_rows(named=True), sentences.tolist(), strict=True)
        if abs(gain) >= SMALLEST_CONTRIBUTION
    ]
    return tuple(sorted(told, key=lambda reason: -abs(reason.contribution)))


def _known(features: list[str], behaviour: Floats) -> dict[str, float]:
    """The features (F,) that are not absent, as a person would read them."""
    rounded = np.round(behaviour.astype(np.float64), 3).tolist()
    return {name: value for name, value in zip(features, rounded, strict=True) if isfinite(value)}


def _quantiles(logits: Floats) -> tuple[Doubles, Doubles]:
    """The low and the high one of each customer's logits (B, MEMBERS), a line between neighbours, as `numpy.quantile`
    does in ten times as long where there is one customer.
    """
    ordered = np.sort(logits.astype(np.float64), axis=1)
    last = ordered.shape[1] - 1

    def at(place: float) -> Doubles:
        below = int(place)
        above = min(below + 1, last)
        return ordered[:, below] + (place - below) * (ordered[:, above] - ordered[:, below])

    return at(LOW_QUANTILE * last), at(HIGH_QUANTILE * last)


def _no_text_because(manifest: Manifest, encoder: Encoder | None, no_encoder_because: str) -> str | None:
    if not manifest.uses_text:
        return "in training, words added nothing in this shop"
    if encoder is None:
        return no_encoder_because
    if encoder.version != manifest.encoder_version:
        return f"the model was trained with encoder {manifest.encoder_version}, found {encoder.version}"
    return None


def _learned(folder: Path, manifest: Manifest, name: str) -> tuple[BuyingModel | None, InTime]:
    """What the manifest itself holds of the model and of this way to score. Raises `ModelRefused`."""
    try:
        buying = None if manifest.buying is None else BuyingModel(**manifest.buying)
        calibrations = {way: read_calibration(stored) for way, stored in manifest.calibration.items()}
        return buying, InTime.read(calibrations[name], manifest.levels.get(name, []))
    except (KeyError, TypeError, ValueError) as error:
        raise ModelRefused(folder, f"its buying model or calibration cannot be read ({error})") from error
