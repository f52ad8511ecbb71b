"""What customers who asked for a person may expect: a first answer, and an end, each within so many minutes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from db import tables


class Promise(StrEnum):
    ANSWER = "answer"
    RESOLUTION = "resolution"


@dataclass(frozen=True, slots=True)
class Promised:
    """How long the first answer and the resolution of a case may take, from its opening."""

    answer: timedelta
    resolution: timedelta


@dataclass(frozen=True, slots=True)
class Clock:
    """The promise that runs next, and whether it is broken already."""

    promise: Promise
    due_at: datetime
    broken: bool


def clock_of(case: tables.Escalation, promised: Promised, now: datetime) -> Clock | None:
    """None for a case that is resolved: nothing runs any more."""
    if case.status == "resolved":
        return None
    answered = case.answered_at is not None
    promise = Promise.RESOLUTION if answered else Promise.ANSWER
    due_at = case.opened_at + (promised.resolution if answered else promised.answer)
    return Clock(promise, due_at, now >= due_at)
