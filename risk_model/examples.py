"""Training examples: every active customer at every cut-off, with features, pooled text and label."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

import numpy as np
import numpy.typing as npt
import polars as pl

from risk_model import labels
from risk_model.features import FEATURES, behaviour
from risk_model.histories import Histories
from risk_model.texts import Vectors, WeightedTexts, latest_texts

Floats = npt.NDArray[np.float32]
Embed = Callable[[Sequence[str]], Vectors]
HELD_BACK_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Examples:
    """N examples. **Shape**: behaviour (N, F) with NaN for absent, text (N, D) not yet centred, has_text (N,
    1), left (N,).
    """

    keys: pl.Series
    cut_off: npt.NDArray[np.int64]
    behaviour: Floats
    text: Floats
    has_text: Floats
    left: Floats

    def where(self, chosen: npt.NDArray[np.bool_]) -> "Examples":
        return Examples(
            self.keys.filter(pl.Series(chosen)),
            self.cut_off[chosen],
            self.behaviour[chosen],
            self.text[chosen],
            self.has_text[chosen],
            self.left[chosen],
        )

    def __len__(self) -> int:
        return len(self.left)


def build_examples(
    histories: Histories,
    anchor: str,
    moments: Sequence[datetime],
    horizon: timedelta,
    embed: Embed,
    dimensions: int,
) -> Examples:
    """All examples of all cut-offs, oldest cut-off first."""
    parts = [
        _at(histories, anchor, number, moment, horizon, embed, dimensions)
        for number, moment in enumerate(moments)
    ]
    return Examples(
        pl.concat([part.keys for part in parts]),
        np.concatenate([part.cut_off for part in parts]),
        np.concatenate([part.behaviour for part in parts]),
        np.concatenate([part.text for part in parts]),
        np.concatenate([part.has_text for part in parts]),
        np.concatenate([part.left for part in parts]),
    )


def is_held_back(keys: pl.Series) -> npt.NDArray[np.bool_]:
    """(len(keys),): a fixed fifth of the customers, by a hash of the key, so one customer is never on both sides."""
    limit = int(HELD_BACK_SHARE * 2**32)
    return np.array([int.from_bytes(sha256(key.encode()).digest()[:4]) < limit for key in keys], dtype=bool)


def pooled_text(histories: Histories, embed: Embed, centre: Vectors) -> tuple[Floats, Floats, WeightedTexts]:
    """Pooled text minus `centre` (customers, D), has_text (customers, 1), and the texts behind it."""
    table = latest_texts(histories)
    vectors = embed(table["text"].to_list()) if len(table) else np.zeros((0, len(centre)), dtype=np.float32)
    weighted = WeightedTexts(table, vectors)
    has_text = np.zeros((len(histories.customers), 1), dtype=np.float32)
    has_text[table["customer"].to_numpy()] = 1
    return weighted.pooled(len(histories.customers), centre), has_text, weighted


def feature_matrix(histories: Histories, anchor: str, names: Sequence[str] = FEATURES) -> Floats:
    """(customers, len(names)) float32, NaN for absent."""
    table = behaviour(histories, anchor).select(pl.col(names).fill_null(float("nan")))
    return np.ascontiguousarray(table.to_numpy(), dtype=np.float32)


def _at(
    histories: Histories,
    anchor: str,
    number: int,
    moment: datetime,
    horizon: timedelta,
    embed: Embed,
    dimensions: int,
) -> Examples:
    keys = labels.active_customers(histories, anchor, moment, horizon)
    known = histories.of(keys).until(moment)
    keys = known.customers["customer_key"]
    text, has_text, _ = pooled_text(known, embed, np.zeros(dimensions, dtype=np.float32))
    left = labels.left_within(histories, anchor, moment, horizon, keys)
    return Examples(keys, np.full(len(keys), number), feature_matrix(known, anchor), text, has_text, left)
