"""All timed work, by name. APScheduler is only the clock, with its jobs in memory: the truth is in the
tables.

deliver   send the follow-ups that are due
rescue    free the rows whose worker died
expire    end the follow-ups that came too late
plan      plan the follow-ups that only time brings about
measure   write what happened after decisions
"""

import logging
import os
import signal
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event
from types import FrameType
from typing import Any
from uuid import uuid4

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import Engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from app.channels.all import channels_of
from app.delivery import NO_NEW_SENDS_AFTER_SECONDS, Courier
from app.settings import Settings
from db import tables
from db.session import make_engine, unit_of_work
from desk import outbox, outcomes
from desk.follow_ups_by_clock import plan_by_clock

log = logging.getLogger(__name__)
Job = Callable[[], object]

BEAT_SECONDS = 1.0
STALLED = 3


class Stall:
    """Counts the beats for which each job has been running. Beats and not seconds: a process that was stopped and
    goes on has not stalled.
    """

    def __init__(self, longest_beats: int) -> None:
        self._longest = longest_beats
        self._beats: dict[str, int] = {}

    def begin(self, job: str) -> None:
        self._beats[job] = 0

    def end(self, job: str) -> None:
        self._beats.pop(job, None)

    def beat(self) -> str | None:
        """One beat more; the name of a job that has been running for too long."""
        for job in list(self._beats):
            self._beats[job] = self._beats.get(job, 0) + 1
        return next((job for job, beats in self._beats.items() if beats > self._longest), None)


def timed_work(engine: Engine, courier: Courier, tick: timedelta) -> dict[str, tuple[timedelta, Job]]:
    """Every job with how often it runs."""

    def in_transaction(work: Callable[[Session], object]) -> Job:
        def job() -> None:
            with unit_of_work(engine) as session:
                work(session)

        return job

    often = min(timedelta(seconds=10), courier.policy.lease / 2)
    return {
        "deliver": (tick, courier.deliver_due),
        "rescue": (often, in_transaction(lambda session: outbox.rescue_leases(session, courier.policy))),
        "expire": (timedelta(minutes=1), in_transaction(outbox.expire)),
        "plan": (timedelta(minutes=1), in_transaction(lambda session: _plan(session, courier))),
        "measure": (
            timedelta(minutes=5),
            in_transaction(lambda session: outcomes.measure(session, datetime.now(UTC))),
        ),
    }


def _plan(session: Session, courier: Courier) -> int:
    return plan_by_clock(session, courier.rules, courier.policy, datetime.now(UTC))


def run_worker(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT; then claim nothing new, let running sends end, give the rest back."""
    stop = _on_signal()
    engine = make_engine(settings.database)
    _hold_no_row_longer_than(engine, settings.policy.lease)
    owner = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:6]}"
    courier = Courier(engine, settings, owner, channels_of(settings, engine), stopping=stop)
    stall = Stall(round((NO_NEW_SENDS_AFTER_SECONDS + courier.policy.lease.total_seconds()) / BEAT_SECONDS))
    work = timed_work(engine, courier, timedelta(seconds=settings.worker_tick_seconds))
    scheduler = _clock(work, engine, stall)
    scheduler.start()
    log.info("worker %s at work: %s", owner, ", ".join(work))
    _wait(stop, stall)
    scheduler.shutdown(wait=True)
    _give_back(courier)
    engine.dispose()


def _hold_no_row_longer_than(engine: Engine, lease: timedelta) -> None:
    """A transaction whose worker fell silent is ended by the PostgreSQL server: else its locks outlive its leases."""
    if engine.dialect.name != "postgresql":
        return

    @event.listens_for(engine, "connect")
    def limit(connection: Any, _record: Any) -> None:
        milliseconds = round(lease.total_seconds() * 1000)
        connection.execute(f"SET idle_in_transaction_session_timeout = {milliseconds}")
        connection.commit()


def _clock(work: dict[str, tuple[timedelta, Job]], engine: Engine, stall: Stall) -> BackgroundScheduler:
    # a tick that is skipped because the last one still runs is as it should be
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
    scheduler = BackgroundScheduler(
        jobstores={"default": MemoryJobStore()},
        executors={"default": ThreadPoolExecutor(len(work))},
        timezone=UTC,
    )
    for name, (every, job) in work.items():
        scheduler.add_job(
            _guarded(name, job, engine, stall),
            "interval",
            seconds=every.total_seconds(),
            id=name,
            next_run_time=datetime.now(UTC),
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )
    return scheduler


def _wait(stop: Event, stall: Stall) -> None:
    """Until told to stop. A job that never ends (a line to the database that went silent) ends the process instead:
    its supervisor starts a fresh one, and its leases free its rows.
    """
    while not stop.wait(BEAT_SECONDS):
        if (job := stall.beat()) is not None:
            log.critical("%s has not ended for too long; this worker ends, so that a fresh one starts", job)
            logging.shutdown()
            os._exit(STALLED)


def _give_back(courier: Courier) -> None:
    try:
        courier.release()
    except SQLAlchemyError as error:
        log.warning("nothing was given back (%s); the leases end by themselves", type(error).__name__)


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


def _on_signal() -> Event:
    stop = Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    return stop
