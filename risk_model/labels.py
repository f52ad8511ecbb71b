"""Labels from the event log alone, and only from what was known at the training moment.

A customer who was active before a cut-off has left when the horizon after it holds no anchor event. Active
means an anchor event within the last four horizons: who went longer ago cannot be lost any more and would only
make the task look easy, while a shorter span leaves unlearned what drifting away looks like (measured on the
Musical Instruments reviews: AUROC .53 with two horizons, .67 with four). Every horizon ends by the training
moment, so nothing later can change a label.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from risk_model.features import anchor_events
from risk_model.histories import Histories

MOST_CUT_OFFS = 26
# That far back they reach at least, where the log does: a season shows once it has come back.
TWO_YEARS = timedelta(days=731)
# No more are learned from, so that training takes no longer however large the shop is.
MANY_EXAMPLES = 500_000
ACTIVE_HORIZONS = 4
SHORTEST_PAST = timedelta(days=45)


def cut_offs(histories: Histories, anchor: str, horizon: timedelta) -> list[datetime]:
    """Up to `MOST_CUT_OFFS` moments, oldest first; the last one's horizon ends at `histories.as_of`.

    They stand evenly over up to two years of log, but at least a third of a horizon apart, and each leaves at least
    `SHORTEST_PAST` of log before it.
    """
    first = anchor_events(histories, anchor)["time"].min()
    if not isinstance(first, datetime):  # no event at all
        return []
    latest = histories.as_of - horizon
    reach = latest - SHORTEST_PAST - first
    step = max(horizon / 3, min(reach, TWO_YEARS) / (MOST_CUT_OFFS - 1))
    moments = [latest - step * number for number in range(MOST_CUT_OFFS)]
    return sorted(moment for moment in moments if moment - SHORTEST_PAST >= first)


def drawn(active: Sequence[pl.Series]) -> list[pl.Series]:
    """The customers to learn from at each cut-off: all who are `active` there or, where these are more than
    `MANY_EXAMPLES` altogether, every few of them, at each cut-off others.
    """
    step = -(-sum(map(len, active)) // MANY_EXAMPLES)
    if step < 2:
        return list(active)
    return [keys.gather_every(step, number % step) for number, keys in enumerate(active)]


def active_customers(histories: Histories, anchor: str, cut_off: datetime, horizon: timedelta) -> pl.Series:
    """Keys of those with an anchor event in the `ACTIVE_HORIZONS` horizons up to the cut-off, sorted."""
    lately = (pl.col("time") <= cut_off) & (pl.col("time") > cut_off - ACTIVE_HORIZONS * horizon)
    return anchor_events(histories, anchor).filter(lately)["customer_key"].unique().sort()


def left_within(
    histories: Histories, anchor: str, cut_off: datetime, horizon: timedelta, keys: pl.Series
) -> npt.NDArray[np.float32]:
    """(len(keys),): 1 for a customer without an anchor event in (cut_off, cut_off + horizon], else 0."""
    in_window = (pl.col("time") > cut_off) & (pl.col("time") <= cut_off + horizon)
    seen = anchor_events(histories, anchor).filter(in_window)["customer_key"].unique()
    return (~keys.is_in(seen.implode())).cast(pl.Float32).to_numpy()


def days_until_back(
    histories: Histories, anchor: str, cut_off: datetime, keys: pl.Series
) -> npt.NDArray[np.float32]:
    """(len(keys),): after how many days each had the next anchor event; infinite where none is known."""
    later = anchor_events(histories, anchor).filter(pl.col("time") > cut_off)
    first = later.group_by("customer_key").agg(pl.col("time").min())
    days = (pl.col("time") - cut_off) / timedelta(days=1)
    told = keys.alias("customer_key").to_frame().join(first, "customer_key", "left", maintain_order="left")
    return told.select(days.fill_null(float("inf")).cast(pl.Float32)).to_series().to_numpy()
