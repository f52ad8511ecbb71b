"""Delivering what is due: claim, ask the send gate, commit to the attempt, send, write what became of it."""

import logging
import random
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine

from app.channels import Channel, PermanentFailure, TransientFailure
from app.channels.email import Email
from app.settings import Settings
from db import tables
from db.session import read_only, unit_of_work
from desk import outbox
from desk.follow_ups import circumstances
from desk.policy import Policy
from desk.send_gate import Answer, GateDecision, may_send

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Courier:
    """One worker's hands: its name in the leases, and where mail goes."""

    engine: Engine
    settings: Settings
    owner: str

    @property
    def channels(self) -> dict[str, Channel]:
        return {"email": Email(self.settings)}

    @property
    def policy(self) -> Policy:
        return self.settings.policy

    def deliver_due(self) -> int:
        """Handle a batch of due follow-ups; returns how many. One that fails does not stop the others."""
        with unit_of_work(self.engine) as session:
            claimed = outbox.claim_due(session, self.owner, self.policy)
        for follow_up in claimed:
            try:
                self._handle(follow_up)
            except Exception:  # per-item guard: a poison row is counted as an attempt and the queue moves on
                log.exception("follow-up %s failed", follow_up.id)
                self._retry(follow_up, "could not be prepared; the log says why", counts_as_attempt=True)
        return len(claimed)

    def release(self) -> None:
        """Give back what was claimed and not begun: for a worker that is about to end."""
        with unit_of_work(self.engine) as session:
            outbox.release(session, self.owner)

    def _handle(self, follow_up: tables.FollowUp) -> None:
        if follow_up.attempts >= self.policy.max_attempts:
            self._finish(follow_up, "dead", f"given up after {follow_up.attempts} attempts")
            return
        with unit_of_work(self.engine) as session:
            now = outbox.database_now(session)
            asked = may_send(circumstances(session, follow_up, self.policy, now), self.policy)
            begun = asked.answer is Answer.SEND and outbox.start_sending(session, _id(follow_up), self.owner)
        if begun:
            self._send(follow_up)
        elif asked.answer is not Answer.SEND:
            self._withhold(follow_up, asked)

    def _withhold(self, follow_up: tables.FollowUp, asked: GateDecision) -> None:
        if asked.until is not None and asked.until <= follow_up.not_after:
            with unit_of_work(self.engine) as session:
                outbox.put_back(session, _id(follow_up), self.owner, asked.until, asked.reason)
        elif asked.until is not None:
            self._finish(follow_up, "expired", f"{asked.reason}, and later would be too late")
        else:
            self._finish(follow_up, "cancelled", asked.reason)

    def _send(self, follow_up: tables.FollowUp) -> None:
        with read_only(self.engine) as session:
            customer = session.get_one(tables.Customer, follow_up.customer_id)
        try:
            receipt = self.channels[follow_up.channel].send(follow_up, customer)
        except TransientFailure as failure:
            self._retry(follow_up, str(failure))
        except PermanentFailure as failure:
            self._finish(follow_up, "failed", str(failure))
        else:
            self._finish(follow_up, "sent", f"taken: {receipt.answer}", receipt.provider_id)

    def _retry(self, follow_up: tables.FollowUp, reason: str, *, counts_as_attempt: bool = False) -> None:
        delay = outbox.retry_delay(follow_up.attempts, self.policy, random.random())
        with unit_of_work(self.engine) as session:
            due_at = outbox.database_now(session) + max(delay, timedelta(seconds=1))
            if due_at <= follow_up.not_after:
                outbox.put_back(
                    session, _id(follow_up), self.owner, due_at, reason, counts_as_attempt=counts_as_attempt
                )
            else:
                outbox.finish(
                    session, _id(follow_up), self.owner, "expired", f"{reason}; a later try would be too late"
                )

    def _finish(
        self, follow_up: tables.FollowUp, status: str, reason: str, provider_id: str | None = None
    ) -> None:
        with unit_of_work(self.engine) as session:
            kept = outbox.finish(session, _id(follow_up), self.owner, status, reason, provider_id)
        if not kept:
            log.warning("follow-up %s is no longer ours; its end as %s was not written", follow_up.id, status)


def _id(follow_up: tables.FollowUp) -> int:
    assert follow_up.id is not None, "a claimed follow-up has an id"
    return follow_up.id
