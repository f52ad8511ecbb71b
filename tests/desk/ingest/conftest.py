"""A shop's files, made in the test, and what is in the tables afterwards."""

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import SQLModel, select

from db.session import read_only
from tests.databases import quick_engine

NOW = datetime(2024, 6, 1, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def sqlite_engine(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Engine]:
    """For what does not depend on the database."""
    with quick_engine(f"sqlite:///{copy(migrated_sqlite, tmp_path)}") as engine:
        yield engine


@pytest.fixture
def stored() -> Callable[[Engine, type[SQLModel]], list[Any]]:
    """All rows of a table."""

    def read(engine: Engine, table: type[SQLModel]) -> list[Any]:
        with read_only(engine) as session:
            return list(session.exec(select(table)).all())

    return read


@pytest.fixture
def write_file(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """A file of this name and content in a folder of the test's own; packed when the name ends in .gz."""

    def write(name: str, content: str | bytes) -> Path:
        folder = tmp_path / "files"
        folder.mkdir(exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        (folder / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return folder / name

    return write


@pytest.fixture
def write_jsonl(write_file: Callable[[str, str | bytes], Path]) -> Callable[..., Path]:
    """JSON lines; text goes in as it is."""

    def write(*rows: dict[str, Any] | str, name: str = "rows.jsonl") -> Path:
        lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
        return write_file(name, "\n".join(lines) + "\n")

    return write
