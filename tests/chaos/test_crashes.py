"""Workers that are killed, stopped and told to end, as processes, on both databases."""

import signal
import sqlite3
import time
from collections import Counter
from contextlib import closing
from datetime import timedelta

import pytest
from sqlmodel import select

from app.drill import plan
from db import tables
from db.session import unit_of_work
from desk import consent, outbox
from desk.policy import Policy
from tests.chaos.crew import (
    LEASE_SECONDS,
    answered,
    assert_nothing_lost_or_doubled,
    errors_in,
    states,
    wait_until_at_work,
    worker,
)
from tests.support.mail import postbox
from tests.support.processes import end, wait_until
from tests.support.sms import sms_service

MAX_FAULTS, MAX_UNKNOWN = Policy().max_faults, Policy().max_unknown


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


@pytest.mark.parametrize(("point", "copies"), [("before_provider", 0), ("after_provider", 1)])
def test_a_text_message_whose_worker_died_while_sending_stays_uncertain(
    engine, database_url, box, tmp_path, point, copies
):
    plan(engine, 1)
    with unit_of_work(engine) as session:
        now = outbox.database_now(session)
        who = session.exec(select(tables.Customer)).one()
        who.phone = "+15550100"
        consent.record(session, who.id, consent.Purpose.FOLLOW_UP, True, now, "test", "sms")
        row = session.exec(select(tables.FollowUp)).one()
        row.channel, key = "sms", row.idempotency_key
    with sms_service() as (service, url):
        with worker(tmp_path, database_url, box.url, "doomed", fault_point=point, sms_url=url) as (
            process,
            _,
        ):
            assert process.wait(30) == -signal.SIGKILL
        with worker(tmp_path, database_url, box.url, sms_url=url) as (_, log):
            wait_until(lambda: states(engine) == {"uncertain": 1}, 30, "the rescue", log)
    assert len(service.sent) == copies
    assert answered(engine) == ["send", "uncertain"]
    assert_nothing_lost_or_doubled(engine, 1, Counter({key.replace(":", "."): copies}))


def test_a_worker_stopped_past_its_lease_has_its_late_word_refused(engine, database_url, box, tmp_path):
    plan(engine, 1)
    box.seconds = 30
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
    assert errors_in(log, others_log) == []


def test_at_sigterm_running_sends_end_the_rest_go_back_and_the_exit_is_zero(
    engine, database_url, box, tmp_path
):
    plan(engine, 200)
    box.seconds = 0.7
    with worker(tmp_path, database_url, box.url, lease_seconds=60) as (process, log):
        wait_until(lambda: states(engine).get("sending"), 30, "the start of the sending", log)
        told_at = time.monotonic()
        assert end(process, signal.SIGTERM) == 0
        assert time.monotonic() - told_at < 20  # what runs may end, but nothing new begins
    found = states(engine)
    assert set(found) == {"sent", "pending"}
    assert 0 < found["sent"] == len(box.mails) < 200
    assert answered(engine).count("send") == found["sent"]  # no attempt was begun and given up
    assert errors_in(log) == []
    assert_nothing_lost_or_doubled(engine, 200, box.taken, pending=found["pending"])


def test_a_sigterm_while_nothing_is_due_ends_at_once_with_zero(engine, database_url, box, tmp_path):
    with worker(tmp_path, database_url, box.url) as (process, log):
        wait_until_at_work(log)
        assert end(process, signal.SIGTERM) == 0
    assert_nothing_lost_or_doubled(engine, 0, box.taken)


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


def test_a_consent_withdrawn_while_a_worker_holds_the_row_still_stops_it(engine, database_url, box, tmp_path):
    plan(engine, 24)
    box.seconds = 30
    with worker(tmp_path, database_url, box.url, lease_seconds=60) as (_, log):
        wait_until(lambda: states(engine).get("sending"), 30, "the start of the sending", log)
        with unit_of_work(engine) as session:
            held = tables.FollowUp.status.in_(("leased", "pending"))
            row = session.exec(
                select(tables.FollowUp).where(held).order_by(tables.FollowUp.id.desc())
            ).first()
            now = outbox.database_now(session)
            consent.record(session, row.customer_id, consent.Purpose.FOLLOW_UP, False, now, "test", "email")
        box.seconds = 0
        wait_until(lambda: states(engine) == {"sent": 23, "cancelled": 1}, 30, "the end of all", log)
    assert status_of(engine, row.id) == "cancelled"
    assert_nothing_lost_or_doubled(engine, 24, box.taken)


def status_of(engine, row_id):
    with unit_of_work(engine) as session:
        return session.get_one(tables.FollowUp, row_id).status


def let_its_back_off_pass(engine, row_id):
    """Due now, where it waits for its next try: a back-off of hours, without the hours."""
    with unit_of_work(engine) as session:
        row = session.get_one(tables.FollowUp, row_id, with_for_update=True)
        if row.status == "pending":
            row.due_at = outbox.database_now(session)
        return row.status == "dead"


def test_a_row_that_no_attempt_can_write_is_dead_and_those_behind_it_are_sent(
    engine, database_url, box, tmp_path
):
    plan(engine, 30)
    with unit_of_work(engine) as session:
        poison = session.exec(select(tables.FollowUp).order_by(tables.FollowUp.id)).first()
        poison.rule, row_id = "no_such_template", poison.id
        poison.due_at -= timedelta(hours=1)  # the first in the queue
    with worker(tmp_path, database_url, box.url) as (process, log):
        wait_until(lambda: states(engine).get("sent") == 29, 30, "the sending of those behind it", log)
        assert status_of(engine, row_id) != "dead"  # its own back-off held nobody up
        wait_until(lambda: let_its_back_off_pass(engine, row_id), 30, "the end of its attempts", log)
        assert process.poll() is None
    with unit_of_work(engine) as session:
        ends = [one.answer for one in outbox.answers(session, row_id) if one.answer != "send"]
    assert ends == ["retry"] * (MAX_FAULTS - 1) + ["dead"]
    assert_nothing_lost_or_doubled(engine, 30, box.taken)


def test_a_row_that_ended_its_worker_each_time_is_dead_and_those_behind_it_are_sent(
    engine, database_url, box, tmp_path
):
    plan(engine, 10)
    with unit_of_work(engine) as session:
        poison, *behind = session.exec(select(tables.FollowUp).order_by(tables.FollowUp.id))
        poison.faults, row_id = MAX_UNKNOWN - 1, poison.id
        for row in behind:  # not before the poison has done its work
            row.due_at += timedelta(hours=1)
    with worker(tmp_path, database_url, box.url, "doomed", fault_point="before_provider") as (process, _):
        assert process.wait(30) == -signal.SIGKILL
    with unit_of_work(engine) as session:
        for row in session.exec(select(tables.FollowUp).where(tables.FollowUp.status == "pending")):
            row.due_at = outbox.database_now(session)
    with worker(tmp_path, database_url, box.url) as (_, log):
        wait_until(lambda: states(engine) == {"sent": 9, "dead": 1}, 30, "the sending of the others", log)
    assert status_of(engine, row_id) == "dead"
    assert_nothing_lost_or_doubled(engine, 10, box.taken)
