"""A customer's last texts: as a table to quote from, and as arrays for a network that reads them one by one."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from risk_model.histories import Histories
from risk_model.rows import Rows
from risk_model.tone.network import reads

LAST_TEXTS = 16
HALF_LIFE_DAYS = 30.0
ABOUT = 3  # columns of what is known about a text: that there is one, its age in half-lives, 1 for chat
Vectors = npt.NDArray[np.float32]
Embed = Callable[[Sequence[str]], Vectors]


class TextEncoder(Protocol):
    """Texts to vectors: `risk_model.encoder.Encoder`, or a cache around it."""

    version: str
    dimensions: int

    def encode(self, texts: Sequence[str]) -> Vectors: ...


@dataclass(frozen=True, slots=True)
class LatestTexts:
    """The texts that count. `table` has `customer` (row number in the histories, rising), `weight` (sums to 1 per
    customer), `age` in days, `place` (0 to LAST_TEXTS - 1, the newest in the last one), `text`, `source` and `time`;
    `vectors` is (rows of table, D).
    """

    table: pl.DataFrame
    vectors: Vectors

    @classmethod
    def read(cls, histories: Histories, embed: Embed, dimensions: int) -> "LatestTexts":
        table = latest_texts(histories)
        nothing = np.zeros((0, dimensions), dtype=np.float32)
        return cls(table, embed(table["text"].to_list()) if len(table) else nothing)

    def placed(self, customers: int, centre: Vectors) -> Vectors:
        """(customers, LAST_TEXTS, D): vectors minus `centre` (D,) in their places, 0 where there is no text."""
        placed = np.zeros((customers, LAST_TEXTS, len(centre)), dtype=np.float32)
        placed[self._places()] = self.vectors - centre
        return placed

    def about(self, customers: int) -> Vectors:
        """(customers, LAST_TEXTS, ABOUT)"""
        about = np.zeros((customers, LAST_TEXTS, ABOUT), dtype=np.float32)
        chat = (self.table["source"] == "chat").to_numpy()
        age = self.table["age"].to_numpy() / HALF_LIFE_DAYS
        about[self._places()] = np.stack([np.ones(len(age)), age, chat], axis=1)
        return about

    def which(self, customers: int, numbers: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        """(customers, LAST_TEXTS): the `numbers` (rows of table,) of the texts in their places, -1 where none is."""
        which = np.full((customers, LAST_TEXTS), -1, dtype=np.int32)
        which[self._places()] = numbers
        return which

    def by_customer(self, customers: int) -> Iterator["LatestTexts"]:
        """Of each customer, 0 to `customers` - 1."""
        ends = np.searchsorted(self.table["customer"].to_numpy(), np.arange(customers + 1)).tolist()
        for start, end in pairwise(ends):
            yield LatestTexts(self.table[start:end], self.vectors[start:end])

    def _places(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        return self.table["customer"].to_numpy(), self.table["place"].to_numpy()


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Every distinct text once, with its vector: `numbers` say in which row of `vectors` (V, D). `tone` says whether it
    can be told from them.
    """

    numbers: dict[str, int]
    vectors: Vectors
    tone: bool = False

    @classmethod
    def read(cls, texts: Sequence[str], encoder: TextEncoder) -> "Lexicon":
        distinct = sorted(set(texts))
        nothing = np.zeros((0, encoder.dimensions), dtype=np.float32)
        vectors = encoder.encode(distinct) if distinct else nothing
        numbers = {text: number for number, text in enumerate(distinct)}
        return cls(numbers, vectors, reads(encoder.version))

    @property
    def dimensions(self) -> int:
        return len(self.vectors.T)

    def numbers_of(self, texts: Sequence[str]) -> npt.NDArray[np.int32]:
        return np.fromiter((self.numbers[text] for text in texts), np.int32, len(texts))

    def embed(self, texts: Sequence[str]) -> Vectors:
        vectors: Vectors = self.vectors[self.numbers_of(texts)]
        return vectors


def latest_texts(histories: Histories) -> pl.DataFrame:
    """The table of `LatestTexts`: each customer's last `LAST_TEXTS` texts, the newest last."""
    rows = Rows.read(histories.texts, histories.customers["customer_key"], histories.as_of)
    later = np.searchsorted(rows.of, rows.of, side="right") - np.arange(len(rows.of))  # this one counted
    latest = rows.where(later <= LAST_TEXTS)
    weight = 0.5 ** (latest.age / HALF_LIFE_DAYS) + 1e-9
    return histories.texts.filter(later <= LAST_TEXTS).select(
        pl.Series("customer", latest.of),
        pl.Series("weight", weight / latest.sums(weight)[latest.of]),
        pl.Series("age", latest.age),
        pl.Series("place", LAST_TEXTS - later[later <= LAST_TEXTS]),
        *("text", "source", "time"),
    )
