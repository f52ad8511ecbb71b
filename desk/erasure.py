"""Erasing a customer, in one transaction: every row about them, and the embeddings of what they wrote.

What stays is a tombstone, a salted hash of their key. It keeps rows about them up to that day from being taken in
again, and tells nobody who they were. Whoever comes back of their own will afterwards is a new customer.
"""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from sqlalchemy import delete, func
from sqlalchemy import select as rows_where
from sqlmodel import Session, col, select

from db import tables
from desk import embeddings
from desk.errors import DeskError
from desk.holdings import conversations_of, held, last_message_of, texts_of

SALT_BYTES = 16


class UnknownCustomer(DeskError):
    """Nobody of this key is held."""

    def __init__(self, key: str) -> None:
        super().__init__(f"There is no customer {key!r}: nothing is held of them.")


@dataclass(frozen=True, slots=True)
class Erased:
    """How many rows of each table went, and what the caller still has to reach outside of our tables."""

    rows: dict[str, int]
    conversations: list[str]
    last_message_at: datetime | None


def customer_of(session: Session, key: str) -> tables.Customer:
    """The customer's row, locked, so that a chat turn in progress ends before it goes. Raises `UnknownCustomer`."""
    query = select(tables.Customer).where(tables.Customer.customer_key == key).with_for_update()
    if (found := session.exec(query).first()) is None:
        raise UnknownCustomer(key)
    return found


def erase(session: Session, key: str, now: datetime) -> Erased:
    """Remove all rows about the customer and leave a tombstone. Raises `UnknownCustomer`."""
    customer = customer_of(session, key)
    counts = {
        table.name: session.execute(rows_where(func.count()).select_from(table).where(mine)).scalar_one()
        for table, mine in held(customer.id)
    }
    erased = Erased(
        {name: count for name, count in counts.items() if count},
        conversations_of(session, customer.id),
        last_message_of(session, customer.id),
    )
    embeddings.forget(session, texts_of(session, customer.id))
    for table, mine in reversed(list(held(customer.id))):  # what refers to others goes before them
        session.execute(delete(table).where(mine))
    salt = session.exec(select(tables.Tombstone.salt).limit(1)).first() or secrets.token_hex(SALT_BYTES)
    session.merge(tables.Tombstone(key_hash=_hash(key, salt), salt=salt, erased_at=now))
    return erased


def erased_among(session: Session, keys: Collection[str]) -> dict[str, datetime]:
    """When those of the keys were erased that were."""
    salts: Sequence[str] = session.exec(select(tables.Tombstone.salt).distinct()).all()
    by_hash = {_hash(key, salt): key for salt in salts for key in keys}
    row = tables.Tombstone
    query = select(row.key_hash, row.erased_at).where(col(row.key_hash).in_(by_hash))
    return {by_hash[found]: when for found, when in session.exec(query)} if by_hash else {}


def _hash(key: str, salt: str) -> str:
    return blake2b(key.encode("utf-8", "surrogatepass"), salt=bytes.fromhex(salt), digest_size=32).hexdigest()
