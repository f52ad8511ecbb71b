"""Delivering what is due: claim, ask the send gate, commit to the attempt, send, write what became of it.

Each row has two transactions of its own: the gate with the start of the attempt, and its end. They could be shared
by a batch and would cost less, but then a crash would leave a whole batch with an unknown outcome; this way it
leaves at most one row for each of a worker's `HANDS`.
"""

import logging
import random
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event

import aiosmtplib
from sqlalchemy import Engine
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlmodel import Session
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_random_exponential

from app.channels import Channel, PermanentFailure, Receipt, TransientFailure, UnknownOutcome
from app.faults import AFTER_CLAIM, AFTER_PROVIDER, BEFORE_PROVIDER, reach
from app.settings import Settings
from db import tables
from db.session import unit_of_work
from desk import feedback, outbox
from desk.follow_ups import circumstances
from desk.policy import Policy
from desk.rules import Rules, load_rules
from desk.send_gate import Answer, GateDecision, may_send

log = logging.getLogger(__name__)

HANDS = 4  # sends at once in one worker: a slow provider costs waiting, not work
NO_NEW_SENDS_AFTER_SECONDS = 15.0  # a tick ends, so that its health shows, however long the queue
PATIENCE_WITH_DATABASE_SECONDS = 30.0
DATABASE_AWAY = (OperationalError, InterfaceError)


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
        """Handle due follow-ups until none is left or it is time to end; returns how many were claimed.

        One that fails does not stop the others. Raises what the database raises when it is away.
        """
        self.release()  # what an outage left leased to us
        until = time.monotonic() + NO_NEW_SENDS_AFTER_SECONDS
        handled = 0
        with ThreadPoolExecutor(HANDS) as hands:
            while claimed := self._claim(until):
                list(hands.map(lambda follow_up: self._handle_guarded(follow_up, until), claimed))
                handled += len(claimed)
        self.release()
        return handled

    def release(self) -> None:
        """Give back what was claimed and not begun."""
        with unit_of_work(self.engine) as session:
            outbox.release(session, self.owner)

    def _claim(self, until: float) -> list[tables.FollowUp]:
        if not self._may_begin(until):
            return []
        with unit_of_work(self.engine) as session:
            claimed = outbox.claim_due(session, self.owner, self.policy, self.batch)
        if claimed:
            reach(self.settings, AFTER_CLAIM)
        return claimed

    def _may_begin(self, until: float) -> bool:
        return not self.stopping.is_set() and time.monotonic() < until

    def _handle_guarded(self, follow_up: tables.FollowUp, until: float) -> None:
        if not self._may_begin(until):
            return  # stays leased, and goes back with the release
        try:
            self._handle(follow_up)
        except DATABASE_AWAY:
            raise  # the outage is not the row's fault
        except Exception:  # per-item guard: a poison row is counted as an attempt and the queue moves on
            log.exception("follow-up %s failed", follow_up.id)
            self._poison(follow_up, "could not be prepared; the log says why", counts_as_attempt=True)

    def _handle(self, follow_up: tables.FollowUp) -> None:
        channel = self.channels.get(follow_up.channel)
        if channel is None:
            reason = f"no channel {follow_up.channel} is set up; there is {', '.join(sorted(self.channels))}"
            self._finish(follow_up, "failed", reason)
            return
        with unit_of_work(self.engine) as session:
            now = outbox.database_now(session)
            true_now = circumstances(session, follow_up, self.policy, now, self.rules)
            asked = may_send(true_now, self.policy, self.rules.limits)
            customer = session.get(tables.Customer, follow_up.customer_id)
            begun = asked.answer is Answer.SEND and outbox.start_sending(
                session, _id(follow_up), self.owner, self.policy, asked.reason
            )
        if begun and customer is not None:
            self._send(channel, follow_up, customer)
        elif asked.answer is not Answer.SEND:
            self._withhold(follow_up, asked)

    def _withhold(self, follow_up: tables.FollowUp, asked: GateDecision) -> None:
        if asked.until is None:
            self._finish(follow_up, asked.status, asked.reason)
        elif asked.until > follow_up.not_after:
            self._finish(follow_up, "expired", f"{asked.reason}, and later would be too late")
        else:
            with unit_of_work(self.engine) as session:
                outbox.put_back(session, _id(follow_up), self.owner, asked.until, asked.reason)

    def _send(self, channel: Channel, follow_up: tables.FollowUp, customer: tables.Customer) -> None:
        reach(self.settings, BEFORE_PROVIDER)
        try:
            receipt = channel.send(follow_up, customer)
        except TransientFailure as failure:
            self._retry(follow_up, str(failure))
        except PermanentFailure as failure:
            self._refused(follow_up, failure)
        except UnknownOutcome as failure:
            self._finish(follow_up, "uncertain", str(failure))
        except Exception:  # per-item guard: nobody knows whether the provider took it
            log.exception("follow-up %s: its channel broke", follow_up.id)
            self._broken(follow_up)
        else:
            reach(self.settings, AFTER_PROVIDER)
            self._sent(follow_up, receipt)

    def _sent(self, follow_up: tables.FollowUp, receipt: Receipt) -> None:
        self._finish(follow_up, "sent", f"taken: {receipt.answer}", receipt.provider_id)

    def _refused(self, follow_up: tables.FollowUp, failure: PermanentFailure) -> None:
        self._finish(follow_up, "failed", str(failure), refused_address=_refuses_address(follow_up, failure))

    def _broken(self, follow_up: tables.FollowUp) -> None:
        reason = "the channel broke while sending; the log says why"
        if follow_up.channel in outbox.RETRIED_WHEN_UNCERTAIN:
            self._poison(follow_up, reason, counts_as_attempt=False)
        else:
            self._finish(follow_up, "uncertain", reason)

    def _poison(self, follow_up: tables.FollowUp, reason: str, *, counts_as_attempt: bool) -> None:
        attempts = follow_up.attempts + 1
        if attempts >= self.policy.max_attempts:
            self._finish(follow_up, "dead", f"given up after {attempts} attempts: {reason}")
        else:
            self._retry(follow_up, reason, counts_as_attempt=counts_as_attempt)

    def _retry(self, follow_up: tables.FollowUp, reason: str, *, counts_as_attempt: bool = False) -> None:
        """Later, with growing distance; a passing failure ends only with the row's last useful moment."""
        delay = outbox.retry_delay(follow_up.attempts, self.policy, random.random())

        def write(session: Session) -> bool:
            due_at = outbox.database_now(session) + max(delay, timedelta(seconds=1))
            row_id = _id(follow_up)
            if due_at > follow_up.not_after:
                too_late = f"{reason}; a later try would be too late"
                return outbox.finish(session, row_id, self.owner, "expired", too_late)
            return outbox.put_back(
                session, row_id, self.owner, due_at, reason,
                answer="retry", counts_as_attempt=counts_as_attempt,
            )  # fmt: skip

        self._write(follow_up, "a later try", write)

    def _finish(
        self,
        follow_up: tables.FollowUp,
        status: str,
        reason: str,
        provider_id: str | None = None,
        *,
        refused_address: str | None = None,
    ) -> None:
        def write(session: Session) -> bool:
            if refused_address:
                session.get_one(tables.Customer, follow_up.customer_id).email_refused = refused_address
                now, key = outbox.database_now(session), str(follow_up.id)
                feedback.record(session, follow_up.customer_id, feedback.Feedback.BOUNCED, now, key)
            return outbox.finish(session, _id(follow_up), self.owner, status, reason, provider_id)

        self._write(follow_up, status, write)

    def _write(self, follow_up: tables.FollowUp, end: str, write: Callable[[Session], bool]) -> None:
        if not _patiently(self.engine, write):
            log.warning("follow-up %s is no longer ours; its end as %s was not written", follow_up.id, end)


@retry(
    retry=retry_if_exception_type(DATABASE_AWAY),
    wait=wait_random_exponential(multiplier=0.2, max=3),
    stop=stop_after_delay(PATIENCE_WITH_DATABASE_SECONDS),
    before_sleep=lambda _state: log.warning("the database did not answer; an end is kept until it does"),
    reraise=True,
)
def _patiently(engine: Engine, write: Callable[[Session], bool]) -> bool:
    """What the provider said is worth waiting for a database that restarts: without it the outcome is unknown."""
    with unit_of_work(engine) as session:
        return write(session)


def _refuses_address(follow_up: tables.FollowUp, failure: PermanentFailure) -> str | None:
    """What the server said, when it was the recipient's address that it refused for good."""
    by_address = isinstance(failure.__cause__, aiosmtplib.SMTPRecipientsRefused)
    return str(failure) if follow_up.channel == "email" and by_address else None


def _id(follow_up: tables.FollowUp) -> int:
    assert follow_up.id is not None, "a claimed follow-up has an id"
    return follow_up.id
