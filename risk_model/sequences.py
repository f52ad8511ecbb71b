"""What a customer did, in its order: the last events one by one, and the last half year week by week."""

from collections.abc import Collection
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from risk_model.features import CANCELLED, KINDS, ORDER, RATED, anchor_events
from risk_model.histories import Histories
from risk_model.rows import Rows, joined, numbered

Floats = npt.NDArray[np.float32]
LAST_EVENTS = 16
EVENT_KINDS = (ORDER, *KINDS, CANCELLED, RATED, "review", "chat")
OTHER = len(EVENT_KINDS) + 1  # 0 is no event
NUMBER_OF = {kind: number for number, kind in enumerate(EVENT_KINDS, start=1)}
CHANNELS = 4  # kind, and the logarithms of age, gap to the event before, and value
WEEKS = 26
WEEK = timedelta(days=7)


def event_sequences(histories: Histories, kinds: Collection[int] | None = None) -> Floats:
    """(customers, LAST_EVENTS, CHANNELS): each one's last events and texts, the newest last, 0 before the first. Only
    those of these `kinds`, where they are given: of another one a network of this shop has learned nothing.

    A value is what was paid or rated, with its sign; ages and gaps are in days.
    """
    events, texts = histories.events, histories.texts
    keys = histories.customers["customer_key"]
    rows = joined(*(Rows.read(frame, keys, histories.as_of) for frame in (events, texts)))
    kind = np.concatenate([numbered(said, NUMBER_OF, OTHER) for said in (events["kind"], texts["source"])])
    value = np.nan_to_num(np.concatenate([_floats(events["value"]), _floats(texts["rating"])]))
    order = np.lexsort((value, kind, -rows.age, rows.of))
    if kinds is not None:
        order = order[np.isin(kind[order], list(kinds))]
    rows, kind, value = rows.where(order), kind[order], value[order]
    gap = np.where(np.diff(rows.of, prepend=-1) == 0, -np.diff(rows.age, prepend=0), 0)
    later = np.searchsorted(rows.of, rows.of, side="right") - np.arange(len(rows.of))  # this one counted
    told = np.stack(
        [kind, np.log1p(rows.age), np.log1p(gap), np.sign(value) * np.log1p(np.abs(value))], axis=1
    )
    sequences = np.zeros((len(keys), LAST_EVENTS, CHANNELS), dtype=np.float32)
    last = later <= LAST_EVENTS
    sequences[rows.of[last], LAST_EVENTS - later[last]] = told[last]
    return sequences


def kinds_in(sequences: Floats) -> list[int]:
    """Which kinds of events these (customers, LAST_EVENTS, CHANNELS) hold."""
    return [int(kind) for kind in np.unique(sequences[:, :, 0]) if kind]


def weekly_of(histories: Histories, anchor: str) -> Floats:
    """(customers, WEEKS, 3): the last weeks' counts of anchor events, all events and texts, the newest week last."""
    frames = (anchor_events(histories, anchor), histories.events, histories.texts)
    return np.stack([_weekly(histories, frame) for frame in frames], axis=2)


def _floats(column: pl.Series) -> npt.NDArray[np.float64]:
    return column.to_numpy().astype(np.float64)


def _weekly(histories: Histories, frame: pl.DataFrame) -> Floats:
    rows = Rows.read(frame, histories.customers["customer_key"], histories.as_of)
    lately = rows.where(rows.age < WEEKS * WEEK.days)
    counts = np.zeros((rows.customers, WEEKS), dtype=np.float32)
    np.add.at(counts, (lately.of, WEEKS - 1 - (lately.age // WEEK.days).astype(np.int64)), 1)
    return counts
