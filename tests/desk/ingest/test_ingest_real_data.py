"""The public sets themselves. The expected counts were taken by other means (awk; a loop over the rows)."""

from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from desk.ingest import Format, Kind, ingest_file

DATA = Path(__file__).parents[4] / "shared" / "data"


def real_file(name: str) -> Path:
    if not (DATA / name).exists():
        pytest.skip(f"the real data {name} is not on this machine")
    return DATA / name


def cdnow_file() -> Path:
    spec = find_spec("lifetimes")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("the package lifetimes, which brings CDNOW, is not installed")
    return Path(spec.submodule_search_locations[0]) / "datasets" / "CDNOW_master.txt"


def counts(engine: Engine, query: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_a_year_of_real_invoices(sqlite_engine: Engine, now: datetime) -> None:
    path = real_file("online_retail_2009_2010.parquet")
    first = ingest_file(sqlite_engine, Kind.events, path, format=Format.online_retail, now=now)
    assert (first.read, first.kept, first.skipped, first.rejected) == (525_461, 417_534, 107_927, 0)
    by_kind = counts(sqlite_engine, "SELECT kind, count(*) FROM event GROUP BY kind ORDER BY kind")
    assert by_kind == [("order", 19_215), ("return", 4_372)]
    assert counts(sqlite_engine, "SELECT count(*) FROM customer") == [(4_383,)]
    assert ingest_file(sqlite_engine, Kind.events, path, format=Format.online_retail, now=now).new == 0


def test_real_cd_purchases(sqlite_engine: Engine, now: datetime) -> None:
    path = cdnow_file()
    first = ingest_file(sqlite_engine, Kind.events, path, format=Format.cdnow, now=now)
    assert (first.read, first.kept, first.new) == (69_659, 69_659, 69_404)
    assert counts(sqlite_engine, "SELECT count(*) FROM customer") == [(23_570,)]
    assert counts(sqlite_engine, "SELECT count(*) FROM event WHERE value = 0") == [(80,)]
    assert ingest_file(sqlite_engine, Kind.events, path, format=Format.cdnow, now=now).new == 0


def test_real_reviews(engine: Engine, now: datetime) -> None:
    path = real_file("musical_instruments_to_2013_10.json.gz")
    first = ingest_file(engine, Kind.reviews, path, now=now)
    assert (first.read, first.new, first.skipped, first.rejected) == (6_701, 6_701, 0, 0)
    assert counts(engine, "SELECT count(*) FROM customer") == [(1_190,)]
    assert ingest_file(engine, Kind.reviews, path, now=now).new == 0
