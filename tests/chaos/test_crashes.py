"""Workers that are killed, stopped and told to end, as processes, on both databases."""

import signal
import sqlite3
import time
from contextlib import closing
from datetime import timedelta

import pytest
from sqlmodel import select

from app.drill import plan
from db import tables
from db.session import unit_of_work
from desk import consent, outbox
from tests.chaos.crew import LEASE_SECONDS, answered, assert_nothing_lost_or_doubled, states, worker
from tests.support.mail import postbox
from tests.support.processes import end, wait_until


@pytest.fixture
def box():
    with postbox() as opened:
        yield opened


def stop_between_transactions(process, engine):
    """Stop it, but not while one of its ticks holds SQLite's one write lock: that would stop every other writer too."""
    for _ in range(50):
        process.send_signal(signal.SIGSTOP)
        if is_writable(engine):
            return
        process.send_signal(signal.SIGCONT)
        time.sleep(0.02)
    raise AssertionError("the worker was never found between two transactions")


def is_writable(engine):
    if engine.dialect.name != "sqlite":
        return True
    with closing(sqlite3.connect(engine.url.database, timeout=0.1)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        connection.rollback()
        return True


@pytest.mark.parametrize("point", ["after_claim", "before_provider"])
def test_a_worker_killed_before_the_provider_call_costs_a_lease_and_the_mail_goes_once(
    engine, database_url, box, tmp_path, point
):
    plan(engine, 1)
    with worker(tmp_path, database_url, box.url, "doomed", fault_point=point) as (process, _):
        assert process.wait(30) == -signal.SIGKILL
    assert box.mails == []
    with worker(tmp_path, database_url, box.url) as (_, log):
        wait_until(lambda: states(engine) == {"sent": 1}, 30, "the sending", log)
    assert_nothing_lost_or_doubled(engine, 1, box.taken)


def test_a_mail_whose_worker_died_after_the_servers_yes_is_repeated_under_the_same_id(
    engine, database_url, box, tmp_path
):
    plan(engine, 1)
    with worker(tmp_path, database_url, box.url, "doomed", fault_point="after_provider") as (process, _):
        assert process.wait(30) == -signal.SIGKILL
    assert len(box.mails) == 1
    with worker(tmp_path, database_url, box.url) as (_, log):
        wait_until(lambda: states(engine) == {"sent": 1}, 30, "the sending", log)
    assert list(box.taken.values()) == [2]
    assert answered(engine) == ["send", "uncertain", "send", "sent"]
    assert_nothing_lost_or_doubled(engine, 1, box.taken, repeated=1)


def test_a_text_message_whose_worker_died_while_sending_stays_uncertain(engine, database_url, box, tmp_path):
    plan(engine, 1)
    with unit_of_work(engine) as session:
        now = outbox.database_now(session)
        who = session.exec(select(tables.Customer)).one()
        who.phone = "+15550100"
        consent.record(session, who.id, consent.Purpose.FOLLOW_UP, True, now, "test", "sms")
        session.exec(select(tables.FollowUp)).one().channel = "sms"
    with worker(tmp_path, database_url, box.url, "doomed", fault_point="before_provider") as (process, _):
        assert process.wait(30) == -signal.SIGKILL
    with worker(tmp_path, database_url, box.url) as (_, log):
        wait_until(lambda: states(engine) == {"uncertain": 1}, 30, "the rescue", log)
    assert answered(engine) == ["send", "uncertain"]


def test_a_worker_stopped_past_its_lease_has_its_late_word_refused(engine, database_url, box, tmp_path):
    plan(engine, 1)
    box.seconds = 1.5
    with worker(tmp_path, database_url, box.url, "stalled") as (stalled, log):
        wait_until(lambda: states(engine) == {"sending": 1}, 30, "the start of the sending", log)
        stop_between_transactions(stalled, engine)
        time.sleep(LEASE_SECONDS)
        box.seconds = 0
        with worker(tmp_path, database_url, box.url, "other") as (_, others_log):
            wait_until(lambda: states(engine) == {"sent": 1}, 30, "the rescue and the sending", others_log)
            stalled.send_signal(signal.SIGCONT)
            wait_until(lambda: "is no longer ours" in log.read_text(), 30, "the refusal", log)
        assert end(stalled) == 0
    assert answered(engine) == ["send", "uncertain", "send", "sent"]
    assert_nothing_lost_or_doubled(engine, 1, box.taken, repeated=1)


def test_at_sigterm_running_sends_end_the_rest_go_back_and_the_exit_is_zero(
    engine, database_url, box, tmp_path
):
    plan(engine, 40)
    box.seconds = 0.7
    with worker(tmp_path, database_url, box.url, lease_seconds=60) as (process, log):
        wait_until(lambda: states(engine).get("sending"), 30, "the start of the sending", log)
        assert end(process, signal.SIGTERM) == 0
    found = states(engine)
    assert set(found) == {"sent", "pending"}
    assert found["sent"] == len(box.mails) <= 12
    assert set(box.taken.values()) == {1}


def test_after_six_hours_down_what_is_still_useful_goes_once_and_the_rest_says_why_not(
    engine, database_url, box, tmp_path
):
    plan(engine, 20)
    with unit_of_work(engine) as session:
        now = outbox.database_now(session)
        for number, row in enumerate(session.exec(select(tables.FollowUp))):
            row.due_at = now - timedelta(hours=6)
            row.not_after = now + timedelta(hours=1 if number % 4 else -1)
    with worker(tmp_path, database_url, box.url) as (_, log):
        wait_until(lambda: states(engine) == {"sent": 15, "expired": 5}, 30, "the end of all", log)
    with unit_of_work(engine) as session:
        late = session.exec(select(tables.FollowUp).where(tables.FollowUp.status == "expired")).all()
        assert {row.status_reason for row in late} == {"its last useful moment had passed"}
    assert_nothing_lost_or_doubled(engine, 20, box.taken)
