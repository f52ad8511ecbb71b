import json
import tracemalloc
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from db import tables
from db.session import unit_of_work
from desk.ingest import Budget, Kind, ingest_file, ingest_rows
from desk.ingest.errors import BrokenFile, OverBudget

WriteFile = Callable[[str, str | bytes], Path]
Stored = Callable[[Engine, type], list[Any]]

GOOD = {"customer_key": "a", "time": "2024-05-01", "kind": "order"}
BAD_EVENTS: list[tuple[Any, str]] = [
    ("{nonsense", "expected JSON"),
    ("[1, 2]", "expected a JSON object, got list"),
    ("[" * 100_000, "expected JSON"),
    ({"time": "2024-05-01", "kind": "order"}, "customer_key: missing"),
    ({**GOOD, "customer_key": " "}, "customer_key: missing"),
    ({**GOOD, "customer_key": None}, "customer_key: missing"),
    ({**GOOD, "customer_key": True}, "customer_key: expected text, got bool"),
    ({**GOOD, "customer_key": ["a"]}, "customer_key: expected text, got list"),
    ({**GOOD, "customer_key": "k" * 201}, "customer_key: longer than 200 characters"),
    ({**GOOD, "time": ""}, "time: missing"),
    ({**GOOD, "time": "yesterday"}, "time: expected ISO 8601 or epoch seconds, got 'yesterday'"),
    ({**GOOD, "time": "2024-13-01"}, "time: expected ISO 8601"),
    ({**GOOD, "time": False}, "time: expected ISO 8601 or epoch seconds, got bool"),
    ({**GOOD, "time": "0001-01-01T00:00:00+14:00"}, "time: 0001-01-01T00:00:00+14:00 is beyond all years"),
    ({**GOOD, "time": 1e300}, "time: expected epoch seconds"),
    ({**GOOD, "time": 1714550400000}, "time: expected epoch seconds, got what looks like milliseconds"),
    ({**GOOD, "time": "1969-07-20"}, "time: 1969-07-20T00:00:00+00:00 is ancient"),
    ({**GOOD, "time": 0}, "time: 1970-01-01T00:00:00+00:00 is ancient"),
    ({**GOOD, "time": "2024-06-02T00:00:01Z"}, "time: 2024-06-02T00:00:01+00:00 is in the future"),
    ({**GOOD, "kind": "  "}, "kind: missing"),
    ({**GOOD, "kind": "k" * 61}, "kind: longer than 60 characters"),
    ({**GOOD, "value": float("nan")}, "value: expected a finite number"),
    ({**GOOD, "value": 10**400}, "value: expected a finite number"),
    ({**GOOD, "value": "cheap"}, "value: expected a number, got 'cheap'"),
    ({**GOOD, "quantity": True}, "quantity: expected a number, got bool"),
    ({**GOOD, "id": "i" * 201}, "id: longer than 200 characters"),
    ({"kind": "order"}, "customer_key: missing; time: missing"),
    ({str(number): number for number in range(1001)}, "expected at most 1,000 columns, got 1,001"),
]


def rejected_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(f"{path}.rejected.jsonl").read_text().splitlines()]


def test_each_bad_row_is_told_with_its_line_and_reason_and_good_ones_are_kept(
    sqlite_engine: Engine, write_jsonl: Callable[..., Path], now: datetime
) -> None:
    path = write_jsonl(GOOD, *(row for row, _ in BAD_EVENTS), {**GOOD, "time": "2024-06-01T23:59:59Z"})
    summary = ingest_file(sqlite_engine, Kind.events, path, now=now)
    assert (summary.kept, summary.new, summary.rejected) == (2, 2, len(BAD_EVENTS))
    assert summary.rejected_file == Path(f"{path}.rejected.jsonl")
    told = rejected_of(path)
    assert [bad["line"] for bad in told] == list(range(2, len(BAD_EVENTS) + 2))
    for bad, (row, reason) in zip(told, BAD_EVENTS, strict=True):
        assert bad["reason"].startswith(reason)
        assert bad["row"] == row or "NaN" in json.dumps(row)


