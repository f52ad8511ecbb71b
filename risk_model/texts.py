"""From a customer's texts to one vector: the last texts, weighted by freshness.

The pooled vector is linear in the texts, so that each sentence's share of it is exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from risk_model.histories import Histories

LAST_TEXTS = 16
HALF_LIFE_DAYS = 30.0
Vectors = npt.NDArray[np.float32]


class TextEncoder(Protocol):
    """Texts to vectors: `risk_model.encoder.Encoder`, or a cache around it."""

    version: str
    dimensions: int

    def encode(self, texts: Sequence[str]) -> Vectors: ...


@dataclass(frozen=True, slots=True)
class WeightedTexts:
    """The texts that count. `table` has `customer` (row number in the histories), `weight` (sums to 1 per
    customer), `text`, `source` and `time`; `vectors` is (rows of table, D).
    """

    table: pl.DataFrame
    vectors: Vectors

    def pooled(self, customers: int, centre: Vectors) -> Vectors:
        """(customers, D): the weighted mean of each customer's vectors minus `centre` (D,); 0 for who wrote nothing."""
        pooled = np.zeros((customers, len(centre)), dtype=np.float32)
        weights = self.table["weight"].to_numpy().astype(np.float32)[:, None]
        np.add.at(pooled, self.table["customer"].to_numpy(), weights * (self.vectors - centre))
        return pooled


def latest_texts(histories: Histories) -> pl.DataFrame:
    """The table of `WeightedTexts`: each customer's last `LAST_TEXTS` texts, the newest last."""
    number = histories.customers.select("customer_key").with_row_index("customer")
    age = (pl.lit(histories.as_of) - pl.col("time")) / timedelta(days=1)
    newest = histories.texts.sort("customer_key", "time", "text").group_by(
        "customer_key", maintain_order=True
    )
    weighted = newest.tail(LAST_TEXTS).with_columns(weight=0.5 ** (age / HALF_LIFE_DAYS) + 1e-9)
    weighted = weighted.with_columns(weight=pl.col("weight") / pl.col("weight").sum().over("customer_key"))
    joined = weighted.join(number, on="customer_key", how="inner", maintain_order="left")
    return joined.select(pl.col("customer").cast(pl.Int64), "weight", "text", "source", "time")
