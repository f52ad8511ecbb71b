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

from db.migrate import upgrade
from db.session import make_engine, read_only

NOW = datetime(2024, 6, 1, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database that the migrations have run on once, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "stayline.db"
    engine = make_engine(f"sqlite:///{path}")
    upgrade(engine)
    engine.dispose()
    return path


@pytest.fixture
def sqlite_engine(migrated_file: Path, tmp_path: Path) -> Iterator[Engine]:
    """For what does not depend on the database."""
    engine = make_engine(f"sqlite:///{copy(migrated_file, tmp_path)}")
    yield engine
    engine.dispose()


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
