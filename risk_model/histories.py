"""What is known of customers as of one moment: the model's only input, plain frames without tables.

One customer in a chat and a million at night are the same type, so every feature has one definition.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import polars as pl

Schema = dict[str, pl.DataType | type[pl.DataType]]
LARGEST = 1e15  # of a value or quantity: sums of such numbers still fit into the model's single precision
TIME = pl.Datetime("us", "UTC")
CUSTOMERS: Schema = {"customer_key": pl.String, "joined_at": TIME}
EVENTS: Schema = {
    "customer_key": pl.String,
    "time": TIME,
    "kind": pl.String,
    "value": pl.Float64,
    "quantity": pl.Float64,
}
TEXTS: Schema = {
    "customer_key": pl.String,
    "time": TIME,
    "source": pl.String,
    "rating": pl.Float64,
    "text": pl.String,
}


@dataclass(frozen=True, slots=True)
class Histories:
    """Customers with their events and their own texts (reviews, chat messages), nothing later than `as_of`.

    The frames have the columns of `CUSTOMERS`, `EVENTS` and `TEXTS`; `customers` lists everyone to be scored
    once, also those without any row elsewhere, and nobody else has rows. Frames are sorted by customer and time,
    so that equal knowledge gives equal bytes.
    """

    as_of: datetime
    customers: pl.DataFrame
    events: pl.DataFrame
    texts: pl.DataFrame

    @classmethod
    def build(
        cls, as_of: datetime, customers: pl.DataFrame, events: pl.DataFrame, texts: pl.DataFrame
    ) -> "Histories":
        """Cut everything later than `as_of` or of somebody who is not listed (met while the rows were read), cast to
        the schema and sort.
        """
        listed = _typed(customers, CUSTOMERS).sort("customer_key").collect()
        known = (pl.col("time") <= as_of) & pl.col("customer_key").is_in(listed["customer_key"].implode())
        did, wrote = _typed(events, EVENTS).filter(known), _typed(texts, TEXTS).filter(known)
        return cls(
            as_of,
            listed,
            did.sort("customer_key", "time", "kind", "value", "quantity").collect(),
            wrote.sort("customer_key", "time", "source", "text").collect(),
        )

    def until(self, moment: datetime) -> "Histories":
        """The same customers as they were known at an earlier moment; those not met by then are left out."""
        known = pl.col("time") <= moment
        events, texts = self.events.filter(known), self.texts.filter(known)
        met = pl.concat([events.select("customer_key"), texts.select("customer_key")]).unique()
        joined = self.customers.filter(pl.col("joined_at") <= moment).select("customer_key")
        keys = pl.concat([met, joined]).unique()
        customers = self.customers.join(keys, on="customer_key", how="semi").sort("customer_key")
        return Histories(moment, customers, events, texts)

    def of(self, keys: pl.Series) -> "Histories":
        """Only these customers."""
        chosen = pl.col("customer_key").is_in(keys.implode())
        return Histories(
            self.as_of, *(frame.filter(chosen) for frame in (self.customers, self.events, self.texts))
        )

    def parts(self, size: int) -> Iterator["Histories"]:
        """The same, at most `size` customers at a time. Each is cut out of the sorted frames, so that many parts take
        no longer than few.
        """
        if 0 < len(self.customers) <= size:
            yield self
            return
        for start in range(0, len(self.customers), size):
            customers = self.customers.slice(start, size)
            ends = customers["customer_key"][0], customers["customer_key"][-1]
            yield Histories(
                self.as_of, customers, *(_between(frame, *ends) for frame in (self.events, self.texts))
            )


def _between(frame: pl.DataFrame, first: str, last: str) -> pl.DataFrame:
    """The rows of these two customers and all between them."""
    keys = frame["customer_key"]
    start, end = keys.search_sorted(first, side="left"), keys.search_sorted(last, side="right")
    return frame[start:end]


def _typed(frame: pl.DataFrame, schema: Schema) -> pl.LazyFrame:
    """The columns of the schema. A number that is none (NaN, infinite) is unknown; one beyond `LARGEST` is that."""
    typed = (pl.col(name).cast(kind) for name, kind in schema.items())
    return frame.lazy().select(
        _known(column) if kind == pl.Float64 else column
        for column, kind in zip(typed, schema.values(), strict=True)
    )


def _known(number: pl.Expr) -> pl.Expr:
    return pl.when(number.is_finite()).then(number.clip(-LARGEST, LARGEST)).name.keep()
