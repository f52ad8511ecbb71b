"""The port: what every channel promises to the courier.

A provider's words come in any encoding. Here they become text that a database can keep, so that an odd answer to a
message never stands in the way of writing down what became of it.
"""

from dataclasses import dataclass
from typing import Protocol

from app.storable import storable
from db import tables


class Failure(Exception):
    """What became of a message that was not surely taken, in one sentence."""

    def __init__(self, sentence: str) -> None:
        super().__init__(storable(sentence))


class TransientFailure(Failure):
    """Not taken now; the same message may be tried again."""


class PermanentFailure(Failure):
    """Never taken; trying again would be wrong."""


class AddressRefused(PermanentFailure):
    """Never taken, and nothing else will be at this address."""


class UnknownOutcome(Failure):
    """Perhaps taken: the answer was lost."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider's word for a message it took: its id there, and what it said."""

    provider_id: str
    answer: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "answer", storable(self.answer))


class Channel(Protocol):
    """Sends one follow-up to one customer, or raises `TransientFailure`, `PermanentFailure` or `UnknownOutcome`.

    Never takes longer than its own deadline, which is shorter than a lease. May be called by several threads.
    """

    def send(self, follow_up: tables.FollowUp, customer: tables.Customer) -> Receipt: ...

    def rest(self) -> None:
        """Let go of what was kept open for the next send; called when nothing more is due."""
        return  # most channels keep nothing open
