"""A phone call is a task for a person: the follow-up opens a case, and the case says whom to call and why."""

from sqlalchemy import Engine

from app.channels.in_chat import newest_conversation
from app.channels.port import Channel, PermanentFailure, Receipt
from db import tables
from db.session import unit_of_work
from desk import outbox
from desk.calls import case_id
from desk.escalations import Cause, open_escalation


class Phone(Channel):
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
