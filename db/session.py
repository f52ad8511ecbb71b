"""Engines and sessions. Only the edge opens a session; it commits once at the end or rolls back whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import Connection
from sqlmodel import Session

BUSY_TIMEOUT_MS = 15_000


def make_engine(url: str) -> Engine:
    """An engine for a SQLAlchemy URL. SQLite gets WAL, foreign keys and real transactions."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


@contextmanager
def unit_of_work(engine: Engine) -> Iterator[Session]:
    """A session that writes: one commit when the block ends well, a rollback when it raises.

    On SQLite it takes the write lock at once, so two writers wait for each other and never fail half-way.
    """
    bound = engine.execution_options(sqlite_begin="BEGIN IMMEDIATE")
    with Session(bound, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def read_only(engine: Engine) -> Iterator[Session]:
    """A session that only reads; whatever it changed is rolled back."""
    with Session(engine, expire_on_commit=False) as session:
        yield session


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver's own implicit BEGIN comes too late for a write lock
    for pragma in (
        "journal_mode=WAL",
        "foreign_keys=ON",
        "synchronous=NORMAL",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))
