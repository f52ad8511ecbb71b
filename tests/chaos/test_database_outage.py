"""A PostgreSQL of the test's own that stops and starts during work, and a bad line between it and the worker."""

import time
from datetime import UTC, datetime

import pytest

from app.drill import Inbox, plan
from app.worker import STALLED
from db import tables
from db.migrate import upgrade
from db.session import make_engine, read_only
from tests.chaos.crew import assert_nothing_lost_or_doubled, states, worker
from tests.support.mail import postbox
from tests.support.postgres import postgres_server
from tests.support.processes import wait_until
from tests.support.proxy import proxy

ROWS = 60


@pytest.fixture(scope="module")
def server():
    with postgres_server() as running:
        yield running


@pytest.fixture
def engine(server):
    opened = make_engine(server.url)
    upgrade(opened)
    with opened.begin() as connection:
        for table in reversed(tables.SQLModel.metadata.sorted_tables):
            connection.execute(table.delete())
    yield opened
    opened.dispose()


def last_tick(engine):
    with read_only(engine) as session:
        tick = session.get(tables.Tick, "deliver")
        return tick.last_tick_at if tick else datetime.min.replace(tzinfo=UTC)


def test_a_database_that_restarts_during_work_costs_no_worker_and_no_mail(engine, server, tmp_path):
    plan(engine, ROWS)
    with postbox() as box, worker(tmp_path, server.url, box.url, lease_seconds=20) as (process, log):
        box.seconds = 0.3
        wait_until(lambda: len(box.mails) > 8, 30, "the first mails", log)
        server.stop()
        time.sleep(3)
        assert process.poll() is None
        server.start()
        engine.dispose()
        back = time.monotonic()
        before = last_tick(engine)
        wait_until(lambda: last_tick(engine) > before, 30, "the next tick", log)
        assert time.monotonic() - back < 30
        wait_until(lambda: states(engine) == {"sent": ROWS}, 40, "the sending of all", log)
        assert_nothing_lost_or_doubled(engine, ROWS, box.taken)
    assert "the database did not answer" in log.read_text()


def test_lines_to_the_database_that_are_cut_are_opened_again(engine, server, tmp_path):
    plan(engine, ROWS)
    with Inbox() as inbox, proxy(server.port) as line:
        line.delay = 0.002
        with worker(tmp_path, server.url_at(line.port), inbox.url, lease_seconds=20) as (process, log):
            for mails in (5, 20, 40):
                wait_until(lambda mails=mails: len(inbox.taken) > mails, 40, f"mail {mails}", log)
                line.cut()
            wait_until(lambda: states(engine) == {"sent": ROWS}, 60, "the sending of all", log)
            assert process.poll() is None
        assert_nothing_lost_or_doubled(engine, ROWS, inbox.taken)


def test_a_worker_whose_database_went_silent_ends_so_that_a_fresh_one_can_start(engine, server, tmp_path):
    plan(engine, ROWS)
    with Inbox() as inbox, proxy(server.port) as line:
        with worker(tmp_path, server.url_at(line.port), inbox.url, "deaf") as (process, log):
            wait_until(lambda: len(inbox.taken) > 5, 30, "the first mails", log)
            line.silent = True
            assert process.wait(40) == STALLED, log.read_text()
        with worker(tmp_path, server.url, inbox.url, "fresh") as (_, log):
            wait_until(lambda: states(engine) == {"sent": ROWS}, 40, "the sending of all", log)
        repeated = sum(inbox.taken.values()) - ROWS
        assert repeated <= 4  # at most what the deaf worker had in its hands
        assert_nothing_lost_or_doubled(engine, ROWS, inbox.taken, repeated)
