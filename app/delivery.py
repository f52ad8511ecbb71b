"""Delivering what is due: claim, ask the send gate, commit to the attempts, send, write what became of them.

A worker has `HANDS` sends going at a time. Rows whose sends end together are written together, and as many new ones
are begun in one transaction as hands are free; so under load a transaction carries several rows, and still a crash
leaves at most one row for each hand with an unknown outcome.
"""

import logging
import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from threading import Event

from sqlalchemy import Engine
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlmodel import Session
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_random_exponential

from app.attempt import RETRY, Outcome, attempt, poisoned
from app.channels import Channel
from app.faults import AFTER_CLAIM, reach
from app.settings import Settings
from db import tables
from db.session import unit_of_work
from desk import feedback, outbox
from desk.follow_ups import circumstances
from desk.policy import Policy
from desk.rules import Rules, load_rules
from desk.send_gate import Answer, Circumstances, GateDecision, may_send

log = logging.getLogger(__name__)

HANDS = 8  # sends at once in one worker: a slow provider costs waiting, not work
NO_NEW_SENDS_AFTER_SECONDS = 15.0  # a tick ends, so that its health shows, however long the queue
PATIENCE_WITH_DATABASE_SECONDS = 30.0
DATABASE_AWAY = (OperationalError, InterfaceError, InternalError)  # the last: it ended our idle transaction

Sends = dict[Future[Outcome], tables.FollowUp]
Ends = Sequence[tuple[tables.FollowUp, Outcome]]


