"""A phone call is a task for a person: the follow-up opens a case, and the case says whom to call and why."""

from typing import NamedTuple

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from app.channels.in_chat import newest_conversation
from app.channels.port import PermanentFailure, Receipt
from db import tables
from db.session import unit_of_work
from desk import outbox
from desk.escalations import Cause, open_escalation

PHONE = "phone"


class Call(NamedTuple):
    """What an agent is asked to do: the number, and the rule that asks for the call."""

    phone: str
    rule: str


class Phone:
    """The phone channel: our own database is the provider, and one open case per conversation its promise."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def send(self, follow_up: tables.FollowUp, customer: tables.Customer) -> Receipt:
        if not customer.phone:
            raise PermanentFailure("there is no phone number of this customer")
        with unit_of_work(self._engine) as session:
            now = outbox.database_now(session)
            conversation = follow_up.conversation_id and session.get(
                tables.Conversation, follow_up.conversation_id
            )
            escalation, _ = open_escalation(
                session,
                conversation or newest_conversation(session, customer, now),
                Cause.FOLLOW_UP,
                now,
                value=customer.value or 0.0,
            )
            return Receipt(case_id(escalation), "a colleague is asked to call")


def case_id(escalation: tables.Escalation) -> str:
    return f"case:{escalation.id}"


def calls_of(session: Session, escalation: tables.Escalation) -> list[Call]:
    """The calls that this case is there for, oldest first."""
    query = (
        select(tables.Customer.phone, tables.FollowUp.rule)
        .join(tables.FollowUp, col(tables.FollowUp.customer_id) == col(tables.Customer.id))
        .where(tables.FollowUp.channel == PHONE, tables.FollowUp.provider_id == case_id(escalation))
        .order_by(col(tables.FollowUp.id))
    )
    return [Call(phone or "", rule) for phone, rule in session.exec(query)]
