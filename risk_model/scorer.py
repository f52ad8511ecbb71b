"""Serving: histories to risks with ONNX Runtime. Imports no torch."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
import polars as pl
from safetensors.numpy import load_file

from risk_model.encoder import Encoder
from risk_model.examples import Embed, feature_matrix, pooled_text
from risk_model.features import FACTORS
from risk_model.histories import Histories
from risk_model.labels import ACTIVE_HORIZONS
from risk_model.manifest import BEHAVIOUR_ONLY, FULL, TEXT, Manifest, read_model
from risk_model.reasons import Inputs, contributions
from risk_model.risk import Reason, Reliability, Risk, Status
from risk_model.texts import WeightedTexts

Floats = npt.NDArray[np.float32]
BATCH = 1024
LOW_QUANTILE, HIGH_QUANTILE = 0.1, 0.9
SMALLEST_CONTRIBUTION = 0.02
LONGEST_QUOTE = 240


@dataclass(frozen=True, slots=True)
class NoModel:
    """Stands in for a scorer that could not be loaded: every risk is unknown, and says why."""

    cause: str

    def score(self, histories: Histories, embed: Embed | None = None) -> Iterator[Risk]:
        for key in histories.customers["customer_key"]:
            yield Risk.unknown(key, histories.as_of, self.cause)


@dataclass(frozen=True, slots=True)
class Scorer:
    """A loaded model. With text when it was trained to use text and the same encoder is here, else by
    behaviour alone.
    """

    manifest: Manifest
    encoder: Encoder | None
    without_text_because: str | None
    centre: Floats
    full: ort.InferenceSession | None
    behaviour_only: ort.InferenceSession

    @classmethod
    def load(cls, folder: Path, encoder: Encoder | None, no_encoder_because: str = "no encoder") -> "Scorer":
        """Raises `ModelMissing` or `ModelRefused`. No network access, one intra-op thread."""
        manifest = read_model(folder)
        return cls(
            manifest,
            encoder,
            _no_text_because(manifest, encoder, no_encoder_because),
            load_file(folder / TEXT)["centre"],
            _session(folder / FULL) if manifest.uses_text else None,
            _session(folder / BEHAVIOUR_ONLY),
        )

    def score(self, histories: Histories, embed: Embed | None = None) -> Iterator[Risk]:
        """A risk for each customer, in the order of `histories.customers`. `embed` may be a cache around the
        encoder.
        """
        keys = histories.customers["customer_key"]
        for start in range(0, len(keys), BATCH):
            part = histories if len(keys) <= BATCH else histories.of(keys[start : start + BATCH])
            yield from self._score_batch(part, embed)

    def _score_batch(self, histories: Histories, embed: Embed | None) -> Iterator[Risk]:
        """One batch through the networks, then each customer's reasons."""
        behaviour = feature_matrix(histories, self.manifest.anchor, self.manifest.features)
        text, has_text, texts = self._read(histories, embed)
        logits = self._logits(behaviour, text, has_text)
        for number, key in enumerate(histories.customers["customer_key"]):
            if not np.isfinite(logits[number]).all():
                yield Risk.unknown(key, histories.as_of, "the model gave no number for this customer")
                continue
            own = texts.table["customer"].to_numpy() == number
            yield self._risk(
                key, histories, behaviour[number], logits[number], WeightedTexts(*_rows(texts, own))
            )

    def _read(self, histories: Histories, embed: Embed | None) -> tuple[Floats, Floats, WeightedTexts]:
        if self.encoder is None or self.without_text_because:
            nothing = histories.texts.clear()
            histories = Histories(histories.as_of, histories.customers, histories.events, nothing)
            return pooled_text(
                histories, lambda _texts: np.zeros((0, len(self.centre)), np.float32), self.centre
            )
        return pooled_text(histories, embed or self.encoder.encode, self.centre)

    def _logits(self, behaviour: Floats, text: Floats, has_text: Floats) -> Floats:
        """(B, MEMBERS). Behaviour alone has its own network, trained and calibrated for that."""
        network = self.full
        if network is None or self.without_text_because:
            network, text, has_text = self.behaviour_only, text[:, :0], np.zeros_like(has_text)
        logits: Floats = network.run(None, {"behaviour": behaviour, "text": text, "has_text": has_text})[0]
        return logits

    def _risk(
        self, key: str, histories: Histories, behaviour: Floats, logits: Floats, texts: WeightedTexts
    ) -> Risk:
        values = {
            name: round(float(value), 3)
            for name, value in zip(self.manifest.features, behaviour, strict=True)
            if np.isfinite(value)
        }
        probability = float(_sigmoid(logits.mean()))
        low, high = _sigmoid(np.quantile(logits, [LOW_QUANTILE, HIGH_QUANTILE]))
        reliability, because = self._reliability(values, len(texts.table))
        return Risk(
            customer_key=key,
            as_of=histories.as_of,
            status=Status.SCORED,
            reliability=reliability,
            reliability_reason=because,
            horizon_days=self.manifest.horizon_days,
            probability=probability,
            low=min(float(low), probability),
            high=max(float(high), probability),
            reasons=self._reasons(behaviour, values, texts),
            inputs={
                "features": values,
                "texts": len(texts.table),
                "without_text_because": self.without_text_because,
            },
            model_version=self.manifest.version,
        )

    def _reliability(self, values: dict[str, float], texts: int) -> tuple[Reliability, str]:
        """How much stands behind the number, in one word and one reason."""
        if "recency_days" not in values:
            return Reliability.LOW, "nothing bought or done yet"
        if values["recency_days"] > ACTIVE_HORIZONS * self.manifest.horizon_days:
            return Reliability.LOW, "away for longer than any customer the model learned from"
        if "usual_gap_days" not in values:
            return Reliability.LOW, "only one order or activity so far"
        if self.without_text_because:
            return Reliability.MEDIUM, f"by behaviour alone: {self.without_text_because}"
        if texts == 0:
            return Reliability.MEDIUM, "by behaviour alone: this customer has written nothing"
        return Reliability.HIGH, "behaviour and own words"

    def _reasons(
        self, behaviour: Floats, values: dict[str, float], texts: WeightedTexts
    ) -> tuple[Reason, ...]:
        """All reasons of any size, the strongest first, whichever way they point."""
        weights = texts.table["weight"].to_numpy().astype(np.float32)[:, None]
        inputs = Inputs(
            behaviour, np.array(self.manifest.averages, np.float32), weights * (texts.vectors - self.centre)
        )
        wrote = float(len(texts.table) > 0)

        def logit(rows: Floats, words: Floats) -> Floats:
            mean: Floats = self._logits(rows, words, np.full((len(rows), 1), wrote, np.float32)).mean(1)
            return mean

        factors, sentences = contributions(inputs, self.manifest.features, logit)
        told = [
            Reason("behaviour", name, gain, {f: values[f] for f in FACTORS[name] if f in values})
            for name, gain in factors.items()
        ]
        told += [
            _quoted(row, float(gain))
            for row, gain in zip(texts.table.iter_rows(named=True), sentences, strict=True)
        ]
        shown = [reason for reason in told if abs(reason.contribution) >= SMALLEST_CONTRIBUTION]
        return tuple(sorted(shown, key=lambda reason: -abs(reason.contribution)))


def _quoted(row: dict[str, object], gain: float) -> Reason:
    text = str(row["text"])
    quote = text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 1] + "…"
    time = row["time"].isoformat() if hasattr(row["time"], "isoformat") else None
    return Reason("text", "words", gain, {}, quote=quote, source=str(row["source"]), time=time)


def _rows(texts: WeightedTexts, chosen: npt.NDArray[np.bool_]) -> tuple[pl.DataFrame, Floats]:
    return texts.table.filter(pl.Series(chosen, dtype=pl.Boolean)), texts.vectors[chosen]


def _no_text_because(manifest: Manifest, encoder: Encoder | None, no_encoder_because: str) -> str | None:
    if not manifest.uses_text:
        return "in training, words added nothing in this shop"
    if encoder is None:
        return no_encoder_because
    if encoder.version != manifest.encoder_version:
        return f"the model was trained with encoder {manifest.encoder_version}, found {encoder.version}"
    return None


def _session(path: Path) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _sigmoid(logit: npt.ArrayLike) -> npt.NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-np.asarray(logit, dtype=np.float64))))
