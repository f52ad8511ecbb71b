"""Everything the desk refuses, each with the one sentence a person is told.

DeskError
├── NotFound            it does not exist, or is not yours (the two look alike on purpose)
├── AlreadyClaimed      another agent has the case
├── AlreadyRated        a conversation is rated once
├── Worded              with words in other languages
│   ├── OfferRefused        accepted before, declined, expired, waiting for an agent, or not to be given
│   ├── FollowUpRefused     an agent planned what no rule or address allows
│   └── ContestRefused      a score that cannot be contested or reviewed (again)
├── CaseClosed          it was resolved before
├── NotYourCase         answering or resolving what another agent holds
├── SentAlready         taking back an answer that has gone to the customer
├── NotLater            snoozing until a time that is over, or too far away
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


class AlreadyRated(DeskError):
    def __init__(self) -> None:
        super().__init__("This chat was rated already; thank you.")


class SentAlready(DeskError):
    def __init__(self) -> None:
        super().__init__("The answer has gone to the customer already; it cannot be taken back.")


class NotLater(DeskError):
    def __init__(self) -> None:
        super().__init__("A case can be snoozed until a time to come, at most 90 days ahead.")


class Worded(DeskError):
    """A refusal with its sentence, and with a `word` and `facts` by which other languages find theirs."""

    def __init__(self, sentence: str, word: str, **facts: object) -> None:
        self.word, self.facts = word, facts
        super().__init__(sentence.format(**facts))


class OfferRefused(Worded):
    @classmethod
    def already_accepted(cls, when: datetime) -> "OfferRefused":
        return cls("This offer was accepted on {day}; it can be used once.", "accepted", day=_day(when))

    @classmethod
    def expired(cls, when: datetime) -> "OfferRefused":
        return cls("This offer ended on {day}.", "ended", day=_day(when))

    @classmethod
    def waiting(cls) -> "OfferRefused":
        return cls("This offer still waits for an agent to approve it.", "waiting")

    @classmethod
    def declined(cls) -> "OfferRefused":
        return cls("This offer was declined; write here if you have changed your mind.", "declined")

    @classmethod
    def replaced(cls) -> "OfferRefused":
        return cls("A better offer took the place of this one; please accept that one.", "replaced")

    @classmethod
    def to_a_visitor(cls) -> "OfferRefused":
        return cls("A visitor who is not signed in cannot be given an offer.", "offer_to_a_visitor")

    @classmethod
    def held_out(cls) -> "OfferRefused":
        return cls(
            "This customer is in the hold-out, against which the effect of offers is measured: nobody there gets one.",
            "held_out",
        )

    @classmethod
    def had_one(cls, again: datetime) -> "OfferRefused":
        sentence = "This customer had an offer lately; the next is possible from {day} on."
        return cls(sentence, "had_one", day=_day(again))

    @classmethod
    def not_in_catalogue(cls) -> "OfferRefused":
        return cls("Please choose an offer of the catalogue.", "not_in_catalogue")

    @classmethod
    def valid_for(cls, days: int, most: int) -> "OfferRefused":
        sentence = "Expected 1 to {most} days until the offer ends, got {days}."
        return cls(sentence, "valid_for", days=days, most=most)

    @classmethod
    def nothing_to_decline(cls) -> "OfferRefused":
        return cls("There is no offer here that an agent could decline.", "nothing_to_decline")


class FollowUpRefused(Worded):
    @classmethod
    def to_a_visitor(cls) -> "FollowUpRefused":
        sentence = (
            "A visitor who is not signed in cannot be followed up: there is no account with an address."
        )
        return cls(sentence, "follow_up_to_a_visitor")

    @classmethod
    def unknown_rule(cls) -> "FollowUpRefused":
        return cls("Please choose one of the rules.", "unknown_rule")

    @classmethod
    def not_then(cls, days: int) -> "FollowUpRefused":
        return cls("Expected a moment from now on and within {days} days.", "not_then", days=days)

    @classmethod
    def needs_offer(cls) -> "FollowUpRefused":
        sentence = (
            "This rule reminds of an offer, and the customer has none that could still be accepted then."
        )
        return cls(sentence, "needs_offer")

    @classmethod
    def planned_already(cls) -> "FollowUpRefused":
        return cls("The same follow-up is planned for this moment already.", "planned_already")


class ContestRefused(Worded):
    @classmethod
    def of_a_visitor(cls) -> "ContestRefused":
        return cls("A visitor who is not signed in has no score.", "no_score")

    @classmethod
    def open_already(cls) -> "ContestRefused":
        sentence = "This customer's score is contested already and waits for a review."
        return cls(sentence, "contested_already")

    @classmethod
    def reviewed_already(cls) -> "ContestRefused":
        return cls("This contest has been reviewed already.", "reviewed_already")


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
