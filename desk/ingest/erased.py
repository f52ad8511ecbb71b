"""Rows about somebody who was erased are not taken in again."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from db import tables
from desk.erasure import erased_among
from desk.ingest.rows import CustomerRow, Row

REASON = "about a customer who was erased"


def without_erased(session: Session, rows: Sequence[Row]) -> list[Row]:
    """The rows but those about an erased customer's time before that; what they do afterwards, as somebody new, counts.
    A customer's own row has no time but `joined_at`: it counts again once they have come back themselves.
    """
    erased = erased_among(session, {row.customer_key for row in rows})
    if not erased:
        return list(rows)
    customer = tables.Customer
    here = set(session.exec(select(customer.customer_key).where(col(customer.customer_key).in_(erased))))
    return [
        row
        for row in rows
        if (when := erased.get(row.customer_key)) is None
        or (isinstance(row, CustomerRow) and row.customer_key in here)
        or _is_after(row, when)
    ]


def _is_after(row: Row, when: datetime) -> bool:
    moment = row.joined_at if isinstance(row, CustomerRow) else row.time
    return moment is not None and moment > when
