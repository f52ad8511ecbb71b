"""Everything the desk refuses, each with the one sentence a person is told.

DeskError
├── NotFound            it does not exist, or is not yours (the two look alike on purpose)
├── AlreadyClaimed      another agent has the case
├── OfferRefused        accepted before, expired, or waiting for an agent
├── CaseClosed          it was resolved before
├── NotYourCase         answering or resolving what another agent holds
├── desk.ingest.errors  files and rows that cannot be read
└── desk.rules.RulesMistake  a rules file that cannot be followed
"""

from datetime import datetime


class DeskError(Exception):
    """The root; `str(error)` is the sentence."""


class NotFound(DeskError):
    def __init__(self, what: str) -> None:
        super().__init__(f"There is no such {what}.")


class AlreadyClaimed(DeskError):
    def __init__(self, agent_name: str) -> None:
        self.agent_name = agent_name
        super().__init__(f"{agent_name} has this case already.")


class CaseClosed(DeskError):
    def __init__(self) -> None:
        super().__init__("This case is resolved already; a new message of the customer's opens a new one.")


class NotYourCase(DeskError):
    def __init__(self) -> None:
        super().__init__("Only the agent who holds this case can do that; claim it first.")


class OfferRefused(DeskError):
    @classmethod
    def already_accepted(cls, when: datetime) -> "OfferRefused":
        return cls(f"This offer was accepted on {when:%Y-%m-%d}; it can be used once.")

    @classmethod
    def expired(cls, when: datetime) -> "OfferRefused":
        return cls(f"This offer ended on {when:%Y-%m-%d}.")

    @classmethod
    def waiting(cls) -> "OfferRefused":
        return cls("This offer still waits for an agent to approve it.")
