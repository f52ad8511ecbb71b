"""Behaviour features, point-in-time: one definition for training, nightly scoring and the chat turn.

A feature that says nothing (no second order yet, a shop that records no visits) is null, never 0. Each
feature belongs to one factor, the unit in which reasons are told. The anchor is what "still here" means:
orders, or any activity in a shop that records none.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from risk_model.bg_nbd import BuyingModel, Purchases
from risk_model.event_kinds import NOT_OF_THEIR_DOING
from risk_model.histories import Histories
from risk_model.rows import Chosen, Doubles, Rows, days_before, divided, joined, numbered

ORDER = "order"
ACTIVITY = "activity"
VISITS = ("visit", "view", "click")
CANCELLED, RATED = "subscription_cancelled", "rating"
LOW_RATING = 2.0
Columns = dict[str, Doubles]
HALF_LIVES = (7, 30, 90)  # days
KINDS = {
    "visit": "visits",
    "view": "views",
    "click": "clicks",
    "cart": "carts",
    "return": "returns",
    "complaint": "complaints",
    "competitor_view": "competitor_views",
}


def _rates(*kinds: str) -> tuple[str, ...]:
    return tuple(f"{kind}_rate_{days}" for kind in kinds for days in HALF_LIVES)


FACTORS: dict[str, tuple[str, ...]] = {
    "overdue": (
        "recency_days",
        "usual_gap_days",
        "overdue",
        "gap_z",
        "probably_alive",
        "expected_orders",
    ),
    "frequency": (
        *("count_30", "count_90", "count_365", "rate_7", "rate_30", "rate_90"),
        *("count_trend", "rate_trend", "days_bought"),
    ),
    "season": ("year_ago",),
    "spending": ("value_90", "value_365", "mean_value", "value_trend"),
    "tenure": ("tenure_days",),
    "visits": (
        *("visits_30", "visits_90", "visit_trend", "visit_recency_days"),
        *_rates("visits", "views", "clicks", "carts"),
        *("views_trend", "clicks_trend"),
    ),
    "returns": ("returns_180", *_rates("returns"), "returned_share"),
    "complaints": ("complaints_30", "complaints_180", *_rates("complaints")),
    "competitors": ("competitor_views_30", "competitor_views_180", *_rates("competitor_views")),
    "subscription": ("cancelled_180",),
    "ratings": ("rating_mean", "rating_last", "rating_trend", "low_ratings_180"),
    "writing": ("texts_30", "texts_180", "chats_30", "chats_180"),
}
FEATURES: tuple[str, ...] = tuple(name for names in FACTORS.values() for name in names)
FACTOR_OF: dict[str, str] = {name: factor for factor, names in FACTORS.items() for name in names}


def anchor_of(histories: Histories) -> str:
    """`order` where the shop records orders, else `activity`."""
    return ORDER if histories.events.select((pl.col("kind") == ORDER).any()).item() else ACTIVITY


def anchor_events(histories: Histories, anchor: str) -> pl.DataFrame:
    """The events that show a customer is still here: `customer_key`, `time`, `value`."""
    columns = ("customer_key", "time", "value")
    if anchor == ORDER:
        return histories.events.filter(pl.col("kind") == ORDER).select(columns)
    reviews = histories.texts.filter(pl.col("source") == "review")
    done = histories.events.filter(~pl.col("kind").is_in(NOT_OF_THEIR_DOING))
    written = reviews.select("customer_key", "time", pl.lit(None, pl.Float64).alias("value"))
    return pl.concat([done.select(columns), written]).unique().sort(columns)


def behaviour(
    histories: Histories, anchor: str, buying: BuyingModel | None = None, names: Sequence[str] = FEATURES
) -> pl.DataFrame:
    """`customer_key` and one Float64 column for each of `names`, a row per customer in the order of `customers`."""
    columns = behaviour_columns(histories, anchor, buying)
    told = pl.DataFrame({name: columns[name] for name in names}, nan_to_null=True)
    return pl.concat([histories.customers.select("customer_key"), told], how="horizontal")


def behaviour_columns(histories: Histories, anchor: str, buying: BuyingModel | None = None) -> Columns:
    """Each of `FEATURES`: (N,), NaN for absent, in the order of `customers`.

    Counts look back the days in their name; a `rate` is a count decayed with the half-life in its name, in days;
    a `trend` is the logarithm of the recent against the usual. Without a buying model, what it tells is absent.
    """
    anchors = anchor_events(histories, anchor)
    bought = _rows(anchors, histories)
    rows, texts = _rows(histories.events, histories), _rows(histories.texts, histories)
    kinds = _words(histories.events["kind"], (*KINDS, CANCELLED, RATED))
    events = _of_events(rows, kinds)
    ratings = (rows.where(kinds[RATED]), _numbers(histories.events["value"])[kinds[RATED]])
    return {
        **_of_anchors(bought),
        **_of_values(bought, _numbers(anchors["value"])),
        **_of_days(bought.by_day(), buying),
        **events,
        **_of_ratings(ratings, (texts, _numbers(histories.texts["rating"]))),
        **_of_texts(texts, _words(histories.texts["source"], ("chat",))["chat"]),
        "tenure_days": _tenure(histories, bought),
        "returned_share": divided(events["returns_180"], bought.within(180) + events["returns_180"]),
    }


def purchases(histories: Histories, anchor: str) -> Purchases:
    """What a buying model is fitted on: everyone with an anchor event."""
    everyone = _as_purchases(_rows(anchor_events(histories, anchor), histories).by_day())
    bought = np.isfinite(everyone.repeats)
    return Purchases(everyone.repeats[bought], everyone.last[bought], everyone.age[bought])


def _rows(frame: pl.DataFrame, histories: Histories) -> Rows:
    return Rows.read(frame, histories.customers["customer_key"], histories.as_of)


def _numbers(column: pl.Series) -> Doubles:
    return column.to_numpy().astype(np.float64)


def _trend(recent: Doubles, usual: Doubles, ratio: Doubles | float) -> Doubles:
    """log of `recent` against `usual`, where steady behaviour makes the first `ratio` of the second."""
    return np.asarray(np.log((recent + 0.5) / (usual * ratio + 0.5)))


def _of_anchors(rows: Rows) -> Columns:
    age, count = rows.age, rows.sums()
    newest, first = rows.newest(age), rows.oldest(age)
    gap = np.where(first > newest, divided(first - newest, count - 1), np.nan)
    counts = {days: rows.within(days) for days in (30, 90, 365)}
    rates = {days: rows.sums(0.5 ** (age / days)) for days in HALF_LIVES}
    return {
        "recency_days": newest,
        "usual_gap_days": gap,
        "overdue": newest / np.maximum(gap, 1),
        **{f"count_{days}": number for days, number in counts.items()},
        **{f"rate_{days}": rate for days, rate in rates.items()},
        # three months' share of a year, or of as much of it as the customer was there
        "count_trend": _trend(counts[90], counts[365], 90 / np.clip(first, 90, 365)),
        "rate_trend": np.where(count > 0, _trend(rates[30], rates[90], 30 / 90), np.nan),
        "year_ago": np.where(first >= 365, rows.sums((age >= 365 - 90) & (age < 365)), np.nan),
    }


def _of_values(rows: Rows, value: Doubles) -> Columns:
    """`value` (R,) of anchor events, NaN where unknown."""
    spent, mean = np.nan_to_num(value), rows.means(value)
    now = rows.age == rows.newest(rows.age)[rows.of]  # several at one moment are the last one together
    last = rows.where(now).means(value[now])
    return {
        "value_90": rows.sums(np.where(rows.age < 90, spent, 0.0)),
        "value_365": rows.sums(np.where(rows.age < 365, spent, 0.0)),
        "mean_value": mean,
        "value_trend": np.log((np.abs(last) + 1) / (np.abs(mean) + 1)),
    }


def _of_days(days: Rows, buying: BuyingModel | None) -> Columns:
    """Of anchor events with one row a customer and day: two orders of one day are one decision to buy."""
    count = days.sums()
    follows = np.diff(days.of, prepend=-1) == 0
    gaps, gap = days.where(follows), np.diff(days.day, prepend=0)[follows].astype(np.float64)
    usual = gaps.means(gap)
    spread = np.sqrt(divided(gaps.sums((gap - usual[gaps.of]) ** 2), count - 2))  # of count - 1 gaps
    late = divided(days.newest(days.age) - usual, np.maximum(spread, 1))
    bought, absent = _as_purchases(days), np.full(days.customers, np.nan)
    return {
        "days_bought": np.where(count > 0, count, np.nan),
        "gap_z": np.where(count > 2, late, np.nan),
        "probably_alive": absent if buying is None else buying.alive(bought),
        "expected_orders": absent if buying is None else buying.expected(bought),
    }


def _as_purchases(days: Rows) -> Purchases:
    """Of everyone: NaN for who never bought."""
    count, newest, oldest = days.sums(), days.newest(days.age), days.oldest(days.age)
    return Purchases(np.where(count > 0, count - 1, np.nan), oldest - newest, oldest)


def _of_events(rows: Rows, kinds: dict[str, Chosen]) -> Columns:
    """`kinds` (R,) say which rows are of each kind."""
    of = {kind: rows.where(chosen) for kind, chosen in kinds.items()}
    visits = rows.where(np.logical_or.reduce([kinds[kind] for kind in VISITS]))
    columns = {
        "visits_30": visits.within(30),
        "visits_90": visits.within(90),
        "visit_recency_days": visits.newest(visits.age),
        "returns_180": of["return"].within(180),
        "complaints_30": of["complaint"].within(30),
        "complaints_180": of["complaint"].within(180),
        "competitor_views_30": of["competitor_view"].within(30),
        "competitor_views_180": of["competitor_view"].within(180),
        "cancelled_180": of[CANCELLED].within(180),
    }
    for kind, name in KINDS.items():
        columns |= {f"{name}_rate_{days}": of[kind].sums(0.5 ** (of[kind].age / days)) for days in HALF_LIVES}
    return columns | _event_trends(columns, rows.sums() > 0)


def _event_trends(columns: Columns, known: Chosen) -> Columns:
    """Absent where no event at all is `known` (N,)."""
    trends = {
        "visit_trend": _trend(columns["visits_30"], columns["visits_90"], 1 / 3),
        "views_trend": _trend(columns["views_rate_7"], columns["views_rate_30"], 7 / 30),
        "clicks_trend": _trend(columns["clicks_rate_7"], columns["clicks_rate_30"], 7 / 30),
    }
    return {name: np.where(known, trend, np.nan) for name, trend in trends.items()}


def _of_ratings(*rated: tuple[Rows, Doubles]) -> Columns:
    """Of several sources of rows and their ratings (R,), NaN where there is none."""
    rows, rating = joined(*(rows for rows, _ in rated)), np.concatenate([numbers for _, numbers in rated])
    order = np.lexsort((rating, -rows.age, rows.of))
    order = order[np.isfinite(rating[order])]
    rows, rating = rows.where(order), rating[order]
    mean, last = rows.means(rating), rows.newest(rating)
    return {
        "rating_mean": mean,
        "rating_last": last,
        "rating_trend": np.where(rows.sums() > 1, last - mean, np.nan),
        "low_ratings_180": rows.sums((rating <= LOW_RATING) & (rows.age < 180)),
    }


def _of_texts(rows: Rows, chat: Chosen) -> Columns:
    chats = rows.where(chat)
    return {
        **{f"texts_{days}": rows.within(days) for days in (30, 180)},
        **{f"chats_{days}": chats.within(days) for days in (30, 180)},
    }


def _tenure(histories: Histories, anchors: Rows) -> Doubles:
    """Days since joining, or since the first anchor event where that is longer ago."""
    joined = days_before(histories.as_of, histories.customers["joined_at"].to_numpy())
    return np.maximum(np.fmax(joined, anchors.oldest(anchors.age)), 0)


def _words(column: pl.Series, words: Sequence[str]) -> dict[str, Chosen]:
    """For each word, which rows say it."""
    said = numbered(column, {word: number for number, word in enumerate(words)}, other=-1)
    return {word: said == number for number, word in enumerate(words)}
