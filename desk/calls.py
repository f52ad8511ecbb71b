"""Calls that follow-ups ask an agent to make: what a case shows of them, and how each went."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlmodel import Session, col, select

from db import tables
from desk import feedback, outbox
from desk.consent import Purpose, answer
from desk.errors import NotFound
from desk.escalations import held_by
from desk.phone_numbers import e164

PHONE = "phone"
CALLED = "called"


class CallResult(StrEnum):
    """How a call went, as the agent ticks it off."""

    REACHED = "reached"
    NOT_REACHED = "not_reached"
    DO_NOT_CALL = "do_not_call"


class Call(NamedTuple):
    """What an agent is asked to do: the number, the rule that asks for it, and how it went so far.

    `dial` is the number as a telephone takes it. `allowed` is False once the customer wants no calls.
    """

    follow_up_id: int
    phone: str
    dial: str
    rule: str
    allowed: bool
    tried: list[tables.GateAnswer]


def case_id(escalation: tables.Escalation) -> str:
    """What a phone follow-up keeps as its provider's id: the case that is its task."""
    return f"case:{escalation.id}"


def calls_of(session: Session, escalation: tables.Escalation) -> list[Call]:
    """The calls that this case is there for, oldest first."""
    row, who = tables.FollowUp, tables.Customer
    query = (
        select(row, who)
        .join(who, col(row.customer_id) == col(who.id))
        .where(row.channel == PHONE, row.provider_id == case_id(escalation))
        .order_by(col(row.id))
    )
    return [_call(session, follow_up, customer) for follow_up, customer in session.exec(query)]


def note_call(
    session: Session,
    escalation_id: int,
    follow_up_id: int,
    agent: tables.Agent,
    result: CallResult,
    now: datetime,
) -> None:
    """Keep how a call went: among the follow-up's answers, as an event, and where the customer wants no more calls as
    their refusal.

    Raises `NotYourCase` for an agent who does not hold the case, `NotFound` for a call that is not this case's.
    """
    escalation = held_by(session, escalation_id, agent)
    follow_up = session.get(tables.FollowUp, follow_up_id)
    if follow_up is None or follow_up.provider_id != case_id(escalation):
        raise NotFound("call")
    words = result.replace("_", " ")
    follow_up.status_reason = f"called: {words}"
    said = tables.GateAnswer(
        follow_up_id=follow_up.id, customer_id=follow_up.customer_id, time=now, answer=CALLED,
        reason=f"{words}, noted by {agent.name}",
    )  # fmt: skip
    session.add(said)
    _feed_back(session, follow_up, result, now)


def _feed_back(session: Session, follow_up: tables.FollowUp, result: CallResult, now: datetime) -> None:
    customer_id = follow_up.customer_id
    if result is CallResult.DO_NOT_CALL:
        feedback.keep_answer(session, customer_id, Purpose.FOLLOW_UP, False, now, "phone call", PHONE)
    else:
        kind = feedback.Feedback(f"call_{result}")
        feedback.record(session, customer_id, kind, now, str(follow_up.id))


def _call(session: Session, follow_up: tables.FollowUp, customer: tables.Customer) -> Call:
    phone = customer.phone or ""
    return Call(
        follow_up_id=follow_up.id,
        phone=phone,
        dial=e164(phone, customer.country) or "".join(sign for sign in phone if sign in "+0123456789"),
        rule=follow_up.rule,
        allowed=answer(session, customer.id, Purpose.FOLLOW_UP, PHONE) is not False,
        tried=[said for said in outbox.answers(session, follow_up.id) if said.answer == CALLED],
    )
