"""Small made-up histories with a planted cause, for tests of features, labels and training."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from risk_model.histories import CUSTOMERS, EVENTS, TEXTS, Histories

AS_OF = datetime(2025, 6, 1, tzinfo=UTC)


class LengthEncoder:
    """A text's vector says how long it is: enough to carry a planted signal without the real encoder."""

    version, dimensions = "length-1", 8

    def encode(self, texts):
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        vectors[:, 0] = [len(text) / 40 for text in texts]
        vectors[:, 1] = 1
        return vectors


def histories(
    events: list[tuple[str, float, str, float | None]],
    texts: list[tuple[str, float, str, float | None, str]] = (),
    as_of: datetime = AS_OF,
    joined: dict[str, float] | None = None,
) -> Histories:
    """From (key, age in days, kind, value) and (key, age in days, source, rating, text)."""
    keys = sorted({row[0] for row in [*events, *texts]} | set(joined or {}))
    joined_at = [as_of - timedelta(days=joined[key]) if joined and key in joined else None for key in keys]
    return Histories.build(
        as_of,
        pl.DataFrame({"customer_key": keys, "joined_at": joined_at}, schema=CUSTOMERS),
        pl.DataFrame(
            [(k, as_of - timedelta(days=d), kind, v, None) for k, d, kind, v in events], EVENTS, orient="row"
        ),
        pl.DataFrame(
            [(k, as_of - timedelta(days=d), s, r, t) for k, d, s, r, t in texts], TEXTS, orient="row"
        ),
    )


def shop_where_the_slow_leave(customers: int = 300, seed: int = 3, days: int = 400) -> Histories:
    """Everybody orders at an own pace; half of them stop for good at a random moment, slowing down before."""
    rng = np.random.default_rng(seed)
    events: list[tuple[str, float, str, float | None]] = []
    for number in range(customers):
        key, gap = f"c{number:04d}", rng.uniform(8, 25)
        stops = rng.uniform(0, days) if number % 2 else -1.0
        age = days - rng.uniform(0, 60)
        while age > max(stops, 0):
            events.append((key, age, "order", float(rng.uniform(10, 60))))
            slowed = 3.0 if 0 < age - stops < 60 and stops > 0 else 1.0
            age -= gap * slowed * rng.uniform(0.7, 1.3)
    return histories(events)
