"""Features of what customers wrote, point-in-time: how it sounded, which way the last chat went, questions asked again.

One definition for training, nightly scoring and the chat turn, made of the vectors of `risk_model.texts.latest_texts`,
which are there already: each customer's last 16 texts up to that moment, and no text is encoded for this. Tone is that
of `risk_model.tone`, so a shop whose encoder it does not read has none of these features. They are null, never 0, for
who wrote nothing, and no part of behaviour: only the way to score that reads text has them.
"""

import numpy as np
import numpy.typing as npt
import polars as pl

from risk_model.features import HALF_LIVES, ORDER, Columns
from risk_model.histories import Histories
from risk_model.repetition import group, last_questions
from risk_model.rows import Doubles, Numbers, Rows, days_before
from risk_model.texts import LatestTexts, Vectors
from risk_model.tone.network import ALARM, tone_of
from risk_model.tone.sentences import LABELS

PAUSE_DAYS = 0.5  # a chat message later than this after the one before begins another conversation
LATELY = 30
AGAIN_WITHIN = (7, 30)  # days


def _of_label(label: str) -> tuple[str, ...]:
    rates = (f"{label}_rate_{days}" for days in HALF_LIVES)
    return (*rates, f"{label}_last", f"{label}_most_{LATELY}", f"{label}_texts_{LATELY}", f"{label}_course")


FACTORS: dict[str, tuple[str, ...]] = {
    **{label: _of_label(label) for label in LABELS},
    "repeats": tuple(f"repeats_{days}" for days in AGAIN_WITHIN),
}
WRITTEN: tuple[str, ...] = tuple(name for names in FACTORS.values() for name in names)


def written(texts: LatestTexts, histories: Histories, *, tone: bool) -> npt.NDArray[np.float32]:
    """(customers, len(WRITTEN)), NaN for absent; all of it where `tone` cannot be told from the vectors."""
    customers = len(histories.customers)
    if not tone or not len(texts.table):
        return np.full((customers, len(WRITTEN)), np.nan, np.float32)
    columns = _columns(texts, histories)
    return np.column_stack([columns[name] for name in WRITTEN]).astype(np.float32)


def _columns(texts: LatestTexts, histories: Histories) -> Columns:
    """Each of `WRITTEN`: (N,). A `rate` sums probabilities decayed with the half-life in its name, in days; a `course`
    is the last message's less the first one's in the last conversation, where that has several.
    """
    time = texts.table["time"].to_numpy()
    rows = Rows(
        len(histories.customers),
        texts.table["customer"].to_numpy().astype(np.int64),
        time.astype("datetime64[D]").view(np.int64),
        days_before(histories.as_of, time),
    )
    chat = np.flatnonzero((texts.table["source"] == "chat").to_numpy())
    chats, tones = rows.where(chat), tone_of(texts.vectors).astype(np.float64)  # (R, 3)
    first, last = _last_conversation(chats)
    columns: Columns = {}
    for label, said in zip(LABELS, tones.T, strict=True):
        columns |= _of_said(label, said, rows)
        in_chats = np.append(said[chat], np.nan)  # -1 is no message
        columns[f"{label}_course"] = np.where(last > first, in_chats[last] - in_chats[first], np.nan)
    silent = rows.sums() == 0
    told = {name: np.where(silent, np.nan, column) for name, column in columns.items()}
    return told | _repeats(chats, texts.table["text"].gather(chat), texts.vectors[chat], histories)


def _of_said(label: str, said: Doubles, rows: Rows) -> Columns:
    """`said` (R,): how probable it is that each text says this."""
    lately = rows.age < LATELY
    most = np.zeros(rows.customers)
    np.maximum.at(most, rows.of[lately], said[lately])
    return {
        **{f"{label}_rate_{days}": rows.sums(said * 0.5 ** (rows.age / days)) for days in HALF_LIVES},
        f"{label}_last": rows.newest(said),
        f"{label}_most_{LATELY}": most,
        f"{label}_texts_{LATELY}": rows.sums(lately & (said >= ALARM)),
    }


def _last_conversation(chats: Rows) -> tuple[Numbers, Numbers]:
    """Of each customer (N,), which of the chat rows are the first and the last of the last conversation; -1 of none."""
    begins = np.ones(len(chats.of), bool)
    begins[1:] = (np.diff(chats.of) != 0) | (np.diff(chats.age) < -PAUSE_DAYS)
    first, last = (np.full(chats.customers, -1) for _ in range(2))
    starts = np.flatnonzero(begins)
    first[chats.of[starts]] = starts  # of several for one customer the last one stays
    last[chats.of] = np.arange(len(chats.of))
    return first, last


def _repeats(chats: Rows, texts: pl.Series, vectors: Vectors, histories: Histories) -> Columns:
    """How often the newest question was asked before, within so many days and since the last order."""
    asked = chats.sums()
    columns = {f"repeats_{days}": np.where(asked > 0, 0.0, np.nan) for days in AGAIN_WITHIN}
    several = np.flatnonzero(chats.within(max(AGAIN_WITHIN)) > 1)
    if not len(several):
        return columns
    orders = histories.events.filter(histories.events["kind"] == ORDER)
    ordered = Rows.read(orders, histories.customers["customer_key"], histories.as_of)
    since = np.nan_to_num(ordered.newest(ordered.age), nan=np.inf)
    ends = np.searchsorted(chats.of, [several, several + 1])
    for customer, start, end in zip(several, *ends, strict=True):
        words, own = texts[start:end].to_list(), slice(start, end)
        counted = [np.flatnonzero(chats.age[own] < min(days, since[customer])) for days in AGAIN_WITHIN]
        distinct = {len(some): some for some in counted}  # mostly one: each has the newest messages
        again = {number: _again(words, vectors[own], some) for number, some in distinct.items()}
        for days, some in zip(AGAIN_WITHIN, counted, strict=True):
            columns[f"repeats_{days}"][customer] = again[len(some)]
    return columns


def _again(texts: list[str], vectors: Vectors, counted: Numbers) -> int:
    """How often the newest question of those `counted` was asked before among them."""
    asked = last_questions([texts[number] for number in counted])
    return len(group(vectors[counted[asked]])) - 1 if len(asked) > 1 else 0
