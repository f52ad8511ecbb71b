"""Databases of each test's own, on SQLite and on PostgreSQL, made by the real migrations."""

import getpass
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from db import tables
from db.migrate import upgrade
from db.session import make_engine

DEFAULT_POSTGRES = f"postgresql+psycopg://{getpass.getuser()}@127.0.0.1:5432/test"
POSTGRES_URL = os.environ.get("STAYLINE_TEST_POSTGRES_URL", DEFAULT_POSTGRES)


def postgres_refusal() -> str | None:
    """Why PostgreSQL cannot be used here, or None when it can."""
    engine = create_engine(POSTGRES_URL, connect_args={"connect_timeout": 3})
    try:
        with engine.connect():
            return None
    except OperationalError as error:
        return f"no PostgreSQL at {POSTGRES_URL} (set STAYLINE_TEST_POSTGRES_URL): {str(error.orig).splitlines()[0]}"
    finally:
        engine.dispose()


@contextmanager
def postgres_database(template: str = "template1") -> Iterator[str]:
    """The URL of a database of the caller's own, like `template` at first, dropped afterwards."""
    name = f"stayline_{uuid4().hex[:12]}"
    server = create_engine(POSTGRES_URL, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        connection.execute(
            text(f"ALTER DATABASE {name} SET synchronous_commit = off")
        )  # no test cuts the power
    try:
        yield server.url.set(database=name).render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        server.dispose()


@contextmanager
def fresh_database_url(dialect: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database; skips the test, saying why, where there is no PostgreSQL."""
    if dialect == "sqlite":
        yield f"sqlite:///{folder / 'stayline.db'}"
        return
    if refusal := postgres_refusal():
        pytest.skip(refusal)
    with postgres_database() as url:
        yield url


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the newest tables and no rows, to be copied: a third of a second less in each test."""
    with fresh_database_url("sqlite", folder := tmp_path_factory.mktemp("migrated")) as url:
        _migrate(url)
    return folder / "stayline.db"


OTHERS_LINES = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid != pg_backend_pid()"
COLUMNS = "SELECT attrelid::regclass::text, attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = 'public'::regnamespace ORDER BY 1, 2"
VERSION = "SELECT version_num FROM alembic_version"
FIRST_NUMBERS = "SELECT setval(format('%I', sequencename)::regclass, start_value, false) FROM pg_sequences"


class UsedAgain:
    """Databases of PostgreSQL with the newest tables and no rows, for one test after another: to drop one takes it a
    second, to empty it some milliseconds.
    """

    def __init__(self, opened: ExitStack) -> None:
        self._opened, self._idle = opened, list[str]()
        _migrate(template := opened.enter_context(postgres_database()))
        self._template, self._as_made = str(make_url(template).database), self._emptied(template)

    @contextmanager
    def lent(self) -> Iterator[str]:
        """One that nobody else has; not lent again when its tables have become others."""
        url = (
            self._idle.pop() if self._idle else self._opened.enter_context(postgres_database(self._template))
        )
        yield url
        if self._emptied(url) == self._as_made:
            self._idle.append(url)

    def _emptied(self, url: str) -> list[Any] | None:
        """Its version and columns, those of its indexes too, once nobody is connected and no row is left.

        None where a table is missing.
        """
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                connection.execute(text(OTHERS_LINES))
                for table in reversed(tables.SQLModel.metadata.sorted_tables):
                    connection.execute(table.delete())
                connection.execute(text(FIRST_NUMBERS))
                return [*connection.execute(text(VERSION)), *connection.execute(text(COLUMNS))]
        except ProgrammingError:
            return None
        finally:
            engine.dispose()


@pytest.fixture(scope="session")
def migrated_postgres() -> Iterator[UsedAgain]:
    if refusal := postgres_refusal():
        pytest.skip(refusal)
    with ExitStack() as opened:
        yield UsedAgain(opened)


@contextmanager
def migrated_database_url(dialect: str, folder: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database with the newest tables and no rows."""
    if dialect == "sqlite":
        shutil.copyfile(request.getfixturevalue("migrated_sqlite"), folder / "stayline.db")
        yield f"sqlite:///{folder / 'stayline.db'}"
        return
    with request.getfixturevalue("migrated_postgres").lent() as url:
        yield url


def _migrate(url: str) -> None:
    engine = make_engine(url)
    upgrade(engine)
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def dialect(request: pytest.FixtureRequest) -> str:
    """Each test that asks for a database runs on both."""
    return str(request.param)


@pytest.fixture
def database_url(dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database with the newest tables and no rows."""
    with migrated_database_url(dialect, tmp_path, request) as url:
        yield url


@contextmanager
def quick_engine(url: str) -> Iterator[Engine]:
    """An engine of ours that does not wait for the disk: no test cuts the power."""
    opened = make_engine(url)
    if opened.dialect.name == "sqlite":
        event.listen(opened, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    yield opened
    opened.dispose()


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on a database with the newest tables and no rows."""
    with quick_engine(database_url) as opened:
        yield opened


@pytest.fixture
def empty_url(dialect: str, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables."""
    with fresh_database_url(dialect, tmp_path) as url:
        yield url


@pytest.fixture
def empty_engine(empty_url: str) -> Iterator[Engine]:
    """An engine on a database without tables."""
    opened = make_engine(empty_url)
    yield opened
    opened.dispose()
