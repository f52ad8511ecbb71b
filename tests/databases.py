"""Databases of each test's own, on SQLite and on PostgreSQL, made by the real migrations."""

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError

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
def postgres_database() -> Iterator[str]:
    """The URL of a database of the caller's own, dropped afterwards."""
    name = f"stayline_{uuid4().hex[:12]}"
    server = create_engine(POSTGRES_URL, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
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


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with fresh_database_url(request.param, tmp_path) as url:
        yield url


@pytest.fixture
def empty_engine(database_url: str) -> Iterator[Engine]:
    """An engine on a database without tables."""
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(empty_engine: Engine) -> Engine:
    """An engine on a database with the newest tables and no rows."""
    upgrade(empty_engine)
    return empty_engine
