"""The send gate: one pure question just before every send. May it go, later, or not at all, and why."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from desk.policy import Policy

UNKNOWN_ZONE = "UTC"


class Answer(StrEnum):
    SEND = "send"
    LATER = "later"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is true of the customer at the moment of sending."""

    now: datetime
    has_address: bool
    consent: bool | None
    held_out: bool
    human_has_chat: bool
    bought_since_planned: bool
    time_zone: str | None


@dataclass(frozen=True, slots=True)
class GateDecision:
    answer: Answer
    reason: str
    until: datetime | None = None


def may_send(circumstances: Circumstances, policy: Policy) -> GateDecision:
    """The decision with its reason; a `LATER` carries the first moment at which to ask again."""
    if refusal := _refusal(circumstances):
        return GateDecision(Answer.NEVER, refusal)
    if circumstances.human_has_chat:
        return GateDecision(Answer.LATER, "a human has the chat", circumstances.now + timedelta(hours=1))
    if (until := quiet_until(circumstances.now, circumstances.time_zone, policy)) is not None:
        return GateDecision(Answer.LATER, "quiet hours where the customer lives", until)
    return GateDecision(Answer.SEND, "consent given, within the customer's day, not held out")


def quiet_until(now: datetime, time_zone: str | None, policy: Policy) -> datetime | None:
    """The first moment after the quiet hours, in UTC, or None when it is not quiet now."""
    local = now.astimezone(_zone(time_zone))
    if policy.quiet_until_hour <= local.hour < policy.quiet_from_hour:
        return None
    day = local if local.hour < policy.quiet_until_hour else local + timedelta(days=1)
    morning = day.replace(hour=policy.quiet_until_hour, minute=0, second=0, microsecond=0)
    return morning.astimezone(ZoneInfo("UTC"))


def _refusal(circumstances: Circumstances) -> str | None:
    if not circumstances.has_address:
        return "no address on this channel"
    if circumstances.consent is not True:
        return "consent was withdrawn" if circumstances.consent is False else "no consent to follow-ups"
    if circumstances.held_out:
        return "in the hold-out"
    if circumstances.bought_since_planned:
        return "the customer has already come back"
    return None


def _zone(name: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(name or UNKNOWN_ZONE)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(UNKNOWN_ZONE)
