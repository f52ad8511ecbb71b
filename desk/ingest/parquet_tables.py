"""Parquet, read in batches: the whole file is never in memory."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from desk.ingest.errors import BrokenFile, OverBudget
from desk.ingest.reads import Budget, Raw, Read, Table

MAGIC = b"PAR1"


def parquet_table(path: Path, wanted: Sequence[str], budget: Budget) -> Table:
    """The rows with those of their columns that are wanted; a line number is a row number, from 1."""
    columns = parquet_columns(path, budget)
    chosen = [name for name in columns if name in wanted]
    return Table(_read_rows(path, chosen, budget), columns, count_rows(path))


def parquet_columns(path: Path, budget: Budget) -> tuple[str, ...]:
    with _naming(path):
        columns = tuple(_scan(path).collect_schema().names())
    if len(columns) > budget.columns:
        raise OverBudget(path, f"{budget.columns:,} columns", f"{len(columns):,}")
    return columns


def count_rows(path: Path) -> int:
    with _naming(path):
        return int(_scan(path).select(pl.len()).collect().item())


def read_frames(path: Path, columns: Sequence[str], batch_rows: int) -> Iterator[pl.DataFrame]:
    """Those columns of the file, in its order."""
    with _naming(path):
        frames = _scan(path).select(columns).collect_batches(chunk_size=batch_rows, maintain_order=True)
        yield from frames


def _read_rows(path: Path, columns: Sequence[str], budget: Budget) -> Iterator[Read]:
    line = 0
    for frame in read_frames(path, columns, budget.batch_rows):
        size = int(frame.estimated_size() / max(frame.height, 1))
        for line, row in enumerate(frame.iter_rows(named=True), line + 1):  # noqa: B020  (goes on from the last frame)
            yield Raw(line, row, size)


def _scan(path: Path) -> pl.LazyFrame:
    return pl.scan_parquet(path, glob=False, hive_partitioning=False)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    try:
        yield
    except PolarsError as error:
        first = str(error).partition("\n")[0]
        raise BrokenFile(path, f"its Parquet data is cut off or damaged ({first})") from error
