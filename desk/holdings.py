"""All that is held of one customer, table by table: what an export shows and an erasure removes.

The tables are found by their references, so a new one belongs here from its first day.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, or_, select
from sqlmodel import Session, SQLModel, col
from sqlmodel import select as chosen

from db import tables

CUSTOMER: Table = SQLModel.metadata.tables["customer"]
CONVERSATION: Table = SQLModel.metadata.tables["conversation"]
# A browser's secret is nothing to hand out; its hash goes when the conversation goes.
NOT_SHOWN = frozenset({"token_hash"})


def held(customer_id: int) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """Each table with rows about a customer, and which rows; the customer's own comes first."""
    for table in SQLModel.metadata.sorted_tables:
        if (mine := _about(table, customer_id)) is not None:
            yield table, mine


def export(session: Session, customer_id: int) -> dict[str, list[dict[str, Any]]]:
    """Every row about the customer as JSON values, by table; tables without one are left out."""
    found = {table.name: _rows(session, table, mine) for table, mine in held(customer_id)}
    return {name: rows for name, rows in found.items() if rows}


def texts_of(session: Session, customer_id: int) -> list[str]:
    """What the customer wrote, in chats and reviews: each may have an embedding."""
    message, review = tables.Message, tables.Review
    mine = col(message.conversation_id).in_(_theirs(customer_id))
    wrote = session.exec(chosen(message.text).where(mine, message.role == "customer")).all()
    return [*wrote, *session.exec(chosen(review.text).where(review.customer_id == customer_id))]


def conversations_of(session: Session, customer_id: int) -> list[str]:
    return list(session.execute(_theirs(customer_id)).scalars())


def last_message_of(session: Session, customer_id: int) -> datetime | None:
    """When anybody last wrote in a conversation of theirs."""
    message = tables.Message
    mine = chosen(message.time).where(col(message.conversation_id).in_(_theirs(customer_id)))
    return session.exec(mine.order_by(col(message.time).desc()).limit(1)).first()


def _theirs(customer_id: int) -> Select[tuple[str]]:
    return select(CONVERSATION.c.id).where(CONVERSATION.c.customer_id == customer_id)


def _about(table: Table, customer_id: int) -> ColumnElement[bool] | None:
    if table is CUSTOMER:
        return CUSTOMER.c.id == customer_id
    ways: list[ColumnElement[bool]] = []
    if "customer_id" in table.c:
        ways.append(table.c.customer_id == customer_id)
    if "conversation_id" in table.c:
        ways.append(table.c.conversation_id.in_(_theirs(customer_id)))
    return or_(*ways) if ways else None


def _rows(session: Session, table: Table, mine: ColumnElement[bool]) -> list[dict[str, Any]]:
    query = select(table).where(mine).order_by(*table.primary_key.columns)
    return [_plain(row) for row in session.execute(query).mappings()]


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
        if name not in NOT_SHOWN
    }
