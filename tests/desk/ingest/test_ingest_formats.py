from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sqlalchemy import Engine

from db import tables
from desk.ingest import Format, Kind, ingest_file
from desk.ingest.errors import (
    BadMapping,
    BrokenFile,
    EmptyFile,
    MissingColumns,
    UnknownFile,
    UnknownFormat,
    WrongKind,
)

WriteFile = Callable[[str, str | bytes], Path]
Stored = Callable[[Engine, type], list[Any]]

EVENTS_CSV = (
    "customer_key,time,kind,value,note\nann,2024-05-01T10:00:00+02:00,Order,12.5,x\n5,1714550400,visit,,y\n"
)
EVENTS_JSONL = (
    '{"customer_key": "ann", "time": "2024-05-01T10:00+02:00", "kind": "Order", "value": 12.5, "note": "x"}\n'
    '{"customer_key": 5, "time": 1714550400, "kind": "visit", "value": null}\n'
)
EVENTS = [
    ("5", datetime(2024, 5, 1, 8, tzinfo=UTC), "visit", None),
    ("ann", datetime(2024, 5, 1, 8, tzinfo=UTC), "order", 12.5),
]


def events_of(engine: Engine, stored: Stored) -> list[tuple[Any, ...]]:
    keys = {customer.id: customer.customer_key for customer in stored(engine, tables.Customer)}
    events = stored(engine, tables.Event)
    return sorted((keys[event.customer_id], event.time, event.kind, event.value) for event in events)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("events.jsonl", EVENTS_JSONL),
        ("events.jsonl.gz", EVENTS_JSONL),
        ("events.json.gz", EVENTS_JSONL),
        ("events.csv", EVENTS_CSV),
        ("events.csv.gz", EVENTS_CSV),
        ("semicolons.csv", EVENTS_CSV.replace(",", ";")),
        ("tabs.tsv", EVENTS_CSV.replace(",", "\t")),
        ("byte_order_mark.csv", "\ufeff" + EVENTS_CSV),
        ("windows_line_ends.csv", EVENTS_CSV.replace("\n", "\r\n")),
        ("blank_lines.csv", "\n" + EVENTS_CSV.replace("\n", "\n\n")),
        ("blank_lines.jsonl", "\n" + EVENTS_JSONL.replace("\n", "\n\n")),
        ("no_last_line_end.csv", EVENTS_CSV.rstrip()),
    ],
)
def test_every_way_of_writing_the_same_rows_gives_the_same_events(
    sqlite_engine: Engine, write_file: WriteFile, stored: Stored, now: datetime, name: str, content: str
) -> None:
    summary = ingest_file(sqlite_engine, Kind.events, write_file(name, content), now=now)
    assert (summary.read, summary.kept, summary.new, summary.rejected) == (2, 2, 2, 0)
    assert events_of(sqlite_engine, stored) == EVENTS


def test_parquet_gives_typed_columns_and_keys_without_their_float(
    sqlite_engine: Engine, tmp_path: Path, stored: Stored, now: datetime
) -> None:
    path = tmp_path / "events.parquet"
    times = [datetime(2024, 5, 1, 8), datetime(2024, 5, 2)]
    columns = {"customer_key": [13085.0, 7.0], "time": times, "kind": ["order", "visit"], "value": [1, None]}
    pl.DataFrame(columns).write_parquet(path)
    progress: list[tuple[int, int | None]] = []
    ingest_file(sqlite_engine, Kind.events, path, now=now, progress=lambda *done: progress.append(done))
    assert events_of(sqlite_engine, stored) == [
        ("13085", datetime(2024, 5, 1, 8, tzinfo=UTC), "order", 1.0),
        ("7", datetime(2024, 5, 2, tzinfo=UTC), "visit", None),
    ]
    assert progress == [(2, 2)]


def test_a_quoted_cell_may_hold_line_ends(
    sqlite_engine: Engine, write_file: WriteFile, stored: Stored, now: datetime
) -> None:
    path = write_file(
        "reviews.csv", 'customer_key,time,text\na,2024-01-01,"one,\n\n""two"""\nb,2024-01-01,bad,cells\n'
    )
    summary = ingest_file(sqlite_engine, Kind.reviews, path, now=now)
    assert [review.text for review in stored(sqlite_engine, tables.Review)] == ['one,\n\n"two"']
    assert summary.rejected_file is not None
    assert '"line": 5, "reason": "expected 3 cells, got 4"' in summary.rejected_file.read_text()


