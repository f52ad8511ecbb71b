"""One attempt to send one follow-up, and what became of it: a value, written down by the courier."""

import logging
from dataclasses import dataclass

from app.channels import (
    AddressRefused,
    Channel,
    PermanentFailure,
    TransientFailure,
    UnknownOutcome,
)
from app.faults import AFTER_PROVIDER, BEFORE_PROVIDER, reach
from app.settings import Settings
from db import tables
from desk import outbox
from desk.policy import Policy

log = logging.getLogger(__name__)

RETRY = "retry"
BROKEN = "the channel broke while sending; the log says why"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`end` is the row's last state, or `RETRY` for a later try.

    `answer` is what is kept of a retry, where it is not that word; a `fault` is one that rows are given up for.
    """

    end: str
    reason: str
    provider_id: str | None = None
    address_refused: bool = False
    answer: str = RETRY
    fault: bool = False


def attempt(
    settings: Settings, channel: Channel, follow_up: tables.FollowUp, customer: tables.Customer
) -> Outcome:
    """Send it. Never raises: what nobody foresaw is an outcome too."""
    reach(settings, BEFORE_PROVIDER)
    try:
        receipt = channel.send(follow_up, customer)
    except TransientFailure as failure:
        return Outcome(RETRY, str(failure))
    except PermanentFailure as failure:
        return Outcome("failed", str(failure), address_refused=isinstance(failure, AddressRefused))
    except UnknownOutcome as failure:
        return _uncertain(follow_up, settings.policy, str(failure))
    except Exception:  # per-item guard: nobody knows whether the provider took it
        log.exception("follow-up %s: its channel broke", follow_up.id)
        return _broken(follow_up, settings.policy)
    reach(settings, AFTER_PROVIDER)
    return Outcome("sent", f"taken: {receipt.answer}", receipt.provider_id)


def poisoned(follow_up: tables.FollowUp, policy: Policy, reason: str) -> Outcome:
    """Of a row that itself is at fault: dead when it has been often enough."""
    faults = follow_up.faults + 1
    if faults >= policy.max_faults:
        return Outcome("dead", f"given up after {faults} attempts: {reason}")
    return Outcome(RETRY, reason, fault=True)


def _uncertain(follow_up: tables.FollowUp, policy: Policy, reason: str) -> Outcome:
    """The policy of a lost answer: a message whose repeat carries the same id is tried again, a few times."""
    if follow_up.channel not in outbox.RETRIED_WHEN_UNCERTAIN:
        return Outcome("uncertain", reason)
    faults = follow_up.faults + 1
    if faults >= policy.max_unknown:
        return Outcome("dead", f"given up after {faults} unknown outcomes: {reason}")
    return Outcome(RETRY, f"{reason}; tried again under the same id", answer="uncertain", fault=True)


def _broken(follow_up: tables.FollowUp, policy: Policy) -> Outcome:
    if follow_up.channel in outbox.RETRIED_WHEN_UNCERTAIN:
        return poisoned(follow_up, policy, BROKEN)
    return Outcome("uncertain", BROKEN)
