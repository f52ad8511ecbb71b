"""What is known of customers as of one moment: the model's only input, plain frames without tables.

One customer in a chat and a million at night are the same type, so every feature has one definition.
"""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

Schema = dict[str, pl.DataType | type[pl.DataType]]
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
    once, also those without any row elsewhere. Frames are sorted, so that equal knowledge gives equal bytes.
    """

    as_of: datetime
    customers: pl.DataFrame
    events: pl.DataFrame
    texts: pl.DataFrame

    @classmethod
    def build(
        cls, as_of: datetime, customers: pl.DataFrame, events: pl.DataFrame, texts: pl.DataFrame
    ) -> "Histories":
        """Cut everything later than `as_of`, cast to the schema and sort."""
        known = pl.col("time") <= as_of
        return cls(
            as_of,
            customers.select(pl.col(name).cast(kind) for name, kind in CUSTOMERS.items()).sort(
                "customer_key"
            ),
            _typed(events, EVENTS).filter(known).sort("customer_key", "time", "kind", "value", "quantity"),
            _typed(texts, TEXTS).filter(known).sort("customer_key", "time", "source", "text"),
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
        chosen = pl.DataFrame({"customer_key": keys})
        return Histories(
            self.as_of,
            *(
                f.join(chosen, on="customer_key", how="semi")
                for f in (self.customers, self.events, self.texts)
            ),
        )


def _typed(frame: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(kind) for name, kind in schema.items())
