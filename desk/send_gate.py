"""The send gate: one pure question just before every send. May it go, later, or not at all, and why.

What each channel needs:

| channel | consent                                   | quiet hours                                  |
|---------|-------------------------------------------|----------------------------------------------|
| email   | a yes to follow-ups by e-mail             | apply                                        |
| sms     | a yes to follow-ups by SMS                | apply                                        |
| in_chat | none, unless the customer has said no     | none: it waits silently for the next visit   |
| phone   | none, unless the customer has said no     | none: it is a task, and agents know the hour |
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from desk import local_time
from desk.policy import Policy
from desk.rules import Limits, Stop

NEEDS_YES = frozenset({"email", "sms"})
RINGS = frozenset({"email", "sms"})
A_MOMENT = timedelta(minutes=1)
ASK_AGAIN_AFTER = timedelta(hours=1)  # while a human has the chat


class Answer(StrEnum):
    SEND = "send"
    LATER = "later"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is true of the customer, and of the follow-up, at the moment of sending.

    `sent_lately` holds when this customer's other messages went out within the limits' period, and `undecided` how
    many the gate is being asked about at the same time and before this one; `happened` is which
    of the rule's reasons to stop have come about since it was planned.
    """

    now: datetime
    channel: str = "email"
    erased: bool = False
    has_address: bool = True
    address_refused: str | None = None
    consent: bool | None = None
    held_out: bool = False
    human_has_chat: bool = False
    happened: frozenset[Stop] = frozenset()
    time_zone: str | None = None
    country: str | None = None
    sent_lately: tuple[datetime, ...] = ()
    undecided: int = 0
    not_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class GateDecision:
    """`until` goes with a `LATER`: the first moment at which to ask again. `status` is what a `NEVER` ends as."""

    answer: Answer
    reason: str
    until: datetime | None = None
    status: str = "cancelled"


def may_send(circumstances: Circumstances, policy: Policy, limits: Limits | None = None) -> GateDecision:
    """The decision with its reason. What can be right later is moved, never dropped."""
    if circumstances.not_after is not None and circumstances.now > circumstances.not_after:
        return GateDecision(Answer.NEVER, "its last useful moment had passed", status="expired")
    if (refusal := _refusal(circumstances)) is not None:
        return GateDecision(Answer.NEVER, refusal)
    if circumstances.human_has_chat:
        return GateDecision(Answer.LATER, "a human has the chat", circumstances.now + ASK_AGAIN_AFTER)
    limits = limits or Limits()
    if (capped := _capped(circumstances, limits)) is not None:
        return capped
    if (until := _night_ends(circumstances, policy)) is not None:
        return GateDecision(Answer.LATER, "quiet hours where the customer lives", until)
    return GateDecision(Answer.SEND, _why_it_goes(circumstances))


def _refusal(circumstances: Circumstances) -> str | None:
    return next((reason for applies, reason in REFUSALS if applies(circumstances)), None)


REFUSALS: tuple[tuple[Callable[[Circumstances], bool], str], ...] = (
    (lambda it: it.erased, "the customer was erased"),
    (lambda it: not it.has_address, "no address on this channel"),
    (lambda it: it.address_refused is not None, "the mail server refused this address for good"),
    (lambda it: it.consent is False, "consent was withdrawn"),
    (lambda it: it.consent is None and it.channel in NEEDS_YES, "no consent to follow-ups"),
    (lambda it: it.held_out, "in the hold-out"),
    (lambda it: Stop.ORDER in it.happened, "the customer has already come back and bought"),
    (lambda it: Stop.ACTIVITY in it.happened, "the customer has already come back"),
    (lambda it: Stop.OFFER_CLOSED in it.happened, "the offer was accepted or has ended"),
)


def _capped(circumstances: Circumstances, limits: Limits) -> GateDecision | None:
    """Later, when there is no room for one more message, or none for certain while others are undecided."""
    start = circumstances.now - limits.period
    counted = sorted(moment for moment in circumstances.sent_lately if moment > start)
    if len(counted) >= limits.messages:
        reason = f"{limits.messages} messages within {limits.period.days} days are enough"
        return GateDecision(Answer.LATER, reason, counted[-limits.messages] + limits.period)
    if len(counted) + circumstances.undecided >= limits.messages:
        reason = "another message to this customer is being decided on"
        return GateDecision(Answer.LATER, reason, circumstances.now + A_MOMENT)
    return None


def _night_ends(circumstances: Circumstances, policy: Policy) -> datetime | None:
    if circumstances.channel not in RINGS:
        return None
    zones = local_time.candidate_zones(circumstances.time_zone, circumstances.country)
    return local_time.quiet_until(circumstances.now, zones, policy.quiet_from_hour, policy.quiet_until_hour)


def _why_it_goes(circumstances: Circumstances) -> str:
    allowed = "consent given" if circumstances.consent else "needs no consent on this channel"
    return f"{allowed}, not held out, within the limits, at a welcome hour"