@dataclass(frozen=True, slots=True)
class Courier:
    """One worker's hands: its name in the leases, and the channels it sends on. `stopping` ends it gracefully."""

    engine: Engine
    settings: Settings
    owner: str
    channels: Mapping[str, Channel]
    stopping: Event = field(default_factory=Event)
    batch: int = 20

    @property
    def policy(self) -> Policy:
        return self.settings.policy

    @property
    def rules(self) -> Rules:
        return load_rules(self.settings.rules)

    def deliver_due(self) -> int:
        """Handle due follow-ups until none is left or it is time to end; returns how many were handled.

        One that fails does not stop the others. Raises what the database raises when it is away.
        """
        self.release()  # what an outage left leased to us
        sends: Sends = {}
        try:
            with ThreadPoolExecutor(HANDS) as hands:
                return self._deliver(hands, sends, time.monotonic() + NO_NEW_SENDS_AFTER_SECONDS)
        finally:
            for channel in self.channels.values():
                channel.rest()
            self._write_ended(sends, sends.keys())  # whatever went wrong: what a provider said is written

    def release(self) -> None:
        """Give back what was claimed and not begun."""
        with unit_of_work(self.engine) as session:
            outbox.release(session, self.owner)

    def _deliver(self, hands: ThreadPoolExecutor, sends: Sends, until: float) -> int:
        claimed: deque[tables.FollowUp] = deque()
        handled = 0
        while True:
            rows = self._next(claimed, sends, until)
            handled += len(rows)
            for row, customer in self._begin(rows):
                sends[hands.submit(attempt, self.settings, self.channels[row.channel], row, customer)] = row
            if sends:
                self._write_ended(sends, wait(sends, return_when=FIRST_COMPLETED).done)
            elif not rows:
                return handled

    def _next(self, claimed: deque[tables.FollowUp], sends: Sends, until: float) -> list[tables.FollowUp]:
        """What to begin with now: as many rows as hands are free, and none when it is time to end.

        A row that was at fault before goes alone: should it end this worker, it takes no other with it.
        """
        if self.stopping.is_set() or time.monotonic() > until or any(row.faults for row in sends.values()):
            return []
        if not claimed:
            claimed.extend(self._claim())
        if claimed and claimed[0].faults:
            return [] if sends else [claimed.popleft()]
        free = HANDS - len(sends)
        return list(islice(_popped(claimed), free))

    def _claim(self) -> list[tables.FollowUp]:
        with unit_of_work(self.engine) as session:
            claimed = outbox.claim_due(session, self.owner, self.policy, self.batch)
        if claimed:
            reach(self.settings, AFTER_CLAIM)
        return claimed

    def _begin(self, rows: Sequence[tables.FollowUp]) -> list[tuple[tables.FollowUp, tables.Customer]]:
        """Ask the gate; what may go is `sending` afterwards, in one transaction, and is returned with its customer."""
        if not rows:
            return []
        try:
            with unit_of_work(self.engine) as session:
                return self._asked(session, rows)
        except DATABASE_AWAY:
            raise  # the outage is no row's fault
        except Exception:  # per-item guard: the row at fault is counted as an attempt and the queue moves on
            if len(rows) > 1:
                return [begun for row in rows for begun in self._begin([row])]
            log.exception("follow-up %s failed", rows[0].id)
            reason = "could not be prepared; the log says why"
            self._write([(rows[0], poisoned(rows[0], self.policy, reason))])
            return []

    def _asked(
        self, session: Session, rows: Sequence[tables.FollowUp]
    ) -> list[tuple[tables.FollowUp, tables.Customer]]:
        now = outbox.database_now(session)
        facts = circumstances(session, rows, self.policy, now, self.rules)
        answers = {row.id: self._ask(row, true_now) for row, (true_now, _) in zip(rows, facts, strict=True)}
        reasons = {row_id: asked.reason for row_id, asked in answers.items() if asked.answer is Answer.SEND}
        begun = outbox.start_sending(session, reasons, self.owner, self.policy, now)
        for row in rows:
            if row.id not in reasons:
                self._withhold(session, row, answers[row.id], now)
        return [
            (row, customer)
            for row, (_, customer) in zip(rows, facts, strict=True)
            if row.id in begun and customer is not None
        ]

    def _ask(self, row: tables.FollowUp, true_now: Circumstances) -> GateDecision:
        if row.channel not in self.channels:
            reason = f"no channel {row.channel} is set up; there is {', '.join(sorted(self.channels))}"
            return GateDecision(Answer.NEVER, reason, status="failed")
        return may_send(true_now, self.policy, self.rules.limits)

    def _withhold(self, session: Session, row: tables.FollowUp, asked: GateDecision, now: datetime) -> None:
        if asked.until is None:
            outbox.finish(session, self.owner, [outbox.End(row.id, asked.status, asked.reason)], now)
        elif asked.until > row.not_after:
            too_late = f"{asked.reason}, and later would be too late"
            outbox.finish(session, self.owner, [outbox.End(row.id, "expired", too_late)], now)
        else:
            outbox.put_back(session, row.id, self.owner, asked.until, asked.reason, now)

    def _write_ended(self, sends: Sends, ended: Iterable[Future[Outcome]]) -> None:
        self._write([(sends.pop(send), send.result()) for send in list(ended)])

    def _write(self, ends: Ends) -> None:
        """Write what became of the rows, in one transaction; a row that cannot be written does not stop the others."""
        if not ends:
            return
        try:
            held = _patiently(self.engine, lambda session: self._written(session, ends))
        except DATABASE_AWAY:
            raise
        except Exception:  # per-item guard: its lease ends by itself
            if len(ends) == 1:
                log.exception("follow-up %s: its end could not be written", ends[0][0].id)
                return
            for end in ends:
                self._write([end])
        else:
            for row, outcome in ends:
                if row.id not in held:
                    log.warning("follow-up %s is no longer ours; %s was not written", row.id, outcome.end)

    def _written(self, session: Session, ends: Ends) -> set[int]:
        now = outbox.database_now(session)
        final = [
            outbox.End(row.id, outcome.end, outcome.reason, outcome.provider_id)
            for row, outcome in ends
            if outcome.end != RETRY
        ]
        held = outbox.finish(session, self.owner, final, now)
        for row, outcome in ends:
            if outcome.end == RETRY and self._put_back(session, row, outcome, now):
                held.add(row.id)
            if outcome.address_refused and row.id in held:
                _mark_bounced(session, row, outcome.reason, now)
        return held

    def _put_back(self, session: Session, row: tables.FollowUp, outcome: Outcome, now: datetime) -> bool:
        """Later, with growing distance; a passing failure ends only with the row's last useful moment."""
        delay = outbox.retry_delay(max(row.attempts, row.faults), self.policy, random.random())
        due_at = now + max(delay, timedelta(seconds=1))
        if due_at > row.not_after:
            too_late = f"{outcome.reason}; a later try would be too late"
            return bool(outbox.finish(session, self.owner, [outbox.End(row.id, "expired", too_late)], now))
        return outbox.put_back(
            session, row.id, self.owner, due_at, outcome.reason, now,
            answer=outcome.answer, fault=outcome.fault,
        )  # fmt: skip


def _popped(claimed: deque[tables.FollowUp]) -> Iterator[tables.FollowUp]:
    while claimed and not claimed[0].faults:
        yield claimed.popleft()


@retry(
    retry=retry_if_exception_type(DATABASE_AWAY),
    wait=wait_random_exponential(multiplier=0.2, max=3),
    stop=stop_after_delay(PATIENCE_WITH_DATABASE_SECONDS),
    before_sleep=lambda _state: log.warning("the database did not answer; an end is kept until it does"),
    reraise=True,
)
def _patiently(engine: Engine, write: Callable[[Session], set[int]]) -> set[int]:
    """What the provider said is worth waiting for a database that restarts: without it the outcome is unknown."""
    with unit_of_work(engine) as session:
        return write(session)


def _mark_bounced(session: Session, row: tables.FollowUp, reason: str, now: datetime) -> None:
    session.get_one(tables.Customer, row.customer_id).email_refused = reason
    feedback.record(session, row.customer_id, feedback.Feedback.BOUNCED, now, str(row.id))
