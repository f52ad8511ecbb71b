from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from db import tables
from db.session import unit_of_work
from desk import outbox
from desk.policy import Policy
from tests.desk.people import customer

POLICY = Policy()
LEASES_END_AT_ONCE = replace(POLICY, lease=timedelta(seconds=-1))


def plan(session, key="k1", due_in=-60, channel="email", who=None):
    now = outbox.database_now(session)
    who = who or session.exec(select(tables.Customer)).first() or customer(session)
    row = tables.FollowUp(
        idempotency_key=key, customer_id=who.id, rule="check_back", channel=channel, details={}, planned_at=now,
        due_at=now + timedelta(seconds=due_in), not_after=now + timedelta(days=1),
    )  # fmt: skip
    return outbox.plan(session, row)


def only_row(engine):
    with unit_of_work(engine) as session:
        return session.exec(select(tables.FollowUp)).one()


@pytest.fixture
def planned(engine):
    with unit_of_work(engine) as session:
        assert plan(session)
    return engine


def claim(engine, owner="w1", policy=POLICY):
    with unit_of_work(engine) as session:
        return outbox.claim_due(session, owner, policy)


def test_the_same_key_planned_twice_is_one_row(planned):
    with unit_of_work(planned) as session:
        assert not plan(session)
    only_row(planned)


def test_a_rolled_back_plan_leaves_no_row(engine):
    with pytest.raises(RuntimeError), unit_of_work(engine) as session:
        plan(session)
        raise RuntimeError
    with unit_of_work(engine) as session:
        assert session.exec(select(tables.FollowUp)).all() == []


def test_what_is_not_due_is_not_claimed(engine):
    with unit_of_work(engine) as session:
        plan(session, due_in=60)
    assert claim(engine) == []


def test_many_workers_claim_every_row_exactly_once(engine):
    with unit_of_work(engine) as session:
        for number in range(200):
            plan(session, f"k{number}")

    def work(number):
        mine = []
        while claimed := claim(engine, f"w{number}"):
            mine += [row.idempotency_key for row in claimed]
        return mine

    with ThreadPoolExecutor(4) as pool:
        keys = [key for mine in pool.map(work, range(4)) for key in mine]
    assert sorted(keys) == sorted(f"k{number}" for number in range(200))


def test_a_sent_row_keeps_when_and_under_which_id(planned):
    (row,) = claim(planned)
    with unit_of_work(planned) as session:
        assert outbox.start_sending(session, {row.id: "may go"}, "w1", POLICY, outbox.database_now(session))
        assert outbox.finish(
            session, "w1", [outbox.End(row.id, "sent", "250 ok", "<k1@shop>")], outbox.database_now(session)
        )
    done = only_row(planned)
    assert (done.status, done.attempts, done.provider_id) == ("sent", 1, "<k1@shop>")
    assert done.sent_at is not None


def test_a_stalled_workers_late_word_is_refused(planned):
    (row,) = claim(planned, "slow", LEASES_END_AT_ONCE)
    with unit_of_work(planned) as session:
        assert outbox.rescue_leases(session, POLICY) == 1
    (again,) = claim(planned, "quick")
    with unit_of_work(planned) as session:
        assert not outbox.start_sending(
            session, {row.id: "may go"}, "slow", POLICY, outbox.database_now(session)
        )
        assert not outbox.finish(
            session, "slow", [outbox.End(row.id, "sent", "late word")], outbox.database_now(session)
        )
        assert outbox.start_sending(
            session, {again.id: "may go"}, "quick", POLICY, outbox.database_now(session)
        )


def test_a_lease_that_ended_cannot_begin_to_send(planned):
    (row,) = claim(planned, policy=LEASES_END_AT_ONCE)
    with unit_of_work(planned) as session:
        assert not outbox.start_sending(
            session, {row.id: "may go"}, "w1", POLICY, outbox.database_now(session)
        )


@pytest.mark.parametrize(("channel", "status"), [("email", "pending"), ("sms", "uncertain")])
def test_a_worker_that_died_while_sending_leaves_it_to_policy(engine, channel, status):
    with unit_of_work(engine) as session:
        plan(session, channel=channel)
    (row,) = claim(engine)
    with unit_of_work(engine) as session:
        outbox.start_sending(session, {row.id: "may go"}, "w1", POLICY, outbox.database_now(session))
        sent = session.get_one(tables.FollowUp, row.id)
        sent.lease_until = outbox.database_now(session) - timedelta(seconds=1)
    with unit_of_work(engine) as session:
        assert outbox.rescue_leases(session, POLICY) == 1
    assert only_row(engine).status == status


def test_what_comes_too_late_expires_with_a_reason(planned):
    with unit_of_work(planned) as session:
        session.exec(select(tables.FollowUp)).one().not_after = outbox.database_now(session) - timedelta(
            hours=1
        )
    with unit_of_work(planned) as session:
        assert outbox.expire(session) == 1
    assert only_row(planned).status_reason == "its last useful moment had passed"


def test_a_worker_that_ends_gives_back_what_it_had_not_begun(planned):
    claim(planned)
    with unit_of_work(planned) as session:
        assert outbox.release(session, "w1") == 1
    assert only_row(planned).status == "pending"


def test_cancelling_touches_this_customers_pending_rows_of_the_channel_only(engine):
    with unit_of_work(engine) as session:
        ana, bo = customer(session), customer(session, "bo")
        plan(session, "a", who=ana)
        plan(session, "b", who=bo)
        plan(session, "c", channel="sms", who=ana)
        assert outbox.cancel_open(session, ana.id, "unsubscribed", "email") == 1
        status = {row.idempotency_key: row.status for row in session.exec(select(tables.FollowUp))}
    assert status == {"a": "cancelled", "b": "pending", "c": "pending"}


def test_retries_wait_longer_each_time_up_to_six_hours_and_are_spread():
    waits = [outbox.retry_delay(attempts, POLICY, 0.5) for attempts in range(1, 40)]
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(hours=6)
    assert outbox.retry_delay(3, POLICY, 0.0) < outbox.retry_delay(3, POLICY, 0.9)


def test_a_row_past_its_last_useful_moment_is_not_claimed(planned):
    with unit_of_work(planned) as session:
        row = session.exec(select(tables.FollowUp)).one()
        row.not_after = outbox.database_now(session) - timedelta(seconds=1)
    assert claim(planned) == []


def test_sending_begins_with_a_whole_lease(planned):
    (row,) = claim(planned, policy=replace(POLICY, lease=timedelta(seconds=5)))
    with unit_of_work(planned) as session:
        outbox.start_sending(session, {row.id: "may go"}, "w1", POLICY, outbox.database_now(session))
        left = session.get_one(tables.FollowUp, row.id).lease_until - outbox.database_now(session)
    assert left > timedelta(seconds=100)
