"""All timed work, by name. How it is timed is in `app.clock`.

deliver   send the follow-ups that are due
rescue    free the rows whose worker died
expire    end the follow-ups that came too late
plan      plan the follow-ups that only time brings about
measure   write what happened after decisions
offers    end the offers that nobody accepted in time
cases     close the cases that nobody answered while the customer fell silent
rescore   once a night: everyone's risk
retain    once a night: forget what is older than the shop keeps it
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

from sqlalchemy import Engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from app.channels.all import channels_of
from app.clock import BEAT_SECONDS, Job, Stall, Timed, make_clock, wait
from app.delivery import NO_NEW_SENDS_AFTER_SECONDS, Courier
from app.nights import Nights
from app.settings import Settings
from db.session import make_engine, unit_of_work
from desk import offers, outbox, outcomes
from desk.follow_ups_by_clock import plan_by_clock
from desk.stale_cases import close_stale

log = logging.getLogger(__name__)

A_MINUTE = timedelta(minutes=1)


def timed_work(courier: Courier, nights: Nights, tick: timedelta) -> dict[str, Timed]:
    """Every job with how often it runs. The work of the night is asked for every minute, and done once."""
    policy, engine = courier.policy, courier.engine
    often = min(timedelta(seconds=10), policy.lease / 2)

    def job(name: str, work: Callable[[Session], int]) -> Job:
        return lambda: _in_transaction(engine, name, work)

    return {
        "deliver": Timed(tick, courier.deliver_due),
        "rescue": Timed(often, job("rescue", lambda session: outbox.rescue_leases(session, policy))),
        "expire": Timed(A_MINUTE, job("expire", outbox.expire)),
        "plan": Timed(A_MINUTE, job("plan", lambda session: _plan(session, courier))),
        "measure": Timed(5 * A_MINUTE, job("measure", lambda session: outcomes.measure(session, _now()))),
        "offers": Timed(A_MINUTE, job("offers", lambda session: offers.expire(session, _now()))),
        "cases": Timed(
            5 * A_MINUTE,
            job("cases", lambda session: close_stale(session, policy.close_cases_after, _now())),
        ),
        "rescore": Timed(A_MINUTE, nights.rescore, gives_way=True),
        "retain": Timed(A_MINUTE, nights.retain, gives_way=True),
    }


def _in_transaction(engine: Engine, name: str, work: Callable[[Session], int]) -> None:
    with unit_of_work(engine) as session:
        count = work(session)
    if count:
        log.info("%s: %d", name, count)


def _plan(session: Session, courier: Courier) -> int:
    return plan_by_clock(session, courier.rules, courier.policy, _now())


def _now() -> datetime:
    return datetime.now(UTC)


def run_worker(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT; then claim nothing new, let running sends end, give the rest back."""
    stop = _on_signal()
    engine = make_engine(settings.database)
    _hold_no_row_longer_than(engine, settings.policy.lease)
    owner = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:6]}"
    courier = Courier(engine, settings, owner, channels_of(settings, engine), stopping=stop)
    stall = Stall(round((NO_NEW_SENDS_AFTER_SECONDS + courier.policy.lease.total_seconds()) / BEAT_SECONDS))
    nights = Nights(engine, settings, owner, stop, stall.got_on)
    work = timed_work(courier, nights, timedelta(seconds=settings.worker_tick_seconds))
    scheduler = make_clock(work, engine, stall)
    scheduler.start()
    log.info("worker %s at work: %s", owner, ", ".join(work))
    wait(stop, stall)
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


def _give_back(courier: Courier) -> None:
    try:
        courier.release()
    except SQLAlchemyError as error:
        log.warning("nothing was given back (%s); the leases end by themselves", type(error).__name__)


def _on_signal() -> Event:
    stop = Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    return stop
