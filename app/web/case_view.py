"""What an agent sees of one case, gathered in one read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from app.web.risk_line import RiskLine, line_of
from app.web.talk import Talk, talk_of
from db import tables
from desk.calls import Call, calls_of
from desk.conversations import find_conversation
from desk.escalations import Case, describe, find, newest_risk
from risk_model.words import in_words

MOST_SHOWN = 6
MOST_NUMBERS_FOR_LEAVING = 4
MOST_NUMBERS_FOR_STAYING = 2
MOST_SENTENCES = 3
CUT = "…"  # at the end of a quote that was too long to keep whole

Stored = Mapping[str, Any]  # a reason as its risk keeps it


@dataclass(frozen=True, slots=True)
class CaseView:
    case: Case
    conversation: tables.Conversation
    talk: Talk
    line: RiskLine
    risk: tables.Risk | None
    orders: list[tables.Order]
    calls: list[Call]


def view_case(
    session: Session, escalation_id: int, before: int | None = None, since: int | None = None
) -> CaseView:
    """The case with the newest page of its conversation, or the page before this message, reaching back to `since`.
    Raises `NotFound` when there is no such case.
    """
    case = describe(session, find(session, escalation_id))
    conversation = find_conversation(session, case.escalation.conversation_id)
    customer_id = conversation.customer_id
    newest = newest_risk(session, conversation) or case.risk or _of_the_night(session, customer_id)
    return CaseView(
        case=case,
        conversation=conversation,
        talk=talk_of(session, conversation.id, before, since),
        line=line_of(session, conversation),
        risk=newest,
        orders=_newest_orders(session, customer_id),
        calls=calls_of(session, case.escalation),
    )


def strongest_reasons(risk: tables.Risk | None) -> list[Stored]:
    """As they are stored, the strongest first: what speaks for leaving, some of what speaks for staying, and the
    customer's own strongest sentences however strong the numbers are. Numbers say how sure, words say what to answer.
    """
    stored = sorted((risk.reasons or []) if risk else [], key=size, reverse=True)
    sentences = [reason for reason in stored if reason["kind"] == "text"][:MOST_SENTENCES]
    numbers = [reason for reason in stored if reason["kind"] != "text"]
    leaving = [reason for reason in numbers if raises(reason)][:MOST_NUMBERS_FOR_LEAVING]
    staying = [reason for reason in numbers if not raises(reason)][:MOST_NUMBERS_FOR_STAYING]
    return sorted(leaving + staying + sentences, key=size, reverse=True)


def raises(reason: Stored) -> bool:
    return float(reason["contribution"]) > 0


def size(reason: Stored) -> float:
    return abs(float(reason["contribution"]))


def first_reason(risk: tables.Risk | None, language: str, beside: str = "") -> str | None:
    """The strongest reason for leaving; what speaks for staying is no reason to be in the queue, and a quote of
    the words that it stands beside would say them twice.
    """
    leaving = [reason for reason in strongest_reasons(risk) if raises(reason)]
    news = [
        reason
        for reason in leaving
        if not reason.get("quote") or reason["quote"].removesuffix(CUT) not in beside
    ]
    return next((in_words(reason, language) for reason in news or leaving), None)


def _of_the_night(session: Session, customer_id: int | None) -> tables.Risk | None:
    """The customer's score of the newest night: where no turn of this conversation was scored."""
    if customer_id is None:
        return None
    query = select(tables.Risk).where(
        tables.Risk.customer_id == customer_id, col(tables.Risk.message_id).is_(None)
    )
    return session.exec(query.order_by(col(tables.Risk.as_of).desc()).limit(1)).first()


def _newest_orders(session: Session, customer_id: int | None) -> list[tables.Order]:
    if customer_id is None:
        return []
    query = select(tables.Order).where(tables.Order.customer_id == customer_id)
    return list(session.exec(query.order_by(col(tables.Order.placed_at).desc()).limit(MOST_SHOWN)))
