"""Behaviour features, point-in-time: one definition for training, nightly scoring and the chat turn.

A feature that says nothing (no second order yet, a shop that records no visits) is null, never 0. Each
feature belongs to one factor, the unit in which reasons are told. The anchor is what "still here" means:
orders, or any activity in a shop that records none.
"""

from datetime import timedelta

import polars as pl

from risk_model.histories import Histories

ORDER = "order"
ACTIVITY = "activity"
VISITS = ("visit", "view", "click")
LOW_RATING = 2.0
NOT_OF_THEIR_DOING = ("mail_bounced", "unsubscribed")  # events, but no sign that a customer is still here
DAY = timedelta(days=1)

FACTORS: dict[str, tuple[str, ...]] = {
    "overdue": ("recency_days", "usual_gap_days", "overdue"),
    "frequency": ("count_30", "count_90", "count_365", "rate_30", "rate_90", "count_trend"),
    "spending": ("value_90", "value_365", "mean_value"),
    "tenure": ("tenure_days",),
    "visits": ("visits_30", "visits_90", "visit_trend"),
    "returns": ("returns_180",),
    "complaints": ("complaints_30", "complaints_180"),
    "competitors": ("competitor_views_30", "competitor_views_180"),
    "subscription": ("cancelled_180",),
    "ratings": ("rating_mean", "rating_last", "low_ratings_180"),
    "writing": ("texts_30", "texts_180"),
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
    return pl.concat([done.select(columns), written]).unique()


def behaviour(histories: Histories, anchor: str) -> pl.DataFrame:
    """`customer_key` and one Float64 column for each of `FEATURES`, a row per customer in the order of
    `customers`.

    Counts look back the days in their name; `rate_30` and `rate_90` are counts decayed with that half-life in
    days.
    """
    frames = [
        _anchor_features(_aged(anchor_events(histories, anchor), histories)),
        _event_features(_aged(histories.events, histories)),
        _rating_features(_aged(_ratings(histories), histories)),
        _text_features(_aged(histories.texts, histories)),
    ]
    table = histories.customers
    for frame in frames:
        table = table.join(frame, on="customer_key", how="left", maintain_order="left")
    table = _without_gaps_in_counts(table).with_columns(tenure_days=_tenure(histories))
    return table.select("customer_key", *(pl.col(name).cast(pl.Float64) for name in FEATURES))


def _aged(frame: pl.DataFrame, histories: Histories) -> pl.DataFrame:
    return frame.with_columns(age=(pl.lit(histories.as_of) - pl.col("time")) / DAY)


def _within(days: int) -> pl.Expr:
    return pl.col("age") < days


def _anchor_features(anchors: pl.DataFrame) -> pl.DataFrame:
    count, span = pl.len(), pl.col("age").max() - pl.col("age").min()
    grouped = anchors.group_by("customer_key").agg(
        recency_days=pl.col("age").min(),
        first_age=pl.col("age").max(),
        usual_gap_days=pl.when((count > 1) & (span > 0)).then(span / (count - 1)),
        rate_30=(0.5 ** (pl.col("age") / 30)).sum(),
        rate_90=(0.5 ** (pl.col("age") / 90)).sum(),
        value_90=pl.col("value").filter(_within(90)).sum(),
        value_365=pl.col("value").filter(_within(365)).sum(),
        mean_value=pl.col("value").mean(),
        **{f"count_{days}": _within(days).sum() for days in (30, 90, 365)},
    )
    expected = pl.col("count_365") * 90 / pl.min_horizontal(pl.col("first_age").clip(90), pl.lit(365.0))
    return grouped.with_columns(
        overdue=pl.col("recency_days") / pl.col("usual_gap_days").clip(1),
        count_trend=((pl.col("count_90") + 0.5) / (expected + 0.5)).log(),
    )


def _event_features(events: pl.DataFrame) -> pl.DataFrame:
    def count(kinds: tuple[str, ...], days: int) -> pl.Expr:
        return (pl.col("kind").is_in(kinds) & _within(days)).sum()

    grouped = events.group_by("customer_key").agg(
        visits_30=count(VISITS, 30),
        visits_90=count(VISITS, 90),
        returns_180=count(("return",), 180),
        complaints_30=count(("complaint",), 30),
        complaints_180=count(("complaint",), 180),
        competitor_views_30=count(("competitor_view",), 30),
        competitor_views_180=count(("competitor_view",), 180),
        cancelled_180=count(("subscription_cancelled",), 180),
    )
    trend = ((pl.col("visits_30") + 0.5) / (pl.col("visits_90") / 3 + 0.5)).log()
    return grouped.with_columns(visit_trend=trend)


def _ratings(histories: Histories) -> pl.DataFrame:
    rated = histories.texts.filter(pl.col("rating").is_not_null()).select("customer_key", "time", "rating")
    events = histories.events.filter(pl.col("kind") == "rating")
    both = [rated, events.select("customer_key", "time", pl.col("value").alias("rating"))]
    return pl.concat(both).drop_nulls("rating").sort("customer_key", "time", "rating")


def _rating_features(ratings: pl.DataFrame) -> pl.DataFrame:
    low = (pl.col("rating") <= LOW_RATING) & _within(180)
    return ratings.group_by("customer_key", maintain_order=True).agg(
        rating_mean=pl.col("rating").mean(), rating_last=pl.col("rating").last(), low_ratings_180=low.sum()
    )


def _text_features(texts: pl.DataFrame) -> pl.DataFrame:
    return texts.group_by("customer_key").agg(texts_30=_within(30).sum(), texts_180=_within(180).sum())


def _tenure(histories: Histories) -> pl.Expr:
    joined = (pl.lit(histories.as_of) - pl.col("joined_at")) / DAY
    return pl.max_horizontal(joined, pl.col("first_age"))


def _without_gaps_in_counts(table: pl.DataFrame) -> pl.DataFrame:
    """Who has no event of a kind has 0 of it; who never rated has no low rating either, but no mean."""
    counts = [name for name in FEATURES if name.rsplit("_", 1)[-1].isdigit()]
    return table.with_columns(pl.col(counts).fill_null(0))
