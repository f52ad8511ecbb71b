"""Real workers for the chaos tests, with short leases, and what must hold after each."""

import sys
from contextlib import contextmanager

from sqlmodel import select

from app.drill import tally
from db import tables
from db.session import read_only
from desk import outbox
from tests.support.processes import environment, running

LEASE_SECONDS = 2
WORKER = [sys.executable, "-m", "app.cli", "worker"]


@contextmanager
def worker(folder, database_url, smtp_url, name="worker", **settings):
    """A worker process and the log it writes."""
    env = environment(
        **{"home": folder / "home", "database_url": database_url, "smtp_url": smtp_url, "hold_out_share": 0,
           "worker_tick_seconds": 0.2, "lease_seconds": LEASE_SECONDS, **settings},
    )  # fmt: skip
    log = folder / f"{name}.log"
    with running(WORKER, log, env) as process:
        yield process, log


def states(engine):
    with read_only(engine) as session:
        return outbox.counts(session)


def answered(engine):
    """Every answer kept about every row, in order."""
    with read_only(engine) as session:
        return [
            answer.answer for answer in session.exec(select(tables.GateAnswer).order_by(tables.GateAnswer.id))
        ]


def assert_nothing_lost_or_doubled(engine, rows, taken, repeated=0):
    """Each key arrived at most once, but for repeats that policy wants; and every committed row has one state."""
    found = tally(engine, rows, taken)
    assert (found.lost, found.doubled, found.repeated) == (0, 0, repeated), found
    assert sum(found.states.values()) == rows
