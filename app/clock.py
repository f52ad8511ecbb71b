"""The clock of timed work: APScheduler with its jobs in memory, a guard around each job, and a watch over jobs that
never end. What is to be done, and what was, stands in the tables.
"""

import logging
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import Engine
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from db import tables
from db.session import unit_of_work

log = logging.getLogger(__name__)
Job = Callable[[], object]

BEAT_SECONDS = 1.0
STALLED = 3
GIVES_WAY = 10  # the nice value of long work


@dataclass(frozen=True, slots=True)
class Timed:
    """A job and how often it runs. One that `gives_way` is long, and runs only where the rest leaves a core idle."""

    every: timedelta
    job: Job
    gives_way: bool = False


class Stall:
    """Counts the beats for which each job has been running. Beats and not seconds: a process that was stopped and
    goes on has not stalled. Long work says that it got on, and is counted from there.
    """

    def __init__(self, longest_beats: int) -> None:
        self._longest = longest_beats
        self._beats: dict[str, int] = {}

    def begin(self, job: str) -> None:
        self._beats[job] = 0

    got_on = begin

    def end(self, job: str) -> None:
        self._beats.pop(job, None)

    def beat(self) -> str | None:
        """One beat more; the name of a job that has been running for too long."""
        for job in list(self._beats):
            self._beats[job] = self._beats.get(job, 0) + 1
        return next((job for job, beats in self._beats.items() if beats > self._longest), None)


def make_clock(work: Mapping[str, Timed], engine: Engine, stall: Stall) -> BackgroundScheduler:
    """A scheduler that is not started yet, with a thread for each job."""
    # a tick that is skipped because the last one still runs is as it should be
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
    long = max(1, sum(timed.gives_way for timed in work.values()))
    scheduler = BackgroundScheduler(
        jobstores={"default": MemoryJobStore()},
        executors={
            "default": ThreadPoolExecutor(len(work)),
            "long": ThreadPoolExecutor(long, {"initializer": _give_way}),
        },
        timezone=UTC,
    )
    for name, timed in work.items():
        scheduler.add_job(
            _guarded(name, timed.job, engine, stall),
            "interval",
            seconds=timed.every.total_seconds(),
            id=name,
            executor="long" if timed.gives_way else "default",
            next_run_time=datetime.now(UTC),
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )
    return scheduler


def wait(stop: Event, stall: Stall) -> None:
    """Until told to stop. A job that never ends (a line to the database that went silent) ends the process instead:
    its supervisor starts a fresh one, and its leases free its rows.
    """
    while not stop.wait(BEAT_SECONDS):
        if (job := stall.beat()) is not None:
            log.critical("%s has not ended for too long; this worker ends, so that a fresh one starts", job)
            logging.shutdown()
            os._exit(STALLED)


def _give_way() -> None:
    """This thread alone, which is what Linux counts nice values by."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), GIVES_WAY)


def _guarded(name: str, job: Job, engine: Engine, stall: Stall) -> Callable[[], None]:
    """Run the job and note the tick; a failure is logged and the clock lives on."""

    def run() -> None:
        stall.begin(name)
        try:
            job()
            with unit_of_work(engine) as session:
                _note_tick(session, name)
        except SQLAlchemyError as error:
            log.warning("%s: the database did not answer (%s)", name, type(error).__name__)
        except Exception:  # the guard of a job: one failed tick must not end the clock
            log.exception("%s failed", name)
        finally:
            stall.end(name)

    return run


def _note_tick(session: Session, name: str) -> None:
    """One statement, because several workers note the same job."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    now = datetime.now(UTC)
    row = dialect.insert(tables.Tick).values(job=name, last_tick_at=now)
    session.execute(row.on_conflict_do_update(index_elements=["job"], set_={"last_tick_at": now}))
