"""All timed work, by name. APScheduler is only the clock, with its jobs in memory: the truth is in the
tables.

deliver   send the follow-ups that are due
rescue    free the rows whose worker died
expire    end the follow-ups that came too late
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
from uuid import uuid4

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from app.delivery import Courier
from app.settings import Settings
from db import tables
from db.session import make_engine, unit_of_work
from desk import outbox, outcomes

log = logging.getLogger(__name__)
Job = Callable[[], object]


def timed_work(engine: Engine, courier: Courier, tick: timedelta) -> dict[str, tuple[timedelta, Job]]:
    """Every job with how often it runs."""

    def in_transaction(work: Callable[[Session], object]) -> Job:
        def job() -> None:
            with unit_of_work(engine) as session:
                work(session)

        return job

    return {
        "deliver": (tick, courier.deliver_due),
        "rescue": (timedelta(seconds=10), in_transaction(outbox.rescue_leases)),
        "expire": (timedelta(minutes=1), in_transaction(outbox.expire)),
        "measure": (
            timedelta(minutes=5),
            in_transaction(lambda session: outcomes.measure(session, datetime.now(UTC))),
        ),
    }


def run_worker(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT; then claim nothing new, let running sends end, give the rest back."""
    engine = make_engine(settings.database)
    courier = Courier(engine, settings, owner=f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:6]}")
    scheduler = BackgroundScheduler(
        jobstores={"default": MemoryJobStore()}, executors={"default": ThreadPoolExecutor(4)}, timezone=UTC
    )
    work = timed_work(engine, courier, timedelta(seconds=settings.worker_tick_seconds))
    for name, (every, job) in work.items():
        scheduler.add_job(
            _guarded(name, job, engine),
            "interval",
            seconds=every.total_seconds(),
            id=name,
            next_run_time=datetime.now(UTC),
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )
    stop = _on_signal()
    scheduler.start()
    log.info("worker %s at work: %s", courier.owner, ", ".join(work))
    stop.wait()
    scheduler.shutdown(wait=True)
    courier.release()
    engine.dispose()


def _guarded(name: str, job: Job, engine: Engine) -> Callable[[], None]:
    """Run the job and note the tick; a failure is logged and the clock lives on."""

    def run() -> None:
        try:
            job()
            with unit_of_work(engine) as session:
                session.merge(tables.Tick(job=name, last_tick_at=datetime.now(UTC)))
        except SQLAlchemyError as error:
            log.warning("%s: the database did not answer (%s)", name, type(error).__name__)
        except Exception:  # the guard of a job: one failed tick must not end the clock
            log.exception("%s failed", name)

    return run


def _on_signal() -> Event:
    stop = Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    return stop
