"""What a customer did after some moment, as conditions for queries: both are answered from indexes."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, or_
from sqlalchemy.orm import Mapped, aliased
from sqlmodel import col

from db import tables
from risk_model.event_kinds import NOT_OF_THEIR_DOING

Moment = Mapped[Any] | ColumnElement[Any] | datetime
CustomerId = Mapped[Any] | int


def ordered(customer_id: CustomerId, after: Moment, *, since: Moment, until: Moment) -> ColumnElement[bool]:
    """Whether there is an order after a moment, and of no other time than this."""
    event = aliased(tables.Event)
    return exists().where(
        col(event.customer_id) == customer_id,
        col(event.kind) == "order",
        col(event.time) > after,
        col(event.time) > since,
        col(event.time) <= until,
    )


def active(customer_id: CustomerId, after: Moment) -> ColumnElement[bool]:
    """Whether the customer did or said anything after a moment."""
    event, chat, said = aliased(tables.Event), aliased(tables.Conversation), aliased(tables.Message)
    done = exists().where(col(event.customer_id) == customer_id, col(event.time) > after, by_customer(event))
    written = exists().where(
        col(chat.customer_id) == customer_id,
        col(said.conversation_id) == col(chat.id),
        col(said.role) == "customer",
        col(said.time) > after,
    )
    return or_(done, written)


def by_customer(event: type[tables.Event] = tables.Event) -> ColumnElement[bool]:
    """Whether an event is something the customer did: a bounced mail or a mail scanner is no sign of life."""
    return col(event.kind).not_in(NOT_OF_THEIR_DOING)
