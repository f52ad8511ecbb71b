"""A file or a request becomes rows of our tables: read, validate, write; what is refused is told."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from sqlalchemy import Engine
from sqlmodel import Session

from db.session import unit_of_work
from desk.ingest.erased import REASON, without_erased
from desk.ingest.errors import BadMapping, BrokenFile, EmptyFile, MissingColumns, UnknownFile
from desk.ingest.formats import HOLDS, Format, choose_format, open_table
from desk.ingest.reads import Bad, Budget, Raw, Read, Skipped
from desk.ingest.rejected import RejectedFile
from desk.ingest.rows import Kind, Row, RowError, columns, required_columns, validate
from desk.ingest.write import write_rows

NO_MAPPING: Mapping[str, str] = MappingProxyType({})
DEFAULT_BUDGET = Budget()


@dataclass(frozen=True, slots=True)
class Summary:
    """What became of a file's rows: `read == kept + skipped + rejected`.

    `new` counts rows added to (or changed in) the database. It is smaller than `kept` where there
    are duplicates, or where many invoice lines make one event.
    """

    read: int
    kept: int
    new: int
    skipped: int
    rejected: int
    rejected_file: Path | None = None
    skipped_reasons: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A refused row of a request; `index` counts from 0."""

    index: int
    reason: str


@dataclass(frozen=True, slots=True)
class RowsSummary:
    """What became of a request's rows: `read == kept + skipped + len(rejected)`."""

    read: int
    kept: int
    new: int
    rejected: tuple[RejectedRow, ...]
    skipped: int = 0  # about somebody who was erased


def ingest_file(
    engine: Engine,
    kind: Kind,
    path: Path,
    *,
    format: Format = Format.auto,
    mapping: Mapping[str, str] = NO_MAPPING,
    now: datetime,
    progress: Callable[[int, int | None], None] = lambda done, total: None,
    budget: Budget = DEFAULT_BUDGET,
) -> Summary:
    """Store the file's good rows in one transaction: all of them, or none when it raises an `IngestError`.

    Bad rows go to `FILE.rejected.jsonl`. `mapping` is canonical name -> the file's name. `progress` gets the
    rows done and their total, where that is known.
    """
    _check_file(path)
    chosen = choose_format(path, format, kind, budget)
    _check_mapping(kind, chosen, mapping)
    wanted = [*columns(kind), *mapping.values()]
    tally = _Tally()
    with (
        open_table(path, chosen, wanted, budget) as table,
        RejectedFile(path) as rejected,
        unit_of_work(engine) as session,
    ):
        found = table.columns
        for batch in _batches(table.reads, budget):
            found = found if found is not None else _keys_of(batch)
            if chosen not in HOLDS and not tally.read:
                _check_columns(path, kind, mapping, found)
            rows = list(_good_rows(kind, batch, mapping, now, tally, rejected))
            welcome = without_erased(session, rows)
            tally.skip(REASON, len(rows) - len(welcome))
            tally.new += write_rows(session, kind, welcome)
            progress(tally.read, table.total)
        if found is None:
            raise EmptyFile(path)
    return tally.summary(rejected.path)


def ingest_rows(
    session: Session, kind: Kind, rows: Iterable[Mapping[str, object]], *, now: datetime
) -> RowsSummary:
    """Store the good rows and name the bad ones. The caller commits."""
    good: list[Row] = []
    bad: list[RejectedRow] = []
    for index, row in enumerate(rows):
        try:
            good.append(validate(kind, row, now))
        except RowError as error:
            bad.append(RejectedRow(index, str(error)))
    welcome = without_erased(session, good)
    skipped = len(good) - len(welcome)
    return RowsSummary(
        len(good) + len(bad), len(welcome), write_rows(session, kind, welcome), tuple(bad), skipped
    )


@dataclass(slots=True)
class _Tally:
    """Counts in the making."""

    kept: int = 0
    new: int = 0
    rejected: int = 0
    skipped: Counter[str] = field(default_factory=Counter)

    @property
    def read(self) -> int:
        return self.kept + self.rejected + self.skipped.total()

    def skip(self, reason: str, rows: int) -> None:
        """Of rows that counted as kept so far."""
        if rows:
            self.kept -= rows
            self.skipped[reason] += rows

    def summary(self, rejected_file: Path | None) -> Summary:
        return Summary(
            read=self.read,
            kept=self.kept,
            new=self.new,
            skipped=self.skipped.total(),
            rejected=self.rejected,
            rejected_file=rejected_file,
            skipped_reasons=dict(self.skipped),
        )


def _good_rows(
    kind: Kind,
    batch: list[Read],
    mapping: Mapping[str, str],
    now: datetime,
    tally: _Tally,
    rejected: RejectedFile,
) -> Iterator[Row]:
    """The rows that are valid; the others are counted, and the bad ones put into the rejected file."""
    for read in batch:
        checked = _check(kind, read, mapping, now) if isinstance(read, Raw) else read
        if isinstance(checked, Skipped):
            tally.skipped[checked.reason] += checked.lines
        elif isinstance(checked, Bad):
            tally.rejected += checked.lines
            rejected.add(checked)
        else:
            tally.kept += read.lines
            yield checked


def _check(kind: Kind, raw: Raw, mapping: Mapping[str, str], now: datetime) -> Row | Bad:
    ours = {name: raw.row.get(theirs) for name, theirs in mapping.items()}
    try:
        return validate(kind, {**raw.row, **ours}, now)
    except RowError as error:
        return Bad(raw.line, str(error), raw.row, raw.lines)


def _batches(reads: Iterable[Read], budget: Budget) -> Iterator[list[Read]]:
    """Reads in lists that are bounded in rows and in bytes."""
    batch: list[Read] = []
    size = 0
    for read in reads:
        batch.append(read)
        size += read.size if isinstance(read, Raw) else 0
        if len(batch) >= budget.batch_rows or size >= budget.batch_bytes:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise UnknownFile(path)
    try:
        with path.open("rb") as file:
            if not file.read(1):
                raise EmptyFile(path)
    except OSError as error:
        raise BrokenFile(path, error.strerror or "it cannot be opened") from error


def _check_mapping(kind: Kind, chosen: Format, mapping: Mapping[str, str]) -> None:
    if mapping and chosen in HOLDS:
        raise BadMapping.not_for(chosen)
    if unknown := [name for name in mapping if name not in columns(kind)]:
        raise BadMapping.unknown_names(unknown, columns(kind))


def _keys_of(batch: list[Read]) -> tuple[str, ...]:
    """The columns of rows that name their own; none where no row could be read."""
    return tuple(dict.fromkeys(name for read in batch if isinstance(read, Raw) for name in read.row))


def _check_columns(path: Path, kind: Kind, mapping: Mapping[str, str], found: tuple[str, ...]) -> None:
    if not found:
        return  # not one row could be read: each says why in the rejected file
    if absent := [theirs for theirs in mapping.values() if theirs not in found]:
        raise BadMapping.absent_columns(absent, found)
    if missing := [name for name in required_columns(kind) if name not in found and name not in mapping]:
        raise MissingColumns.can_map(path, missing, found)