@pytest.mark.parametrize(
    ("kind", "row", "reason"),
    [
        (Kind.reviews, {"customer_key": "a", "time": "2024-05-01"}, "text: missing"),
        (Kind.reviews, {"customer_key": "a", "time": "2024-05-01", "text": "\n"}, "text: missing"),
        (
            Kind.reviews,
            {"customer_key": "a", "time": "2024-05-01", "text": "x", "rating": "inf"},
            "rating: expected a f",
        ),
        (
            Kind.messages,
            {"customer_key": "a", "time": "2024-05-01", "text": "x", "role": "cat"},
            "role: expected custom",
        ),
        (Kind.customers, {"customer_key": "a", "joined_at": "2999-01-01"}, "joined_at: 2999"),
        (Kind.customers, {"customer_key": "a", "language": "x" * 21}, "language: longer than 20"),
        (Kind.customers, "not a row", "expected an object with columns, got str"),
    ],
)
def test_bad_rows_of_a_request_are_told_by_index(
    sqlite_engine: Engine, now: datetime, kind: Kind, row: Any, reason: str
) -> None:
    good = {"customer_key": "b", "time": "2024-05-01", "text": "hello", "role": "Customer", "kind": "visit"}
    with unit_of_work(sqlite_engine) as session:
        summary = ingest_rows(session, kind, [good, row], now=now)
    assert (summary.read, summary.kept, summary.new) == (2, 1, 1)
    assert summary.rejected[0].index == 1
    assert summary.rejected[0].reason.startswith(reason)


def test_lines_that_are_not_utf8_or_too_long_are_rejected_alone(
    sqlite_engine: Engine, write_file: WriteFile, now: datetime
) -> None:
    good = json.dumps(GOOD).encode()
    path = write_file(
        "e.jsonl",
        b"\n".join([good, b'{"customer_key": "caf\xe9"}', b"x" * 1_000_001, b"y" * 3_000_000, good]),
    )
    ingest_file(sqlite_engine, Kind.events, path, now=now)
    told = [(bad["line"], bad["reason"]) for bad in rejected_of(path)]
    assert told == [
        (2, "expected UTF-8 text, got byte 0xe9 at 22"),
        (3, "longer than 1,000,000 bytes"),
        (4, "longer than 1,000,000 bytes"),
    ]


def test_csv_goes_on_behind_a_bad_line(sqlite_engine: Engine, write_file: WriteFile, now: datetime) -> None:
    lines = [
        b"customer_key,time,kind",
        b"a,2024-05-01,caf\xe9",
        b"a,2024-05-01",
        b'a,2024-05-01,"x"y',
        b"a,2024-05-01,order",
    ]
    path = write_file("e.csv", b"\n".join(lines))
    summary = ingest_file(sqlite_engine, Kind.events, path, now=now)
    assert (summary.kept, summary.rejected) == (1, 3)
    assert [bad["line"] for bad in rejected_of(path)] == [2, 3, 4]


def test_a_quote_left_open_costs_no_more_than_the_budget_of_a_row(
    sqlite_engine: Engine, write_file: WriteFile, now: datetime
) -> None:
    rows = "".join(f"a,2024-05-01,kind{number}\n" for number in range(2_000))
    path = write_file("e.csv", 'customer_key,time,kind\na,2024-05-01,"open\n' + rows)
    summary = ingest_file(sqlite_engine, Kind.events, path, now=now, budget=Budget(line_bytes=1_000))
    assert summary.kept > 1_900
    assert rejected_of(path)[0]["line"] == 2
    assert "is a quote left open?" in rejected_of(path)[0]["reason"]


