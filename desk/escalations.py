"""Cases for a human: opened once per conversation, claimed by one agent, answered, resolved with a verdict."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import update
from sqlmodel import Session, col, select

from db import tables
from desk import follow_ups
from desk.conversations import add_message, find_conversation
from desk.errors import AlreadyClaimed, CaseClosed, NotFound, NotYourCase
from desk.rules import Rules, load_rules


class Cause(StrEnum):
    """Why a human is needed."""

    RISK = "risk"
    ASKED = "asked"
    FAILURE = "failure"
    FOLLOW_UP = "follow_up"
    RETURNED = "returned"  # wrote again after a case was resolved


class Verdict(StrEnum):
    """What the agent found: a label for training."""

    NOT_AT_RISK = "not_at_risk"
    SAVED = "saved"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Case:
    """One line of the console's queue."""

    escalation: tables.Escalation
    customer: tables.Customer | None
    risk: tables.Risk | None
    agent: tables.Agent | None
    last_text: str | None


def open_escalation(
    session: Session,
    conversation: tables.Conversation,
    cause: Cause,
    now: datetime,
    *,
    risk: tables.Risk | None = None,
    value: float = 0.0,
) -> tuple[tables.Escalation, bool]:
    """The conversation's one open case, and whether this call opened it.

    A case that is open already is raised to the newer, higher priority (risk x value) and keeps its place in
    time.
    """
    priority = (risk.probability or 0.0) * value if risk else 0.0
    if (found := open_case(session, conversation.id)) is not None:
        _raise(found, risk, priority)
        return found, False
    escalation = tables.Escalation(
        conversation_id=conversation.id,
        customer_id=conversation.customer_id,
        risk_id=risk.id if risk else None,
        cause=cause,
        priority=priority,
        opened_at=now,
    )
    session.add(escalation)
    session.flush()
    return escalation, True


def raise_open_case(session: Session, conversation_id: str, risk: tables.Risk, value: float) -> None:
    """A turn that opens no case raises the priority of one that is open, whatever opened it."""
    if (found := open_case(session, conversation_id)) is not None:
        _raise(found, risk, (risk.probability or 0.0) * value)


def _raise(escalation: tables.Escalation, risk: tables.Risk | None, priority: float) -> None:
    """To the newer, higher priority; what is lower changes nothing."""
    if risk is not None and priority >= escalation.priority:
        escalation.priority, escalation.risk_id = priority, risk.id


def open_case(session: Session, conversation_id: str) -> tables.Escalation | None:
    query = select(tables.Escalation).where(
        tables.Escalation.conversation_id == conversation_id, tables.Escalation.status != "resolved"
    )
    return session.exec(query).first()


def describe(session: Session, escalation: tables.Escalation) -> Case:
    last = select(tables.Message.text).where(
        tables.Message.conversation_id == escalation.conversation_id, tables.Message.role == "customer"
    )
    return Case(
        escalation=escalation,
        customer=session.get(tables.Customer, escalation.customer_id) if escalation.customer_id else None,
        risk=session.get(tables.Risk, escalation.risk_id) if escalation.risk_id else None,
        agent=session.get(tables.Agent, escalation.claimed_by) if escalation.claimed_by else None,
        last_text=session.exec(last.order_by(col(tables.Message.id).desc()).limit(1)).first(),
    )


def find(session: Session, escalation_id: int) -> tables.Escalation:
    escalation = session.get(tables.Escalation, escalation_id)
    if escalation is None:
        raise NotFound("case")
    return escalation


def claim(session: Session, escalation_id: int, agent: tables.Agent, now: datetime) -> tables.Escalation:
    """Give the case to this agent, who also takes over the chat.

    Raises `AlreadyClaimed` for the slower of two agents, `CaseClosed` for a resolved case.
    """
    taken = session.exec(
        update(tables.Escalation)
        .where(
            col(tables.Escalation.id) == escalation_id,
            col(tables.Escalation.claimed_by).is_(None),
            col(tables.Escalation.status) == "open",
        )
        .values(claimed_by=agent.id, claimed_at=now, status="claimed")
    )
    escalation = find(session, escalation_id)
    session.refresh(escalation)
    if escalation.status == "resolved":
        raise CaseClosed
    if taken.rowcount == 0 and escalation.claimed_by != agent.id:
        raise AlreadyClaimed(session.get_one(tables.Agent, escalation.claimed_by).name)
    find_conversation(session, escalation.conversation_id).agent_id = agent.id
    return escalation


def reply(
    session: Session, escalation_id: int, agent: tables.Agent, text: str, now: datetime
) -> tables.Message:
    """Say something to the customer as this agent; the first answer is noted with its time."""
    escalation = held_by(session, escalation_id, agent)
    note_answer(escalation, now)
    return add_message(session, escalation.conversation_id, "agent", text, now, author=agent.name)


def note_answer(escalation: tables.Escalation, now: datetime) -> None:
    """The time of the first answer counts."""
    if escalation.answered_at is None:
        escalation.answered_at = now
        if escalation.status == "claimed":
            escalation.status = "answered"


def hand_back(session: Session, escalation_id: int, agent: tables.Agent) -> None:
    """Let the bot speak again; the case returns to the queue."""
    escalation = held_by(session, escalation_id, agent)
    escalation.status, escalation.claimed_by, escalation.claimed_at = "open", None, None
    escalation.snoozed_until, escalation.seen_message_id = None, None
    find_conversation(session, escalation.conversation_id).agent_id = None


def resolve(
    session: Session,
    escalation_id: int,
    agent: tables.Agent,
    verdict: Verdict,
    reason: str,
    now: datetime,
    rules: Rules | None = None,
) -> None:
    """Close the case with a verdict; the bot has the chat again, and what the rules (else those we ship) want to
    follow is planned.
    """
    escalation = held_by(session, escalation_id, agent)
    escalation.status, escalation.resolved_at = "resolved", now
    escalation.verdict, escalation.verdict_reason, escalation.snoozed_until = verdict, reason, None
    find_conversation(session, escalation.conversation_id).agent_id = None
    follow_ups.plan_after_verdict(session, escalation, rules or load_rules(), now)


def risks_of(session: Session, message_ids: Sequence[int]) -> dict[int, tables.Risk]:
    """The stored risk of each of these customer turns that has one."""
    query = select(tables.Risk).where(col(tables.Risk.message_id).in_(message_ids))
    return {risk.message_id: risk for risk in session.exec(query) if risk.message_id is not None}


def newest_risk(session: Session, conversation: tables.Conversation) -> tables.Risk | None:
    """That of the newest customer turn that has one. Asked by the customer too, whose risks are few: a database without
    statistics would go through all messages of a long conversation.
    """
    query = (
        select(tables.Risk)
        .join(tables.Message, col(tables.Message.id) == col(tables.Risk.message_id))
        .where(
            tables.Risk.customer_id == conversation.customer_id,
            tables.Message.conversation_id == conversation.id,
        )
        .order_by(col(tables.Risk.id).desc())
        .limit(1)
    )
    return session.exec(query).first()


def held_by(session: Session, escalation_id: int, agent: tables.Agent) -> tables.Escalation:
    """The case, if this agent has it. Raises `NotYourCase`."""
    escalation = find(session, escalation_id)
    if escalation.claimed_by != agent.id or escalation.status == "resolved":
        raise NotYourCase
    return escalation
