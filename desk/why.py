"""Why was this sent, why not: everything about one customer's follow-ups, and what was withheld before it was one."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from db import tables
from desk.by_hand import PLANNED_BY
from desk.decide import Act
from desk.errors import NotFound
from desk.hearing import Heard

MOST = 200  # follow-ups and decisions looked at, the newest ones
WORDS = {
    "pending": "waits",
    "leased": "is about to go",
    "sending": "is being sent",
    "sent": "was sent",
    "failed": "was refused by the provider",
    "uncertain": "may or may not have arrived",
    "dead": "was given up",
    "cancelled": "was cancelled",
    "expired": "came too late",
}
WITHHELD = {Act.OFFER: "an offer", Act.FOLLOW_UP: "a follow-up"}


@dataclass(frozen=True, slots=True)
class Answered:
    """What the send gate said at one moment."""

    time: datetime
    answer: str
    reason: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Told:
    """One follow-up, or one thing that was withheld: what, why, the gate's answers, and what became of it."""

    time: datetime
    what: str
    cause: str
    end: str
    due_at: datetime | None = None
    sent_at: datetime | None = None
    answers: tuple[Answered, ...] = ()


def why(session: Session, customer_key: str) -> list[Told]:
    """The newest first. Raises `NotFound` for a customer we do not know."""
    query = select(tables.Customer).where(tables.Customer.customer_key == customer_key)
    customer = session.exec(query).first()
    if customer is None:
        raise NotFound("customer")
    told = [*_follow_ups(session, customer.id), *_withheld(session, customer.id)]
    return sorted(told, key=lambda one: one.time, reverse=True)


def _follow_ups(session: Session, customer_id: int) -> list[Told]:
    query = select(tables.FollowUp).where(tables.FollowUp.customer_id == customer_id)
    rows = session.exec(query.order_by(col(tables.FollowUp.planned_at).desc()).limit(MOST)).all()
    answers = _answers(session, customer_id)
    return [
        Told(
            time=row.planned_at,
            what=f"{_plain(row.rule)} by {_plain(row.channel)}",
            cause=_cause(row),
            end=_end(row),
            due_at=row.due_at,
            sent_at=row.sent_at,
            answers=tuple(answers.get(row.id, ())),
        )
        for row in rows
    ]


def _cause(row: tables.FollowUp) -> str:
    if (name := (row.details or {}).get(PLANNED_BY)) is not None:
        return f"{name} planned it by hand, in the words of {row.rule}"
    return f"the rule {row.rule} planned it"


def _answers(session: Session, customer_id: int) -> dict[int, list[Answered]]:
    row, found = tables.GateAnswer, dict[int, list[Answered]]()
    for answer in session.exec(select(row).where(row.customer_id == customer_id).order_by(col(row.id))):
        told = Answered(answer.time, answer.answer, answer.reason, answer.until)
        found.setdefault(answer.follow_up_id, []).append(told)
    return found


def _end(row: tables.FollowUp) -> str:
    words = f"it {WORDS.get(row.status, row.status)}"
    if row.attempts:
        words += f" after {row.attempts} {'attempt' if row.attempts == 1 else 'attempts'}"
    return f"{words}: {row.status_reason}" if row.status_reason else words


def _withheld(session: Session, customer_id: int) -> list[Told]:
    """What decisions called for and did not bring, for another reason than that the conversation had it already."""
    query = select(tables.Decision).where(tables.Decision.customer_id == customer_id)
    newest = session.exec(query.order_by(col(tables.Decision.id).desc()).limit(MOST)).all()
    had: set[tuple[str, str]] = set()
    told = []
    for decision in reversed(newest):
        had |= {(decision.conversation_id, act) for act in decision.carried_out}
        told += [
            Told(
                time=decision.time,
                what=f"{words}, withheld",
                cause=f"decided to {decision.kind}: {decision.reason}",
                end=_why_withheld(decision, act),
            )
            for act, words in WITHHELD.items()
            if act in decision.planned and (decision.conversation_id, act) not in had
        ]
    return told


def _why_withheld(decision: tables.Decision, act: Act) -> str:
    if decision.held_out:
        return (
            "the customer is in the hold-out, against which the effect of offers and follow-ups is measured"
        )
    if act is Act.OFFER and Heard.from_row(decision.heard).leaving:
        return "the customer was about to cancel, close or hear no more; no offer argues with that"
    if act is Act.OFFER:
        return "the customer had an offer lately; there is a cap on how often"
    return "the rules allow no more of it just now"


def _plain(word: str) -> str:
    return word.replace("_", " ").replace("email", "e-mail")
