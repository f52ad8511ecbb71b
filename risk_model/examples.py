"""Training examples: every active customer at every cut-off, with features, last events, last texts and label."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from hashlib import sha256

import numpy as np
import numpy.typing as npt
import polars as pl

from risk_model import labels
from risk_model.bg_nbd import BuyingModel
from risk_model.features import FEATURES, behaviour_columns
from risk_model.histories import Histories
from risk_model.sequences import CHANNELS, LAST_EVENTS, WEEKS, event_sequences, weekly_of
from risk_model.texts import ABOUT, LAST_TEXTS, LatestTexts, Lexicon, TextEncoder, latest_texts
from risk_model.writing import WRITTEN, written

Floats = npt.NDArray[np.float32]
Chosen = npt.NDArray[np.bool_]
HELD_BACK_SHARE = 0.2
CHUNK = 8192  # examples whose texts are averaged at a time, which bounds memory
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Examples:
    """N examples.

    **Shape**: behaviour (N, F) and written (N, len(WRITTEN)) with NaN for absent; events (N, LAST_EVENTS, CHANNELS);
    weekly (N, WEEKS, 3); which (N, LAST_TEXTS) of `vectors` (V, D) each text has, -1 where there is none; about
    (N, LAST_TEXTS, ABOUT). `left` (N,) is 1 for no anchor event within the horizon. `back` (N,) is after how many
    days the next one came, infinite for none in the `known` (N,) days that were seen.
    """

    keys: pl.Series
    cut_off: npt.NDArray[np.int64]
    behaviour: Floats
    written: Floats
    events: Floats
    weekly: Floats
    which: npt.NDArray[np.int32]
    about: Floats
    left: Floats
    back: Floats
    known: Floats
    vectors: Floats

    @classmethod
    def of_table(cls, behaviour: Floats, left: Floats, keys: pl.Series | None = None) -> "Examples":
        """Any numbers (N, F), a row a customer, of whom nothing else is known; whoever stayed came back in a day."""
        rows = len(left)
        if keys is None:
            keys = pl.Series([str(row) for row in range(rows)], dtype=pl.String)
        return cls(
            keys,
            np.zeros(rows, np.int64),
            behaviour,
            np.zeros((rows, 0), np.float32),
            np.zeros((rows, LAST_EVENTS, CHANNELS), np.float32),
            np.zeros((rows, WEEKS, 3), np.float32),
            np.full((rows, LAST_TEXTS), -1, np.int32),
            np.zeros((rows, LAST_TEXTS, ABOUT), np.float32),
            left,
            np.where(left > 0, np.inf, 1).astype(np.float32),
            np.ones(rows, np.float32),
            np.zeros((0, 0), np.float32),
        )

    @classmethod
    def joined(cls, parts: Sequence["Examples"]) -> "Examples":
        """Those of several cut-offs, in their order; their texts are numbered alike."""
        arrays = {
            field.name: np.concatenate([getattr(part, field.name) for part in parts])
            for field in fields(cls)
            if field.name not in ("keys", "vectors")
        }
        return cls(keys=pl.concat([part.keys for part in parts]), vectors=parts[0].vectors, **arrays)

    @property
    def has_text(self) -> Floats:
        """(N, 1)"""
        return (self.which[:, -1:] >= 0).astype(np.float32)

    @property
    def text(self) -> Floats:
        """(N, D): the mean of each one's vectors, the fresher the weightier; 0 for who wrote nothing."""
        pooled = np.zeros((len(self), self.vectors.shape[1]), dtype=np.float32)
        for start in range(0, len(self), CHUNK):
            which, about = self.which[start : start + CHUNK], self.about[start : start + CHUNK]
            wrote = np.flatnonzero(which[:, -1] >= 0)
            weight = about[wrote, :, 0] * (0.5 ** about[wrote, :, 1] + 1e-9)
            weight /= weight.sum(1, keepdims=True)
            pooled[start + wrote] = np.einsum("nt,ntd->nd", weight, self.vectors[which[wrote]])
        return pooled

    def centre(self) -> Floats:
        """(D,): the mean vector of all texts, each as often as it counts."""
        times = np.bincount(self.which[self.which >= 0], minlength=len(self.vectors)).astype(np.float32)
        middle: Floats = times @ self.vectors / max(times.sum(), 1)
        return middle

    def without_texts(self) -> "Examples":
        return replace(
            self,
            written=np.full_like(self.written, np.nan),
            which=np.full_like(self.which, -1),
            about=np.zeros_like(self.about),
        )

    def with_written(self) -> "Examples":
        """The same with what was written among the features, as the way to score that reads text has them."""
        return replace(self, behaviour=np.hstack([self.behaviour, self.written]))

    def relabelled(self, left: Floats, horizon_days: float) -> "Examples":
        """With other labels (N,), as if who stayed came back halfway."""
        back = np.where(left > 0, np.inf, horizon_days / 2).astype(np.float32)
        return replace(self, left=left, back=back, known=np.full_like(self.known, horizon_days))

    def forgetting(self, days: float, horizon_days: float) -> "Examples":
        """As they were known so many days earlier, but for the label, which the horizon needs."""
        known = np.maximum(self.known - days, horizon_days).astype(np.float32)
        return replace(
            self, known=known, back=np.where(self.back <= known, self.back, np.inf).astype(np.float32)
        )

    def where(self, chosen: Chosen | npt.NDArray[np.int64]) -> "Examples":
        arrays = {
            field.name: getattr(self, field.name)[chosen]
            for field in fields(self)
            if field.name not in ("keys", "vectors")
        }
        rows = np.flatnonzero(chosen) if chosen.dtype == np.bool_ else chosen
        return Examples(keys=self.keys.gather(rows), vectors=self.vectors, **arrays)

    def __len__(self) -> int:
        return len(self.left)


