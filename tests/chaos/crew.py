"""Real workers for the chaos tests, with short leases, and what must hold after each."""

import sys
from contextlib import contextmanager

from sqlmodel import select

from app.tally import tally
from db import tables
from db.session import read_only
from desk import outbox
from tests.support.processes import environment, running, wait_until

LEASE_SECONDS = 2
WORKER = [sys.executable, "-m", "app.cli", "worker"]
UNWANTED = ("Traceback", "locked", "deadlock")


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


def wait_until_at_work(*logs):
    for log in logs:
        wait_until(lambda log=log: " at work" in log.read_text(), 60, "a worker's start", log)


def states(engine):
    with read_only(engine) as session:
        return outbox.counts(session)


def answered(engine):
    """Every answer kept about every row, in order."""
    with read_only(engine) as session:
        return [
            answer.answer for answer in session.exec(select(tables.GateAnswer).order_by(tables.GateAnswer.id))
        ]


def errors_in(*logs):
    """Errors that nobody handled, and locks that somebody gave up waiting for."""
    return [word for log in logs for word in UNWANTED if word in log.read_text()]


def assert_nothing_lost_or_doubled(engine, rows, taken, *, repeated=0, pending=0):
    """What must hold after every chaos run. Each key arrived at most once, but for repeats that policy wants; and
    every committed row is sent, failed, uncertain, dead, cancelled, expired, or one of the `pending`.
    """
    found = tally(engine, rows, taken)
    assert found.clean, found
    assert (found.repeated, found.states.get("pending", 0)) == (repeated, pending), found
