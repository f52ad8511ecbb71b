"""What an agent sees of one case, gathered in one read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlmodel import Session, col, select

from db import tables
from desk.conversations import find_conversation, messages_after
from desk.escalations import Case, describe, find, queue, risks_of_conversation
from risk_model.words import in_words

Row = TypeVar("Row", tables.Order, tables.Event, tables.Offer, tables.FollowUp)

MOST_SHOWN = 6
MOST_REASONS = 6


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that moved the risk, up or down, in words."""

    words: str
    raises: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A case in the queue, with the first reason in words."""

    case: Case
    reason: str | None


@dataclass(frozen=True, slots=True)
class Turn:
    """A message, and the risk it was answered with."""

    message: tables.Message
    risk: tables.Risk | None


@dataclass(frozen=True, slots=True)
class CaseView:
    case: Case
    conversation: tables.Conversation
    turns: list[Turn]
    risk: tables.Risk | None
    reasons: list[Reason]
    orders: list[tables.Order]
    events: list[tables.Event]
    offers: list[tables.Offer]
    follow_ups: list[tables.FollowUp]


def lines_of_queue(session: Session, language: str = "en") -> list[Line]:
    return [Line(case, _first_reason(case.risk, language)) for case in queue(session)]


def view_case(session: Session, escalation_id: int, language: str = "en") -> CaseView:
    """Raises `NotFound` when there is no such case."""
    case = describe(session, find(session, escalation_id))
    conversation = find_conversation(session, case.escalation.conversation_id)
    risks = {risk.message_id: risk for risk in risks_of_conversation(session, conversation.id)}
    newest = max(risks.values(), key=lambda risk: risk.id or 0, default=case.risk)
    customer_id = conversation.customer_id
    return CaseView(
        case=case,
        conversation=conversation,
        turns=[Turn(message, risks.get(message.id)) for message in messages_after(session, conversation.id)],
        risk=newest,
        reasons=reasons_of(newest, language),
        orders=_newest(session, tables.Order, customer_id, tables.Order.placed_at),
        events=_newest(session, tables.Event, customer_id, tables.Event.time),
        offers=_newest(session, tables.Offer, customer_id, tables.Offer.made_at),
        follow_ups=_newest(session, tables.FollowUp, customer_id, tables.FollowUp.planned_at),
    )


def reasons_of(risk: tables.Risk | None, language: str) -> list[Reason]:
    """The strongest reasons first."""
    stored = sorted((risk.reasons or []) if risk else [], key=lambda reason: -abs(reason["contribution"]))
    return [_read(reason, language) for reason in stored[:MOST_REASONS]]


def _read(reason: Mapping[str, Any], language: str) -> Reason:
    return Reason(in_words(reason, language), raises=reason["contribution"] > 0)


def _first_reason(risk: tables.Risk | None, language: str) -> str | None:
    """The strongest reason for leaving; what speaks for staying is no reason to be in the queue."""
    return next((reason.words for reason in reasons_of(risk, language) if reason.raises), None)


def _newest(session: Session, table: type[Row], customer_id: int | None, time: Any) -> list[Row]:
    if customer_id is None:
        return []
    query = select(table).where(table.customer_id == customer_id)
    return list(session.exec(query.order_by(col(time).desc()).limit(MOST_SHOWN)))
