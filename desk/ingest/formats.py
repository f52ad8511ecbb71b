"""Which format a file has, and its rows in that format."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

import polars as pl

from desk.ingest import amazon, cdnow, online_retail
from desk.ingest.errors import MissingColumns, UnknownFormat, WrongKind
from desk.ingest.parquet_tables import MAGIC, count_rows, parquet_columns, parquet_table, read_frames
from desk.ingest.reads import Bad, Budget, Table
from desk.ingest.rows import Kind
from desk.ingest.streams import open_stream, read_lines
from desk.ingest.text_tables import Lines, csv_table, read_jsonl


class Format(StrEnum):
    """How a file is written; the last three are known public sets with columns of their own."""

    auto = "auto"
    jsonl = "jsonl"
    csv = "csv"
    parquet = "parquet"
    amazon = "amazon"
    cdnow = "cdnow"
    online_retail = "online-retail"


SUFFIXES: Mapping[str, Format] = {
    ".jsonl": Format.jsonl,
    ".ndjson": Format.jsonl,
    ".json": Format.jsonl,
    ".csv": Format.csv,
    ".tsv": Format.csv,
    ".parquet": Format.parquet,
    ".pq": Format.parquet,
}
HOLDS: Mapping[Format, Kind] = {
    Format.amazon: Kind.reviews,
    Format.cdnow: Kind.events,
    Format.online_retail: Kind.events,
}
FRAME_ROWS = 50_000


def choose_format(path: Path, asked: Format, kind: Kind, budget: Budget) -> Format:
    """The format asked for, else told by suffix and, among JSON, by content."""
    chosen = asked if asked is not Format.auto else _by_suffix(path)
    if asked is Format.auto and chosen is Format.jsonl and _starts_as_amazon(path, budget, kind):
        return Format.amazon
    if (holds := HOLDS.get(chosen, kind)) is not kind:
        raise WrongKind(chosen, holds, kind)
    return chosen


@contextmanager
def open_table(path: Path, chosen: Format, wanted: Sequence[str], budget: Budget) -> Iterator[Table]:
    """The file's rows; in Parquet only the columns that are wanted."""
    if chosen is Format.parquet:
        yield parquet_table(path, wanted, budget)
    elif chosen is Format.online_retail and _is_parquet(path):
        yield _retail_of_parquet(path, budget)
    else:
        with open_stream(path, budget) as stream:
            yield _text_table(path, chosen, read_lines(path, stream, budget), budget)


def _text_table(path: Path, chosen: Format, lines: Lines, budget: Budget) -> Table:
    match chosen:
        case Format.csv:
            return csv_table(path, lines, budget)
        case Format.online_retail:
            return _retail_of_csv(path, csv_table(path, lines, budget), budget)
        case Format.cdnow:
            return Table(cdnow.read_purchases(lines))
        case Format.amazon:
            return Table(amazon.read_reviews(read_jsonl(lines, budget)))
        case _:
            return Table(read_jsonl(lines, budget))


def _retail_of_parquet(path: Path, budget: Budget) -> Table:
    columns = _retail_columns(path, parquet_columns(path, budget))
    theirs = list(online_retail.find_columns(columns).values())
    frames = _numbered(read_frames(path, theirs, FRAME_ROWS))
    return Table(online_retail.read_invoices(frames, columns), columns, count_rows(path))


def _retail_of_csv(path: Path, table: Table, budget: Budget) -> Table:
    columns = _retail_columns(path, table.columns or ())
    frames = online_retail.frames_of(table.reads, columns, budget)
    return Table(online_retail.read_invoices(frames, columns), columns)


def _retail_columns(path: Path, columns: tuple[str, ...]) -> tuple[str, ...]:
    if missing := online_retail.missing_columns(columns):
        raise MissingColumns.of_format(path, Format.online_retail, missing, columns)
    return columns


def _numbered(frames: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Each frame with `line`, counted from 1 through all of them."""
    seen = 0
    for frame in frames:
        yield frame.with_row_index("line", offset=seen + 1)
        seen += frame.height


def _by_suffix(path: Path) -> Format:
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    if suffix not in SUFFIXES:
        known = ", ".join(SUFFIXES)
        raise UnknownFormat(path, f"expected one of {known} (or with .gz), got {suffix or 'no suffix'}")
    return SUFFIXES[suffix]


def _starts_as_amazon(path: Path, budget: Budget, kind: Kind) -> bool:
    """Whether the first readable row is an Amazon review, asked for as one. A JSON array is refused."""
    with open_stream(path, budget) as stream:
        for line in read_lines(path, stream, budget):
            if isinstance(line, Bad) or not line.text.strip():
                continue
            if line.text.lstrip().startswith("["):
                raise UnknownFormat(path, "expected one JSON object a line, got an array")
            return kind is Kind.reviews and _is_amazon(line.text)
    return False


def _is_amazon(text: str) -> bool:
    try:
        row = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(row, dict) and amazon.looks_like(row)


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC
