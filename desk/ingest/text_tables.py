"""JSON lines, CSV and columns between spaces, read one row at a time."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

from desk.ingest.errors import BrokenFile, EmptyFile, OverBudget
from desk.ingest.reads import Bad, Budget, Raw, Read, Table
from desk.ingest.streams import Line

Lines = Iterator[Line | Bad]
DELIMITERS = (",", ";", "\t")


def read_jsonl(lines: Lines, budget: Budget) -> Iterator[Read]:
    """One JSON object a line; blank lines are nothing."""
    for line in lines:
        if isinstance(line, Bad):
            yield line
        elif line.text.strip():
            yield _parse_object(line, budget)


def _parse_object(line: Line, budget: Budget) -> Raw | Bad:
    try:
        row = json.loads(line.text)
    except (ValueError, RecursionError) as error:
        return Bad(line.number, f"expected JSON: {error}", line.text)
    if not isinstance(row, dict):
        return Bad(line.number, f"expected a JSON object, got {type(row).__name__}", line.text)
    if len(row) > budget.columns:
        return Bad(line.number, f"expected at most {budget.columns:,} columns, got {len(row):,}", row)
    return Raw(line.number, row, line.size)


def read_spaced(lines: Lines, names: tuple[str, ...]) -> Iterator[Read]:
    """Columns between spaces, under the names given; a first line without any digit is a header."""
    for line in lines:
        if isinstance(line, Bad):
            yield line
            continue
        cells = line.text.split()
        is_header = line.number == 1 and not any(char.isdigit() for char in line.text)
        if not cells or is_header:
            continue
        if len(cells) != len(names):
            yield Bad(line.number, f"expected {len(names)} columns, got {len(cells)}", line.text)
        else:
            yield Raw(line.number, dict(zip(names, cells, strict=True)), line.size)


def csv_table(path: Path, lines: Lines, budget: Budget) -> Table:
    """A header and rows; the delimiter is the one the header uses most. A quoted cell may hold line ends."""
    feed = _Feed(lines, budget)
    try:
        header = _header_line(path, feed)
        delimiter = max(DELIMITERS, key=header.count)
        columns = tuple(name.strip() for name in next(csv.reader([header], delimiter=delimiter, strict=True)))
    except _BadLine as error:
        raise BrokenFile(path, f"its header is {error.bad.reason}") from error
    except csv.Error as error:
        raise BrokenFile(path, f"its header is no CSV ({error})") from error
    _check_header(path, columns, budget)
    return Table(_read_records(feed, columns, delimiter), columns)


def _header_line(path: Path, feed: "_Feed") -> str:
    for text in feed:
        if text.strip():
            return text
    raise EmptyFile(path)


def _check_header(path: Path, columns: tuple[str, ...], budget: Budget) -> None:
    if len(columns) > budget.columns:
        raise OverBudget(path, f"{budget.columns:,} columns", f"{len(columns):,}")
    if twice := {name for name in columns if columns.count(name) > 1 and name}:
        raise BrokenFile(path, f"its header has {', '.join(sorted(twice))} more than once")


def _read_records(feed: "_Feed", columns: tuple[str, ...], delimiter: str) -> Iterator[Read]:
    records = csv.reader(feed, delimiter=delimiter, strict=True)
    while True:
        feed.start_record()
        try:
            cells = next(records)
        except StopIteration:
            return
        except _BadLine as error:
            yield error.bad
            continue
        except csv.Error as error:
            yield Bad(feed.start, f"expected CSV: {error}", feed.text)
            continue
        if len(cells) == len(columns):
            yield Raw(feed.start, dict(zip(columns, cells, strict=True)), feed.size)
        elif cells:
            yield Bad(feed.start, f"expected {len(columns)} cells, got {len(cells)}", feed.text)


class _BadLine(Exception):
    def __init__(self, bad: Bad) -> None:
        super().__init__(bad.reason)
        self.bad = bad


class _Feed:
    """Lines for `csv.reader`. A bad line is raised and the next call goes on (a generator would end)."""

    def __init__(self, lines: Lines, budget: Budget) -> None:
        self._lines, self._budget = lines, budget
        self._number = 0
        self.start_record()

    def start_record(self) -> None:
        self.start, self.size, self._texts = self._number + 1, 0, list[str]()

    @property
    def text(self) -> str:
        """The record as the file has it."""
        return "\n".join(self._texts)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        if isinstance(line, Bad):
            self._number = line.line
            raise _BadLine(line)
        self._number = line.number
        self._texts.append(line.text)
        self.size += line.size
        if self.size > self._budget.line_bytes:
            reason = f"longer than {self._budget.line_bytes:,} bytes: is a quote left open?"
            raise _BadLine(Bad(self.start, reason, self._texts[0]))
        return line.text + "\n"
