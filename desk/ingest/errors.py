"""What is wrong with a file as a whole; a single bad row is no error but a line of the rejected file.

IngestError
├── UnknownFile      there is no such file
├── EmptyFile        it holds no row
├── UnknownFormat    its suffix or content says nothing we read
├── WrongKind        the format holds another kind of row
├── BadMapping       --map names a column that nobody has
├── MissingColumns   a required column is not there
├── BrokenFile       cut off, damaged, or not what its name says
└── OverBudget       more columns or bytes than a file may have
"""

from collections.abc import Iterable
from pathlib import Path

from desk.errors import DeskError

SHOWN_COLUMNS = 30


class IngestError(DeskError):
    """The root of this tree."""


class UnknownFile(IngestError):
    def __init__(self, path: Path) -> None:
        super().__init__(f"There is no file {path}; give the path of an existing file.")


class EmptyFile(IngestError):
    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is empty; expected at least one row.")


class UnknownFormat(IngestError):
    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"Cannot tell the format of {path}: {why}; name it with --format.")


class WrongKind(IngestError):
    def __init__(self, format_name: str, holds: str, asked: str) -> None:
        super().__init__(f"Format {format_name} holds {holds}, not {asked}; ingest it as {holds}.")


class BadMapping(IngestError):
    @classmethod
    def unknown_names(cls, names: Iterable[str], known: Iterable[str]) -> "BadMapping":
        return cls(f"The mapping names {_listed(names)}, which we do not have; ours are {_listed(known)}.")

    @classmethod
    def absent_columns(cls, names: Iterable[str], found: Iterable[str]) -> "BadMapping":
        return cls(f"The mapping names {_listed(names)}, which the file lacks; it has {_listed(found)}.")

    @classmethod
    def not_for(cls, format_name: str) -> "BadMapping":
        return cls(f"Format {format_name} has columns of its own; a mapping goes with jsonl, csv or parquet.")


class MissingColumns(IngestError):
    @classmethod
    def can_map(cls, path: Path, missing: Iterable[str], found: Iterable[str]) -> "MissingColumns":
        missing = list(missing)
        way_out = f"say which one it is with --map {','.join(f'{name}=THEIR_COLUMN' for name in missing)}"
        return cls(f"{path} lacks the required {_listed(missing)}; it has {_listed(found)}; {way_out}.")

    @classmethod
    def of_format(
        cls, path: Path, format_name: str, missing: Iterable[str], found: Iterable[str]
    ) -> "MissingColumns":
        return cls(
            f"{path} lacks {_listed(missing)}, which format {format_name} has; it has {_listed(found)}; "
            "choose --format csv, jsonl or parquet with --map instead."
        )


class BrokenFile(IngestError):
    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"Cannot read {path}: {why}; nothing of it was kept.")


class OverBudget(IngestError):
    def __init__(self, path: Path, limit: str, found: str) -> None:
        super().__init__(f"{path} may have at most {limit}, but has {found}; nothing of it was kept.")


def _listed(names: Iterable[str]) -> str:
    shown = [str(name)[:60] for name in names]
    rest = [f"{len(shown) - SHOWN_COLUMNS} more"] if len(shown) > SHOWN_COLUMNS else []
    return ", ".join([*shown[:SHOWN_COLUMNS], *rest]) or "nothing"
