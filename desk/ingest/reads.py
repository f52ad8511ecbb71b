"""What reading a file gives, row by row: a row, a bad row, or rows that are no customer's."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Budget:
    """How much a file may ask of us before it is refused; `batch_*` bound what is held in memory at once."""

    line_bytes: int = 1_000_000
    columns: int = 1_000
    unpacked_bytes: int = 20_000_000_000
    expansion_ratio: float = 200
    ratio_counts_after: int = 100_000_000
    batch_rows: int = 5_000
    batch_bytes: int = 8_000_000


@dataclass(frozen=True, slots=True)
class Raw:
    """A row as the file has it, not validated. `line` counts from 1 (in Parquet it is the row's number).

    `lines` is how many rows of the file went into it, `size` about how many bytes it took there.
    """

    line: int
    row: Mapping[str, object]
    size: int = 0
    lines: int = 1


@dataclass(frozen=True, slots=True)
class Bad:
    """A row that is refused: where, why, and what was there."""

    line: int
    reason: str
    row: object
    lines: int = 1


@dataclass(frozen=True, slots=True)
class Skipped:
    """Rows that belong to no customer: nothing is wrong with them."""

    reason: str
    lines: int = 1


Read = Raw | Bad | Skipped


@dataclass(frozen=True, slots=True)
class Table:
    """An open file. `columns` is None where only rows can tell; `total` counts rows, where known."""

    reads: Iterator[Read]
    columns: tuple[str, ...] | None = None
    total: int | None = None
