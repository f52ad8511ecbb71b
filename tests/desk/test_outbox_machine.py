"""A state machine drives the outbox against a simple model, on both databases."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete, update
from sqlmodel import col, select

from db import tables
from db.session import read_only, unit_of_work
from desk import outbox
from desk.policy import Policy

POLICY = replace(Policy(), max_attempts=2)
AN_HOUR = timedelta(hours=1)
OWNERS = st.sampled_from(["w1", "w2"])
ENDS = st.sampled_from(["sent", "failed", "uncertain", "dead"])


@dataclass
class Expected:
    """What the model believes of one row."""

    channel: str
    due: bool
    status: str = "pending"
    owner: str | None = None
    lease_over: bool = False
    too_late: bool = False
    attempts: int = 0


class OutboxMachine(RuleBasedStateMachine):
    """`engine` is set by the test. Time passes by moving the rows' own times into the past."""

    engine = None
    keys = Bundle("keys")

    def __init__(self):
        super().__init__()
        self.model = {}
        with unit_of_work(self.engine) as session:
            session.execute(delete(tables.FollowUp))
            session.execute(delete(tables.Customer))
            who = tables.Customer(customer_key="ana", email="ana@example.com")
            session.add(who)
            session.flush()
            self.customer_id = who.id

    @rule(
        target=keys,
        key=st.sampled_from("abcdef"),
        channel=st.sampled_from(["email", "sms"]),
        due=st.booleans(),
    )
    def plan(self, key, channel, due):
        with unit_of_work(self.engine) as session:
            now = outbox.database_now(session)
            row = tables.FollowUp(
                idempotency_key=key, customer_id=self.customer_id, rule="check_back", channel=channel, details={},
                planned_at=now, due_at=now - AN_HOUR if due else now + AN_HOUR, not_after=now + 24 * AN_HOUR,
            )  # fmt: skip
            assert outbox.plan(session, row) is (key not in self.model)
        self.model.setdefault(key, Expected(channel, due))
        return key

    @rule(owner=OWNERS, limit=st.integers(1, 3))
    def claim(self, owner, limit):
        ready = {k for k, e in self.model.items() if e.status == "pending" and e.due and not e.too_late}
        with unit_of_work(self.engine) as session:
            claimed = {row.idempotency_key for row in outbox.claim_due(session, owner, POLICY, limit)}
        assert claimed <= ready
        assert len(claimed) == min(limit, len(ready))
        for key in claimed:
            self.model[key].status, self.model[key].owner, self.model[key].lease_over = "leased", owner, False

    @rule(key=keys, owner=OWNERS)
    def start(self, key, owner):
        it = self.model[key]
        may = it.status == "leased" and it.owner == owner and not it.lease_over and not it.too_late
        with unit_of_work(self.engine) as session:
            assert outbox.start_sending(session, self.id_of(session, key), owner, POLICY) is may
        if may:
            it.status, it.attempts = "sending", it.attempts + 1

    @rule(key=keys, owner=OWNERS, end=ENDS)
    def finish(self, key, owner, end):
        it = self.model[key]
        with unit_of_work(self.engine) as session:
            assert outbox.finish(session, self.id_of(session, key), owner, end, "as told") is self.holds(
                it, owner
            )
        if self.holds(it, owner):
            it.status, it.owner = end, None

    @rule(key=keys, owner=OWNERS)
    def put_back(self, key, owner):
        it = self.model[key]
        with unit_of_work(self.engine) as session:
            later = outbox.database_now(session) + AN_HOUR
            row_id = self.id_of(session, key)
            assert outbox.put_back(session, row_id, owner, later, "later") is self.holds(it, owner)
        if self.holds(it, owner):
            it.status, it.owner, it.due = "pending", None, False

    @rule(key=keys)
    def an_hour_passes_for(self, key):
        self.set(key, due_at=self.long_ago())
        self.model[key].due = True

    @rule(key=keys)
    def a_lease_ends(self, key):
        if self.model[key].owner is not None:
            self.set(key, lease_until=self.long_ago())
            self.model[key].lease_over = True

    @rule(key=keys)
    def it_becomes_too_late_for(self, key):
        self.set(key, not_after=self.long_ago())
        self.model[key].too_late = True

    @rule()
    def rescue(self):
        ended = [e for e in self.model.values() if e.owner is not None and e.lease_over]
        with unit_of_work(self.engine) as session:
            assert outbox.rescue_leases(session, POLICY) == len(ended)
        for it in ended:
            if it.status == "sending" and it.channel == "sms":
                it.status = "uncertain"
            elif it.status == "sending" and it.attempts >= POLICY.max_attempts:
                it.status = "dead"
            else:
                it.status = "pending"
            it.owner = None

    @rule()
    def expire(self):
        late = [e for e in self.model.values() if e.status == "pending" and e.too_late]
        with unit_of_work(self.engine) as session:
            assert outbox.expire(session) == len(late)
        for it in late:
            it.status = "expired"

    @rule(channel=st.sampled_from(["email", "sms", None]))
    def cancel_open(self, channel):
        waiting = [e for e in self.model.values() if e.status == "pending" and channel in (None, e.channel)]
        with unit_of_work(self.engine) as session:
            assert outbox.cancel_open(session, self.customer_id, "unsubscribed", channel) == len(waiting)
        for it in waiting:
            it.status = "cancelled"

    @rule(owner=OWNERS)
    def release(self, owner):
        held = [e for e in self.model.values() if e.status == "leased" and e.owner == owner]
        with unit_of_work(self.engine) as session:
            assert outbox.release(session, owner) == len(held)
        for it in held:
            it.status, it.owner = "pending", None

    @rule(key=keys)
    def redrive(self, key):
        it = self.model[key]
        may = it.status in outbox.REDRIVEN and not it.too_late
        with unit_of_work(self.engine) as session:
            assert outbox.redrive(session, [self.id_of(session, key)], "by hand") == may
        if may:
            it.status, it.attempts, it.due = "pending", 0, True

    @invariant()
    def every_row_is_as_the_model_says(self):
        with read_only(self.engine) as session:
            rows = {row.idempotency_key: row for row in session.exec(select(tables.FollowUp))}
        believed = {key: (it.status, it.owner, it.attempts) for key, it in self.model.items()}
        assert {key: (row.status, row.lease_owner, row.attempts) for key, row in rows.items()} == believed

    def holds(self, it, owner):
        return it.owner == owner and it.status in ("leased", "sending")

    def id_of(self, session, key):
        return session.exec(select(tables.FollowUp.id).where(tables.FollowUp.idempotency_key == key)).one()

    def set(self, key, **values):
        with unit_of_work(self.engine) as session:
            session.execute(
                update(tables.FollowUp).where(col(tables.FollowUp.idempotency_key) == key).values(values)
            )

    def long_ago(self):
        with read_only(self.engine) as session:
            return outbox.database_now(session) - AN_HOUR


@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
def test_the_outbox_does_what_the_model_says(engine):
    machine = type("Machine", (OutboxMachine,), {"engine": engine})
    limits = settings(
        max_examples=12, stateful_step_count=30, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(machine, settings=limits)
