"""What keeps the house in order, the part of `db.tables` that is about no one customer: the cache of embeddings, the
clocks, who did what, who was erased.

Use them as `tables.Tick`, like every other.
"""

from datetime import datetime

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field, SQLModel

from db.columns import moment, new_key


class Embedding(SQLModel, table=True):
    """A text's vector, little-endian float32, by content hash and encoder version."""

    text_hash: str = Field(primary_key=True, max_length=64)
    encoder_version: str = Field(primary_key=True, max_length=60)
    vector: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Tick(SQLModel, table=True):
    """When a timed job last finished: what health is judged by."""

    job: str = Field(primary_key=True, max_length=60)
    last_tick_at: datetime = moment()


class Nightly(SQLModel, table=True):
    """Work of the night, done once by one worker: the last night it was done for, and who is at it now."""

    work: str = Field(primary_key=True, max_length=60)
    done_for: datetime | None = moment(nullable=True)
    lease_owner: str | None = Field(default=None, max_length=100)
    lease_until: datetime | None = moment(nullable=True)


class Audit(SQLModel, table=True):
    """Who did or tried what: refused access, claims, verdicts."""

    id: int = new_key()
    time: datetime = moment()
    actor: str
    action: str = Field(max_length=60)
    subject: str


class Tombstone(SQLModel, table=True):
    """Somebody who was erased, known by a salted hash of their key only: rows about them up to then stay out."""

    key_hash: str = Field(primary_key=True, max_length=64)
    salt: str = Field(max_length=32)
    erased_at: datetime = moment()