@pytest.mark.parametrize("name", ["events.csv", "events.jsonl", "events.parquet"])
def test_a_mapping_reads_their_columns_as_ours(
    sqlite_engine: Engine, write_file: WriteFile, stored: Stored, now: datetime, name: str
) -> None:
    if name.endswith("parquet"):
        path = write_file(name, b"")
        pl.DataFrame({"user": ["a"], "ts": ["2024-05-01"], "kind": ["order"], "line": [3.0]}).write_parquet(
            path
        )
    else:
        csv = "user,ts,kind,line\na,2024-05-01,order,3\n"
        jsonl = '{"user": "a", "ts": "2024-05-01", "kind": "order", "line": 3}\n'
        path = write_file(name, csv if name.endswith("csv") else jsonl)
    mapping = {"customer_key": "user", "time": "ts", "value": "line"}
    ingest_file(sqlite_engine, Kind.events, path, mapping=mapping, now=now)
    assert events_of(sqlite_engine, stored) == [("a", datetime(2024, 5, 1, tzinfo=UTC), "order", 3.0)]


@pytest.mark.parametrize("name", ["events.csv", "events.jsonl"])
@pytest.mark.parametrize(
    ("mapping", "told"),
    [
        ({"customer": "customer_key"}, ["customer", "ours are customer_key, time, id, kind"]),
        ({"value": "price"}, ["price", "it has customer_key, time, kind, value, note"]),
    ],
)
def test_a_mapping_that_names_nothing_says_what_exists(
    sqlite_engine: Engine,
    write_file: WriteFile,
    now: datetime,
    name: str,
    mapping: dict[str, str],
    told: list[str],
) -> None:
    path = write_file(name, EVENTS_CSV if name.endswith("csv") else EVENTS_JSONL)
    with pytest.raises(BadMapping) as refused:
        ingest_file(sqlite_engine, Kind.events, path, mapping=mapping, now=now)
    assert all(words in str(refused.value) for words in told)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("events.csv", "customer,date,kind\na,2024-05-01,order\n"),
        ("events.jsonl", '{"customer": "a", "date": "2024-05-01", "kind": "order"}\n'),
    ],
)
def test_missing_columns_are_named_with_those_found_and_the_way_out(
    sqlite_engine: Engine, write_file: WriteFile, now: datetime, name: str, content: str
) -> None:
    with pytest.raises(MissingColumns) as refused:
        ingest_file(sqlite_engine, Kind.events, write_file(name, content), now=now)
    assert "lacks the required customer_key, time; it has customer, date, kind" in str(refused.value)
    assert "--map customer_key=THEIR_COLUMN,time=THEIR_COLUMN" in str(refused.value)


@pytest.mark.parametrize(
    ("name", "content", "error", "told"),
    [
        ("empty.csv", "", EmptyFile, "expected at least one row"),
        ("empty.csv.gz", "", EmptyFile, "expected at least one row"),
        ("blank.jsonl", "\n  \n", EmptyFile, "expected at least one row"),
        ("events.xlsx", "PK", UnknownFormat, "got .xlsx"),
        ("events", "a", UnknownFormat, "got no suffix"),
        ("array.json", '[{"customer_key": "a"}]', UnknownFormat, "got an array"),
        ("utf16.csv", "customer_key".encode("utf-16"), UnknownFormat, "UTF-16"),
        ("events.parquet", "not parquet at all", BrokenFile, "Parquet"),
        ("latin.csv", "caf\xe9,time".encode("latin-1"), BrokenFile, "header"),
        ("twice.csv", "time,time\n1,2\n", BrokenFile, "time more than once"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_one_sentence(
    sqlite_engine: Engine,
    write_file: WriteFile,
    now: datetime,
    name: str,
    content: str | bytes,
    error: type[Exception],
    told: str,
) -> None:
    with pytest.raises(error, match=told):
        ingest_file(sqlite_engine, Kind.events, write_file(name, content), now=now)


def test_a_file_that_is_not_there_is_named(sqlite_engine: Engine, tmp_path: Path, now: datetime) -> None:
    with pytest.raises(UnknownFile, match=r"no file .*nowhere\.csv"):
        ingest_file(sqlite_engine, Kind.events, tmp_path / "nowhere.csv", now=now)
    with pytest.raises(UnknownFile):
        ingest_file(sqlite_engine, Kind.events, tmp_path, now=now)


def test_a_header_without_rows_is_read_as_no_rows(
    sqlite_engine: Engine, write_file: WriteFile, now: datetime
) -> None:
    summary = ingest_file(
        sqlite_engine, Kind.events, write_file("e.csv", "customer_key,time,kind\n"), now=now
    )
    assert (summary.read, summary.new) == (0, 0)


@pytest.mark.parametrize("format", [Format.amazon, Format.cdnow, Format.online_retail])
def test_a_known_set_is_refused_as_another_kind_and_with_a_mapping(
    sqlite_engine: Engine, write_file: WriteFile, now: datetime, format: Format
) -> None:
    path = write_file("file", "x")
    with pytest.raises(WrongKind):
        ingest_file(sqlite_engine, Kind.messages, path, format=format, now=now)
    kind = Kind.reviews if format is Format.amazon else Kind.events
    with pytest.raises(BadMapping):
        ingest_file(sqlite_engine, kind, path, format=format, mapping={"time": "x"}, now=now)
