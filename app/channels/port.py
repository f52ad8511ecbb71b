"""The port: what every channel promises to the courier."""

from dataclasses import dataclass
from typing import Protocol

from db import tables


class TransientFailure(Exception):
    """Not taken now; the same message may be tried again."""


class PermanentFailure(Exception):
    """Never taken; trying again would be wrong."""


class UnknownOutcome(Exception):
    """Perhaps taken: the answer was lost, and this channel cannot tell a repeat from a new message."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider's word for a message it took: its id there, and what it said."""

    provider_id: str
    answer: str


class Channel(Protocol):
    """Sends one follow-up to one customer, or raises `TransientFailure`, `PermanentFailure` or `UnknownOutcome`.

    Never takes longer than its own deadline, which is shorter than a lease. May be called by several threads.
    """

    def send(self, follow_up: tables.FollowUp, customer: tables.Customer) -> Receipt: ...
