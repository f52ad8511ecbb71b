"""A state machine drives the outbox against a simple model, on both databases.

The model's clock counts minutes. It moves in whole hours while every planned moment lies at a half hour, so the seconds
that a slow machine takes never decide. Time passes by moving all rows' own times into the past.
"""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete
from sqlmodel import select

from db import tables
from db.session import read_only, unit_of_work
from desk import outbox
from desk.policy import Policy

LEASE = 90
POLICY = replace(Policy(), max_unknown=2, lease=timedelta(minutes=LEASE))
OWNERS = st.sampled_from(["w1", "w2"])
CUSTOMERS = st.sampled_from(["ana", "bo"])
CHANNELS = st.sampled_from(["email", "sms"])
ENDED = ("sent", "failed", "uncertain", "dead", "cancelled", "expired")
ENDS = st.sampled_from(["sent", "failed", "uncertain", "dead"])
ROWS = st.tuples(
    CUSTOMERS, CHANNELS, st.sampled_from([-30, -30, 30, 150]), st.sampled_from([300, 1440, 1440])
)


@dataclass
class Expected:
    """What the model believes of one row; its times are minutes of the model's clock."""

    customer: str
    channel: str
    due: int
    not_after: int
    status: str = "pending"
    owner: str | None = None
    lease_until: int | None = None
    attempts: int = 0
    faults: int = 0
    history: list[str] = field(default_factory=list)

    @property
    def held(self):
        return self.status in ("leased", "sending")

    def ready(self, clock):
        return self.status == "pending" and self.due <= clock < self.not_after

    def becomes(self, status, *answer):
        """Out of a worker's hands, with what is kept about it."""
        self.status, self.owner, self.lease_until = status, None, None
        self.history += answer


