"""A shop of any size, filled with rows at once: twenty events a customer, a text for every second one, vectors known.

What the rows say costs nothing, so times, kinds and vectors are drawn at random.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from app.commands.data import open_database
from app.settings import Settings
from db import tables
from desk.embeddings import text_hash
from risk_model.encoder import Manifest
from scripts.bench.figures import Report
from scripts.bench.shop import TRAINED

AT_ONCE = 5_000  # customers
EVENTS_EACH, TEXTS_EACH = 20, 0.5
SPAN = timedelta(days=730)
KINDS = ("order", "visit", "view", "click", "cart", "return", "complaint", "competitor_view")
SHARES = (0.2, 0.25, 0.25, 0.1, 0.12, 0.03, 0.03, 0.02)
Row = dict[str, Any]


def new_shop(home: Path, size: int, trained: Path, report: Report) -> None:
    """A data folder with a shop of that size, and what was trained for another by reference."""
    home.mkdir()
    for name in TRAINED:
        (home / name).symlink_to((trained / name).resolve())
    settings, now = Settings(_env_file=None, home=home), datetime.now(UTC)
    encoder = Manifest.read(settings.encoder_folder)
    engine = open_database(settings)
    fill(engine, size, now, encoder.vectors_version, encoder.dimensions, report)
    engine.dispose()


def fill(
    engine: Engine,
    customers: int,
    now: datetime,
    encoder_version: str,
    dimensions: int,
    report: Report,
) -> None:
    """Fill an empty database. The keys come in another order than the numbers, as in a real shop."""
    random = np.random.default_rng(0)
    keys = random.permutation(customers)
    for start in range(0, customers, AT_ONCE):
        report("filling the shop", start, customers)
        numbers = range(start + 1, min(start + AT_ONCE, customers) + 1)
        with engine.begin() as connection:
            joined = now - SPAN
            people = [{"id": n, "customer_key": f"c{keys[n - 1]:08d}", "joined_at": joined} for n in numbers]
            _insert(connection, tables.Customer, people)
            _insert(connection, tables.Event, _events(random, numbers, now))
            reviews = _reviews(random, numbers, now)
            _insert(connection, tables.Review, reviews)
            _insert(connection, tables.Embedding, _vectors(random, reviews, encoder_version, dimensions))


def _insert(connection: Connection, table: type, rows: list[Row]) -> None:
    if rows:
        connection.execute(sa.insert(table), rows)


def _moments(random: np.random.Generator, number: int, now: datetime) -> list[datetime]:
    ago = random.uniform(0, SPAN.total_seconds(), number)
    return [datetime.fromtimestamp(now.timestamp() - seconds, UTC) for seconds in ago]


def _events(random: np.random.Generator, numbers: range, now: datetime) -> list[Row]:
    count = len(numbers) * EVENTS_EACH
    who = np.repeat(np.array(numbers), EVENTS_EACH).tolist()
    kinds, values = random.choice(KINDS, count, p=SHARES).tolist(), random.lognormal(3, 1, count).tolist()
    rows = zip(who, _moments(random, count, now), kinds, values, strict=True)
    return [
        {"customer_id": who, "time": time, "kind": kind, "value": value if kind == "order" else None,
         "row_key": str(number)}
        for number, (who, time, kind, value) in enumerate(rows)
    ]  # fmt: skip


def _reviews(random: np.random.Generator, numbers: range, now: datetime) -> list[Row]:
    count = int(len(numbers) * TEXTS_EACH)
    who = random.choice(np.array(numbers), count).tolist()
    rows = zip(who, _moments(random, count, now), random.integers(1, 6, count).tolist(), strict=True)
    return [
        {"customer_id": who, "time": time, "rating": rating, "row_key": str(number),
         "text": f"Text {number} of customer {who}: the parcel came, and the shoes fit as they should."}
        for number, (who, time, rating) in enumerate(rows)
    ]  # fmt: skip


def _vectors(random: np.random.Generator, reviews: list[Row], version: str, dimensions: int) -> list[Row]:
    vectors = random.normal(size=(len(reviews), dimensions)).astype("<f4")
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return [
        {"text_hash": text_hash(row["text"]), "encoder_version": version, "vector": vector.tobytes()}
        for row, vector in zip(reviews, vectors, strict=True)
    ]
