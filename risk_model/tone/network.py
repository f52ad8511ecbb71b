"""The tone network at work: vectors to probabilities with numpy alone, from a folder that a hash vouches for."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load

from risk_model.errors import ToneRefused
from risk_model.tone.sentences import HERE, LABELS
from risk_model.tone.windows import windows

Floats = npt.NDArray[np.float32]
Encode = Callable[[Sequence[str]], Floats]
ENCODER = "e5-small"
DIMENSIONS = 384
WEIGHTS, MANIFEST = HERE / "tone.safetensors", HERE / "tone.json"
ALARM = 0.5  # a text alarms when its writer is this probably dissatisfied, or this probably leaving
BATCH = 1024


@dataclass(frozen=True, slots=True)
class ToneNetwork:
    """M small networks whose mean logit counts.

    **Shape**: centre, scale (D,); hidden (M, D, H), hidden_bias (M, H); out (M, H, 3), out_bias (M, 3)
    """

    centre: Floats
    scale: Floats
    hidden: Floats
    hidden_bias: Floats
    out: Floats
    out_bias: Floats

    def probabilities(self, vectors: Floats) -> Floats:
        """(N, D) vectors of the encoder -> (N, 3), in the order of `LABELS`."""
        if vectors.ndim != 2 or vectors.shape[1] != len(self.centre):
            raise ValueError(f"expected vectors (n, {len(self.centre)}), got {vectors.shape}")
        parts = [self._logits(vectors[start : start + BATCH]) for start in range(0, len(vectors), BATCH)]
        logits = np.concatenate([np.zeros((0, len(LABELS))), *parts])
        return np.asarray(1 / (1 + np.exp(-logits)), dtype=np.float32)

    def _logits(self, vectors: Floats) -> npt.NDArray[np.float64]:
        scaled = ((vectors - self.centre) / self.scale).astype(np.float64)
        state = np.einsum("nd,mdh->mnh", scaled, self.hidden, optimize=True) + self.hidden_bias[:, None]
        logits = np.maximum(state, 0) @ self.out + self.out_bias[:, None]  # (M, N, 3)
        mean: npt.NDArray[np.float64] = logits.mean(0)
        return mean


def reads(encoder_version: str) -> bool:
    """Whether tone can be told from this encoder's vectors."""
    return encoder_version.startswith(f"{ENCODER}-")


def tone_of(embeddings: Floats) -> Floats:
    """Tone of texts that are encoded already: (n, 384) vectors of e5-small -> (n, 3), in the order of `LABELS`.

    Raises `ToneRefused` when the shipped weights are damaged.
    """
    return shipped().probabilities(embeddings)


def alarms(tone: Floats) -> npt.NDArray[np.bool_]:
    """(n, 3) -> (n,): whose writer somebody should look after."""
    alarming: npt.NDArray[np.bool_] = tone[:, :2].max(1) >= ALARM
    return alarming


def read_tone(texts: Sequence[str], encode: Encode) -> Floats:
    """Tone of texts of any length: (n, 3). A long one is read in windows, whose probabilities are averaged."""
    parts = [windows(text) for text in texts]
    flat = [window for own in parts for window in own]
    if not flat:
        return np.zeros((0, len(LABELS)), dtype=np.float32)
    starts = np.cumsum([0, *(len(own) for own in parts[:-1])])
    counts = np.array([len(own) for own in parts], dtype=np.float32)
    return np.asarray(np.add.reduceat(tone_of(encode(flat)), starts) / counts[:, None], dtype=np.float32)


@cache
def shipped() -> ToneNetwork:
    """The weights in this package, read once."""
    return load_tone(WEIGHTS, MANIFEST)


def load_tone(weights: Path, manifest: Path) -> ToneNetwork:
    """Raises `ToneRefused` when a file is missing, damaged, or not the one that the manifest vouches for."""
    try:
        said = json.loads(manifest.read_text(encoding="utf-8"))
        stored = weights.read_bytes()
        expected = said["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ToneRefused(weights, f"it or its manifest cannot be read ({error})") from error
    if (found := sha256(stored).hexdigest()) != expected:
        raise ToneRefused(weights, f"it should have the sha256 {expected} and has {found}")
    return ToneNetwork(**load(stored))