class OutboxMachine(RuleBasedStateMachine):
    """`engine` is set by the test. Most steps are ones that a worker would take; `a_word_of_anybody` is the others."""

    engine = None
    reached: ClassVar[set[str]] = set()

    @initialize(rows=st.lists(ROWS, min_size=6, max_size=6))
    def begin(self, rows):
        self.model, self.clock = {}, 0
        with unit_of_work(self.engine) as session:
            for table in (tables.GateAnswer, tables.FollowUp, tables.Customer):
                session.execute(delete(table))
            both = {name: tables.Customer(customer_key=name) for name in ("ana", "bo")}
            session.add_all(both.values())
            session.flush()
            self.customer_ids = {name: who.id for name, who in both.items()}
        for key, row in zip("abcdef", rows, strict=False):
            self.plan(key, row)

    @precondition(lambda self: len(self.model) < 9)
    @rule(key=st.sampled_from("abcdefghi"), row=ROWS)
    def plan(self, key, row):
        customer, channel, due_in, useful_for = row
        new = Expected(customer, channel, self.clock + due_in, self.clock + due_in + useful_for)
        with unit_of_work(self.engine) as session:
            assert outbox.plan(session, self.row(session, key, new)) is (key not in self.model)
        self.model.setdefault(key, new)

    @precondition(lambda self: self.clock == 120)
    @rule(owner=OWNERS)
    def a_transaction_rolls_back(self, owner):
        """Neither the row it planned nor the leases it took are there afterwards: the invariant looks."""
        never = Expected("ana", "email", self.clock, self.clock + 120)
        with pytest.raises(RuntimeError), unit_of_work(self.engine) as session:
            outbox.plan(session, self.row(session, "never", never))
            outbox.claim_due(session, owner, POLICY, 2)
            raise RuntimeError

    @rule(hours=st.sampled_from([1, 1, 1, 2, 2, 2, 5]))
    def time_passes(self, hours):
        self.clock += hours * 60
        with unit_of_work(self.engine) as session:
            for row in session.exec(select(tables.FollowUp)):
                for name in ("due_at", "not_after", "lease_until"):
                    if (moment := getattr(row, name)) is not None:
                        setattr(row, name, moment - timedelta(hours=hours))

    @precondition(lambda self: self.some(lambda it: it.status == "pending"))
    @rule(owner=OWNERS, limit=st.integers(1, 3))
    def claim(self, owner, limit):
        ready = {key for key, it in self.model.items() if it.ready(self.clock)}
        with unit_of_work(self.engine) as session:
            claimed = [row.idempotency_key for row in outbox.claim_due(session, owner, POLICY, limit)]
        assert set(claimed) <= ready
        assert len(claimed) == len(set(claimed)) == min(limit, len(ready))
        dues = [self.model[key].due for key in claimed]
        assert dues == sorted(self.model[key].due for key in ready)[:limit]  # the oldest, in order
        for it in map(self.model.get, claimed):
            it.status, it.owner, it.lease_until = "leased", owner, self.clock + LEASE

    @precondition(lambda self: self.some(lambda it: it.status == "leased"))
    @rule(data=st.data())
    def start(self, data):
        key = self.one(data, lambda it: it.status == "leased")
        self.word("start", key, self.model[key].owner, "sent")

    @precondition(lambda self: self.some(lambda it: it.status == "sending"))
    @rule(data=st.data(), end=ENDS)
    def finish(self, data, end):
        key = self.one(data, lambda it: it.status == "sending")
        self.word("finish", key, self.model[key].owner, end)

    @precondition(lambda self: self.some(lambda it: it.held))
    @rule(data=st.data(), counts=st.booleans())
    def put_back(self, data, counts):
        key = self.one(data, lambda it: it.held)
        self.word("put_back", key, self.model[key].owner, "pending", counts)

    @rule(data=st.data(), owner=OWNERS, what=st.sampled_from(["start", "finish", "put_back"]), end=ENDS)
    def a_word_of_anybody(self, data, owner, what, end):
        self.word(what, self.one(data), owner, end)

    def word(self, what, key, owner, end, counts=False):
        """A worker's word about a row, which counts only while the row is in its hands."""
        it = self.model[key]
        may = it.held and it.owner == owner
        with unit_of_work(self.engine) as session:
            row_id, now = self.id_of(session, key), outbox.database_now(session)
            later = now + timedelta(minutes=150)
            if what == "start":
                may = may and it.status == "leased" and self.clock < min(it.lease_until, it.not_after)
                done = outbox.start_sending(session, {row_id: "may go"}, owner, POLICY, now) == {row_id}
            elif what == "finish":
                done = outbox.finish(session, owner, [self.end(row_id, key, end)], now) == {row_id}
            else:
                done = outbox.put_back(
                    session, row_id, owner, later, "not now", now, answer="retry", fault=counts
                )
        assert done is may
        if may and what == "start":
            it.status, it.attempts, it.lease_until = "sending", it.attempts + 1, self.clock + LEASE
            it.history.append("send")
        elif may and what == "finish":
            it.becomes(end, end)
        elif may:
            it.becomes("pending", "retry")
            it.due, it.faults = self.clock + 150, it.faults + counts

    @precondition(lambda self: self.some(lambda it: it.status == "leased"))
    @rule(owner=OWNERS, end=ENDS)
    def a_group_goes_together(self, owner, end):
        """All that a worker holds is begun in one transaction and ended in another."""
        held = {key: it for key, it in self.model.items() if it.held and it.owner == owner}
        may = {
            key for key, it in held.items()
            if it.status == "leased" and self.clock < min(it.lease_until, it.not_after)
        }  # fmt: skip
        with unit_of_work(self.engine) as session:
            ids, now = {self.id_of(session, key): key for key in held}, outbox.database_now(session)
            begun = outbox.start_sending(session, dict.fromkeys(ids, "may go"), owner, POLICY, now)
        with unit_of_work(self.engine) as session:
            ended = outbox.finish(
                session, owner, [self.end(row_id, ids[row_id], end) for row_id in begun], now
            )
        assert {ids[row_id] for row_id in begun} == {ids[row_id] for row_id in ended} == may
        for key in may:
            held[key].attempts += 1
            held[key].becomes(end, "send", end)

    @precondition(lambda self: self.some(lambda it: it.held and it.lease_until <= self.clock))
    @rule()
    def rescue(self):
        ended = [it for it in self.model.values() if it.held and it.lease_until <= self.clock]
        with unit_of_work(self.engine) as session:
            assert outbox.rescue_leases(session, POLICY) == len(ended)
        for it in ended:
            if it.status == "leased":
                it.becomes("pending")
                continue
            it.faults += 1
            if it.channel == "sms":
                it.becomes("uncertain", "uncertain")
            elif it.faults >= POLICY.max_unknown:
                it.becomes("dead", "dead")
            else:
                it.becomes("pending", "uncertain")

    @precondition(lambda self: self.some(lambda it: it.not_after <= self.clock))
    @rule()
    def expire(self):
        late = [it for it in self.model.values() if it.status == "pending" and it.not_after <= self.clock]
        with unit_of_work(self.engine) as session:
            assert outbox.expire(session) == len(late)
        for it in late:
            it.becomes("expired", "expired")

    @precondition(lambda self: self.many_wait())
    @rule(data=st.data())
    def cancel(self, data):
        it = self.model[key := self.one(data)]
        may = it.status == "pending"
        with unit_of_work(self.engine) as session:
            assert outbox.cancel(session, self.id_of(session, key), "by hand") is may
        if may:
            it.becomes("cancelled", "cancelled")

    @precondition(lambda self: self.many_wait())
    @rule(customer=CUSTOMERS, channel=CHANNELS | st.none())
    def cancel_open(self, customer, channel):
        waiting = [
            it for it in self.model.values()
            if it.status == "pending" and it.customer == customer and channel in (None, it.channel)
        ]  # fmt: skip
        with unit_of_work(self.engine) as session:
            who = self.customer_ids[customer]
            assert outbox.cancel_open(session, who, "unsubscribed", channel) == len(waiting)
        for it in waiting:
            it.becomes("cancelled", "cancelled")

    @precondition(lambda self: self.some(lambda it: it.status == "sending"))
    @rule(owner=OWNERS)
    def release(self, owner):
        held = [it for it in self.model.values() if it.status == "leased" and it.owner == owner]
        with unit_of_work(self.engine) as session:
            assert outbox.release(session, owner) == len(held)
        for it in held:
            it.becomes("pending")

    @precondition(lambda self: self.some(lambda it: it.status in outbox.REDRIVEN))
    @rule(data=st.data())
    def redrive(self, data):
        chosen = {self.one(data, lambda it: it.status in outbox.REDRIVEN), self.one(data)}
        tried = [
            it for it in map(self.model.get, chosen)
            if it.status in outbox.REDRIVEN and self.clock < it.not_after
        ]  # fmt: skip
        with unit_of_work(self.engine) as session:
            ids = [self.id_of(session, key) for key in chosen]
            assert outbox.redrive(session, ids, "by hand") == len(tried)
        for it in tried:
            it.becomes("pending", "redriven")
            it.attempts, it.faults, it.due = 0, 0, self.clock

    @invariant()
    def every_row_is_as_the_model_says(self):
        with read_only(self.engine) as session:
            rows = {row.idempotency_key: row for row in session.exec(select(tables.FollowUp))}
            kept = {key: [one.answer for one in outbox.answers(session, row.id)] for key, row in rows.items()}
            assert sum(outbox.counts(session).values()) == len(self.model)
        believed = {
            key: (it.status, it.owner, it.attempts, it.faults, it.history) for key, it in self.model.items()
        }
        assert {
            key: (row.status, row.lease_owner, row.attempts, row.faults, kept[key])
            for key, row in rows.items()
        } == believed
        for key, row in rows.items():
            type(self).reached.add(row.status)
            assert (row.lease_until is not None) is self.model[key].held
            assert (row.sent_at is not None, row.provider_id) == (
                (True, f"<{key}>") if row.status == "sent" else (False, None)
            )

    def end(self, row_id, key, status):
        return outbox.End(row_id, status, "as told", f"<{key}>" if status == "sent" else None)

    def many_wait(self):
        """Else what ends rows leaves none to work on."""
        return sum(it.status == "pending" for it in self.model.values()) > 4

    def some(self, wanted):
        return any(map(wanted, self.model.values()))

    def one(self, data, wanted=lambda _it: True):
        return data.draw(st.sampled_from([key for key, it in self.model.items() if wanted(it)]))

    def row(self, session, key, new):
        now = outbox.database_now(session)
        due_at, not_after = (
            now + timedelta(minutes=moment - self.clock) for moment in (new.due, new.not_after)
        )
        return tables.FollowUp(
            idempotency_key=key, customer_id=self.customer_ids[new.customer], rule="check_back", channel=new.channel,
            details={}, planned_at=now, due_at=due_at, not_after=not_after,
        )  # fmt: skip

    def id_of(self, session, key):
        return session.exec(select(tables.FollowUp.id).where(tables.FollowUp.idempotency_key == key)).one()


@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
def test_the_outbox_does_what_the_model_says(engine):
    machine = type("Machine", (OutboxMachine,), {"engine": engine, "reached": set()})
    limits = settings(
        max_examples=50, stateful_step_count=40, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(machine, settings=limits)
    assert machine.reached == {"pending", "leased", "sending", *ENDED}