def build_examples(
    histories: Histories,
    anchor: str,
    moments: Sequence[datetime],
    horizon: timedelta,
    encoder: TextEncoder,
    buying: BuyingModel | None = None,
) -> Examples:
    """The examples of all cut-offs, oldest cut-off first."""
    lexicon = Lexicon.read(histories.texts["text"].to_list(), encoder)
    drawn = labels.drawn([labels.active_customers(histories, anchor, moment, horizon) for moment in moments])
    return Examples.joined(
        [
            examples_at(histories, anchor, moment, horizon, keys, lexicon, buying, number)
            for number, (moment, keys) in enumerate(zip(moments, drawn, strict=True))
        ]
    )


def examples_at(
    histories: Histories,
    anchor: str,
    moment: datetime,
    horizon: timedelta,
    keys: pl.Series,
    lexicon: Lexicon,
    buying: BuyingModel | None,
    number: int = 0,
    kinds: Collection[int] | None = None,
) -> Examples:
    """These customers as known at `moment`, and whether they left in the horizon after it. `number` counts the
    cut-offs, oldest first. `kinds` of events may be all that a sequence holds, as in `event_sequences`.
    """
    then = histories.of(keys).until(moment)
    keys = then.customers["customer_key"]
    customers = len(keys)
    texts = LatestTexts(numbered := latest_texts(then), np.zeros((len(numbered), 0), np.float32))
    return Examples(
        keys=keys,
        cut_off=np.full(customers, number),
        behaviour=feature_matrix(then, anchor, buying=buying),
        written=_written(then, lexicon),
        events=event_sequences(then, kinds),
        weekly=weekly_of(then, anchor),
        which=texts.which(customers, lexicon.numbers_of(numbered["text"].to_list())),
        about=texts.about(customers),
        left=labels.left_within(histories, anchor, moment, horizon, keys),
        back=labels.days_until_back(histories, anchor, moment, keys),
        known=np.full(customers, (histories.as_of - moment) / DAY, np.float32),
        vectors=lexicon.vectors,
    )


def _written(then: Histories, lexicon: Lexicon) -> Floats:
    """(customers, len(WRITTEN)), part by part: the vectors of all texts at once would not fit into memory."""
    parts = [
        written(LatestTexts.read(part, lexicon.embed, lexicon.dimensions), part, tone=lexicon.tone)
        for part in then.parts(CHUNK)
    ]
    return np.concatenate([np.zeros((0, len(WRITTEN)), np.float32), *parts])


def is_held_back(keys: pl.Series) -> Chosen:
    """(len(keys),): a fixed fifth of the customers, by a hash of the key, so one customer is never on both sides."""
    limit = int(HELD_BACK_SHARE * 2**32)
    return np.array([int.from_bytes(sha256(key.encode()).digest()[:4]) < limit for key in keys], dtype=bool)


def feature_matrix(
    histories: Histories, anchor: str, names: Sequence[str] = FEATURES, buying: BuyingModel | None = None
) -> Floats:
    """(customers, len(names)) float32, NaN for absent."""
    columns = behaviour_columns(histories, anchor, buying)
    return np.column_stack([columns[name] for name in names]).astype(np.float32)
