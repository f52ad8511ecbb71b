"""A PostgreSQL of the test's own that stops and starts during work, and a bad line between it and worker or web."""

import signal
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy import text

from app.clock import STALLED
from app.delivery import HANDS
from app.drill import Inbox, plan
from db import tables
from db.migrate import upgrade
from db.session import make_engine, read_only
from tests.app.web.serving import running_bot
from tests.chaos.crew import LEASE_SECONDS, assert_nothing_lost_or_doubled, errors_in, states, worker
from tests.support.mail import postbox
from tests.support.postgres import postgres_server
from tests.support.processes import answers, environment, free_port, running, wait_until
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


@contextmanager
def web(folder, database_url):
    """The web process, beside a bot and an action server that work."""
    with running_bot() as bot:
        url, log = f"http://127.0.0.1:{(port := free_port())}", folder / "web.log"
        env = environment(
            home=folder / "home", database_url=database_url, web_port=port, bot_port=bot.port, actions_port=bot.port
        )  # fmt: skip
        with running([sys.executable, "-m", "app.cli", "web"], log, env) as process:
            wait_until(lambda: answers(f"{url}/health/live"), 60, "the start of the web process", log)
            yield url, process, log


def asked(url, what="ready"):
    return httpx.get(f"{url}/health/{what}", timeout=10, trust_env=False)


def test_readiness_is_503_while_the_database_is_away_and_worker_and_web_live_on(engine, server, tmp_path):
    with (
        postbox() as box,
        worker(tmp_path, server.url, box.url) as (process, log),
        web(tmp_path, server.url) as (url, serving, web_log),
    ):
        wait_until(lambda: asked(url).status_code == 200, 30, "readiness", web_log)
        server.stop()
        away = asked(url)
        assert (away.status_code, away.json()["parts"]["database"]["ok"]) == (503, False)
        assert asked(url, "live").status_code == 200
        wait_until(lambda: "the database did not answer" in log.read_text(), 15, "a tick without it", log)
        server.start()
        engine.dispose()
        back, before = time.monotonic(), last_tick(engine)
        wait_until(lambda: asked(url).status_code == 200, 30, "readiness again", web_log)
        wait_until(lambda: last_tick(engine) > before, 30, "the next tick", log)
        assert time.monotonic() - back < 30
        assert (process.poll(), serving.poll()) == (None, None)
    assert errors_in(log, web_log) == []


def test_readiness_is_503_within_seconds_while_the_line_to_the_database_is_silent(engine, server, tmp_path):
    with (
        proxy(server.port) as line,
        postbox() as box,
        worker(tmp_path, server.url, box.url),
        web(tmp_path, server.url_at(line.port)) as (url, _, log),
    ):
        wait_until(lambda: asked(url).status_code == 200, 30, "readiness", log)
        line.silent = True
        for _ in range(3):
            away = asked(url)
            assert (away.status_code, away.json()["parts"]["database"]["ok"]) == (503, False)
        assert asked(url, "live").status_code == 200
        line.silent = False
        line.cut()
        wait_until(lambda: asked(url).status_code == 200, 30, "readiness again", log)


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
        assert repeated <= HANDS  # what the deaf worker had in them
        assert_nothing_lost_or_doubled(engine, ROWS, inbox.taken, repeated=repeated)


def waits_for_a_lock(engine):
    with engine.connect() as connection:
        return connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted"))


def test_a_worker_that_slept_while_it_wrote_down_a_yes_does_not_take_it_for_a_no(engine, server, tmp_path):
    plan(engine, 1)
    with postbox() as box, worker(tmp_path, server.url, box.url) as (process, log):
        box.seconds = 30
        wait_until(lambda: box.begun, 30, "the sending", log)
        with engine.connect() as holding:  # so that the worker is stopped within its transaction
            holding.execute(text("SELECT id FROM follow_up FOR UPDATE"))
            box.seconds = 0
            wait_until(lambda: box.mails and waits_for_a_lock(engine), 30, "the writing of its end", log)
            process.send_signal(signal.SIGSTOP)
            holding.rollback()
        time.sleep(LEASE_SECONDS + 1)  # longer than the server lets a transaction idle
        process.send_signal(signal.SIGCONT)
        wait_until(lambda: states(engine) == {"sent": 1}, 60, "the end", log)
        assert_nothing_lost_or_doubled(engine, 1, box.taken, repeated=len(box.mails) - 1)
