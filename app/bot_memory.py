"""What the bot remembers: Rasa's tracker store, a table of its own beside ours that it never empties itself.

Rasa writes it with another SQLAlchemy in another environment; all that is relied on here are the table `events` and
its columns `sender_id` (our conversation), `timestamp` (seconds since 1970) and `data` (the event as JSON text).
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    NullPool,
    column,
    create_engine,
    delete,
    func,
    inspect,
    make_url,
    select,
    table,
)

log = logging.getLogger(__name__)

EVENTS = table("events", column("sender_id"), column("timestamp"), column("data"))
SENDER, TIME = EVENTS.c.sender_id, EVENTS.c.timestamp
BATCH = 200


def forget_silent(url: str, before: datetime, got_on: Callable[[], None]) -> int:
    """Delete the memory of conversations in which nothing happened since; returns of how many. `got_on` is called
    before each batch.
    """
    engine = open_memory(url)
    if engine is None or not inspect(engine).has_table(EVENTS.name):
        return 0
    forgotten, last = 0, ""
    while True:
        got_on()
        with engine.begin() as connection:
            silent = (
                select(SENDER)
                .where(last < SENDER)
                .group_by(SENDER)
                .having(func.max(TIME) < before.timestamp())
            )
            senders: Sequence[str] = connection.execute(silent.order_by(SENDER).limit(BATCH)).scalars().all()
            connection.execute(delete(EVENTS).where(SENDER.in_(senders)))
        if not senders:
            return forgotten
        forgotten, last = forgotten + len(senders), senders[-1]


def forget_conversations(url: str, conversations: Sequence[str]) -> int:
    """Delete what the bot remembers of these; returns how many of its events went."""
    with _events(url) as connection:
        if connection is None:
            return 0
        return sum(
            connection.execute(
                delete(EVENTS).where(SENDER.in_(conversations[start : start + BATCH]))
            ).rowcount
            for start in range(0, len(conversations), BATCH)
        )


def remembered(url: str, conversations: Sequence[str]) -> list[dict[str, Any]]:
    """What the bot remembers of these conversations, as it wrote it."""
    with _events(url) as connection:
        if connection is None:
            return []
        query = select(SENDER, TIME, EVENTS.c.data).where(SENDER.in_(conversations)).order_by(TIME)
        return [dict(row) for row in connection.execute(query).mappings()]


@contextmanager
def _events(url: str) -> Iterator[Connection | None]:
    """A transaction on the bot's memory; None where it has none yet."""
    engine = open_memory(url)
    if engine is None or not inspect(engine).has_table(EVENTS.name):
        yield None
        return
    with engine.begin() as connection:
        yield connection


def open_memory(url: str) -> Engine | None:
    """An engine with our driver; None where the store is not there yet, or of a kind that we have no driver for."""
    told = make_url(url)
    dialect = told.get_backend_name()
    if dialect == "postgresql":
        return create_engine(told.set(drivername="postgresql+psycopg"), poolclass=NullPool)
    if dialect == "sqlite":
        there = told.database and Path(told.database).is_file()
        return create_engine(told, poolclass=NullPool) if there else None
    log.warning(
        "the bot's memory is kept in %s, where Stayline deletes nothing; delete old rows there yourself",
        dialect,
    )
    return None
