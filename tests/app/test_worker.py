"""The worker as a process: it ticks, sends what is due, and ends well at SIGTERM."""

import signal
import sys
from datetime import UTC, datetime, timedelta

from sqlmodel import select

from db import tables
from db.session import unit_of_work
from tests.app.test_delivery import plan, rows
from tests.support.mail import postbox
from tests.support.processes import end, environment, running, wait_until

JOBS = {"deliver", "rescue", "expire", "plan", "measure", "offers", "cases", "rescore", "retain"}


def test_a_worker_sends_notes_its_ticks_and_ends_with_zero(engine, database_url, tmp_path):
    plan(engine)
    with postbox() as box:
        smtp = f"smtp://127.0.0.1:{box.port}"
        env = environment(
            home=tmp_path / "home",
            database_url=database_url,
            smtp_url=smtp,
            hold_out_share=0,
            worker_tick_seconds=0.2,
        )
        log = tmp_path / "worker.log"
        with running([sys.executable, "-m", "app.cli", "worker"], log, env) as process:
            wait_until(lambda: rows(engine)[0].status == "sent", 30, "the sending", log)
            wait_until(
                lambda: ticks(engine) >= JOBS,
                30,
                "a tick of each job",
                log,
            )
            assert end(process, signal.SIGTERM) == 0
        assert len(box.mails) == 1


def ticks(engine):
    with unit_of_work(engine) as session:
        recent = datetime.now(UTC) - timedelta(minutes=1)
        return {tick.job for tick in session.exec(select(tables.Tick)) if tick.last_tick_at > recent}