def test_what_no_database_can_store_is_replaced(
    engine: Engine, write_jsonl: Callable[..., Path], stored: Stored, now: datetime
) -> None:
    row = '{"customer_key": "a\\u0000b", "time": "2024-05-01", "text": "lone \\ud800 \\u0000 \\ud83d\\ude00"}'
    ingest_file(engine, Kind.reviews, write_jsonl(row), now=now)
    assert stored(engine, tables.Customer)[0].customer_key == "a\ufffdb"
    assert stored(engine, tables.Review)[0].text == "lone \ufffd \ufffd \U0001f600"


def test_the_rejected_file_goes_when_nothing_is_rejected_any_more(
    sqlite_engine: Engine, write_jsonl: Callable[..., Path], now: datetime
) -> None:
    path = write_jsonl(GOOD, {**GOOD, "time": "soon"})
    first = ingest_file(sqlite_engine, Kind.events, path, now=now)
    assert first.rejected_file is not None and first.rejected_file.exists()
    write_jsonl(GOOD)
    second = ingest_file(sqlite_engine, Kind.events, path, now=now)
    assert second.rejected_file is None
    assert [file.name for file in path.parent.iterdir()] == ["rows.jsonl"]


def test_the_rejected_file_goes_to_the_current_folder_when_theirs_is_read_only(
    sqlite_engine: Engine,
    write_jsonl: Callable[..., Path],
    tmp_path: Path,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = write_jsonl(GOOD, {**GOOD, "time": "soon"})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "os.access", lambda folder, mode: False
    )  # root, who may run this, could write anywhere
    summary = ingest_file(sqlite_engine, Kind.events, path, now=now)
    assert summary.rejected_file == tmp_path / "rows.jsonl.rejected.jsonl"
    assert [file.name for file in path.parent.iterdir()] == ["rows.jsonl"]


def test_a_cut_off_gzip_leaves_nothing_half_written(
    engine: Engine, write_jsonl: Callable[..., Path], stored: Stored, now: datetime
) -> None:
    path = write_jsonl("bad", *({**GOOD, "value": number} for number in range(20_000)), name="rows.jsonl.gz")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(BrokenFile, match="gzip data is cut off"):
        ingest_file(engine, Kind.events, path, now=now, budget=Budget(batch_rows=100))
    assert stored(engine, tables.Event) == stored(engine, tables.Customer) == []
    assert [file.name for file in path.parent.iterdir()] == ["rows.jsonl.gz"]


@pytest.mark.parametrize(
    ("budget", "told"),
    [
        (Budget(ratio_counts_after=1_000_000), "at most 200 bytes unpacked for each packed one"),
        (Budget(unpacked_bytes=5_000_000), "at most 5,000,000 bytes unpacked"),
    ],
)
def test_a_gzip_bomb_is_stopped_by_its_budget(
    sqlite_engine: Engine, write_file: WriteFile, now: datetime, budget: Budget, told: str
) -> None:
    path = write_file("bomb.jsonl.gz", b"x" * 20_000_000)
    with pytest.raises(OverBudget, match=told):
        ingest_file(sqlite_engine, Kind.events, path, now=now, budget=budget)


def test_a_million_columns_are_refused(sqlite_engine: Engine, write_file: WriteFile, now: datetime) -> None:
    with pytest.raises(OverBudget, match="at most 1,000 columns, but has 1,001"):
        header = ",".join(map(str, range(1_001)))
        ingest_file(sqlite_engine, Kind.events, write_file("e.csv", header), now=now)
    with pytest.raises(BrokenFile, match="its header is longer than 1,000,000 bytes"):
        ingest_file(sqlite_engine, Kind.events, write_file("e.csv", "," * 1_000_001), now=now)


def test_a_huge_line_is_never_held_in_memory(
    sqlite_engine: Engine, write_file: WriteFile, now: datetime
) -> None:
    path = write_file("e.jsonl", b"x" * 50_000_000 + b"\n" + json.dumps(GOOD).encode())
    tracemalloc.start()
    try:
        summary = ingest_file(sqlite_engine, Kind.events, path, now=now)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (summary.kept, summary.rejected) == (1, 1)
    assert peak < 20_000_000
