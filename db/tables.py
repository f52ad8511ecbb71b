"""Every table, one class per word of the glossary.

    customer 1--* event, review, order, consent, offer, follow_up, outcome
    conversation 1--* message;  message 1--1 risk 1--1 decision;  conversation 1--* escalation (one open)
    agent 1--* agent_session;   conversation 1--* chat_session

Names clash on purpose with the values of `risk_model` and `desk` (a `Risk` here is the stored one), so use
them as `tables.Risk`.
"""

from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from db.columns import UTCDateTime


def _moment(*, nullable: bool = False, index: bool = False) -> Any:
    return Field(default=None, sa_column=Column(UTCDateTime(), nullable=nullable, index=index))


def _key() -> Any:
    """A number the database gives: there from the first flush on."""
    return Field(default=None, primary_key=True)


def _of_customer(*, nullable: bool = False) -> Any:
    """A reference that goes when the customer goes."""
    reference = ForeignKey("customer.id", ondelete="CASCADE")
    return Field(default=None, sa_column=Column(Integer, reference, nullable=nullable, index=True))


def _of_conversation() -> Any:
    return Field(foreign_key="conversation.id", ondelete="CASCADE", index=True)


def _json() -> Any:
    return Field(default=None, sa_column=Column(JSON, nullable=True))


def new_conversation_id() -> str:
    """Unguessable, because it appears in URLs."""
    return uuid4().hex


class Customer(SQLModel, table=True):
    """A person who buys, known by the shop's own key."""

    id: int = _key()
    customer_key: str = Field(unique=True, index=True, max_length=200)
    name: str | None = None
    joined_at: datetime | None = _moment(nullable=True)
    language: str | None = Field(default=None, max_length=20)
    time_zone: str | None = Field(default=None, max_length=60)
    country: str | None = Field(default=None, max_length=60)
    email: str | None = None
    email_refused: str | None = None  # what the mail server said for good; nothing more is sent there
    phone: str | None = None
    value: float | None = None


class Event(SQLModel, table=True):
    """Something a customer did. `row_key` is the shop's id of it, or a hash of its content: the same row
    twice is one.
    """

    __table_args__ = (
        UniqueConstraint("customer_id", "row_key"),
        Index("ix_event_customer_time", "customer_id", "time"),
    )
    id: int = _key()
    customer_id: int = _of_customer()
    time: datetime = _moment(index=True)
    kind: str = Field(max_length=60)
    value: float | None = None
    quantity: float | None = None
    item: str | None = None
    row_key: str = Field(max_length=200)


class Review(SQLModel, table=True):
    """Text with a rating that a customer published."""

    __table_args__ = (UniqueConstraint("customer_id", "row_key"),)
    id: int = _key()
    customer_id: int = _of_customer()
    time: datetime = _moment(index=True)
    rating: float | None = None
    text: str
    item: str | None = None
    row_key: str = Field(max_length=200)


class Order(SQLModel, table=True):
    """What the bot may tell a customer about one order."""

    __tablename__ = "customer_order"  # ORDER is a word of SQL
    order_number: str = Field(primary_key=True, max_length=60)
    customer_id: int = _of_customer()
    placed_at: datetime = _moment()
    status: str = Field(max_length=20)
    expected_at: datetime | None = _moment(nullable=True)
    delivered_at: datetime | None = _moment(nullable=True)
    total: float
    items: str


class Agent(SQLModel, table=True):
    """The person in the console."""

    id: int = _key()
    email: str = Field(unique=True)
    name: str
    role: str = Field(default="agent", max_length=20)
    password_hash: str


class AgentSession(SQLModel, table=True):
    """A login, revocable here; only the hash of its token is kept."""

    __tablename__ = "agent_session"
    token_hash: str = Field(primary_key=True, max_length=64)
    agent_id: int = Field(foreign_key="agent.id", ondelete="CASCADE")
    created_at: datetime = _moment()
    expires_at: datetime = _moment()
    revoked_at: datetime | None = _moment(nullable=True)


class Conversation(SQLModel, table=True):
    """A chat thread. While `agent_id` is set a human has it and the bot is silent."""

    id: str = Field(default_factory=new_conversation_id, primary_key=True, max_length=64)
    customer_id: int | None = _of_customer(nullable=True)
    agent_id: int | None = Field(default=None, foreign_key="agent.id")
    language: str | None = Field(default=None, max_length=20)
    source: str = Field(default="widget", max_length=20)
    opened_at: datetime = _moment()


class Message(SQLModel, table=True):
    """One utterance. `payload` holds what goes with the words: buttons, an offer. `author` is an agent's name."""

    __table_args__ = (UniqueConstraint("conversation_id", "row_key"),)
    id: int = _key()
    conversation_id: str = _of_conversation()
    time: datetime = _moment(index=True)
    role: str = Field(max_length=20)
    text: str
    author: str | None = None
    payload: dict[str, Any] | None = _json()
    row_key: str | None = Field(default=None, max_length=200)


class ChatSession(SQLModel, table=True):
    """A browser's right to one conversation; only the hash of its token is kept."""

    __tablename__ = "chat_session"
    token_hash: str = Field(primary_key=True, max_length=64)
    conversation_id: str = _of_conversation()
    customer_id: int | None = _of_customer(nullable=True)
    created_at: datetime = _moment()
    expires_at: datetime = _moment()


class Risk(SQLModel, table=True):
    """The model's answer about one customer at one moment; `status` unknown has no probability, never 0."""

    __table_args__ = (
        UniqueConstraint("message_id"),
        CheckConstraint("(status = 'scored') = (probability IS NOT NULL)", name="scored_has_probability"),
    )
    id: int = _key()
    customer_id: int = _of_customer()
    message_id: int | None = Field(default=None, foreign_key="message.id", ondelete="CASCADE")
    as_of: datetime = _moment(index=True)
    status: str = Field(max_length=20)
    horizon_days: int | None = None
    probability: float | None = None
    low: float | None = None
    high: float | None = None
    reliability: str = Field(max_length=20)
    reliability_reason: str
    reasons: list[dict[str, Any]] = _json()
    inputs: dict[str, Any] = _json()
    model_version: str | None = None


class Decision(SQLModel, table=True):
    """What to do about a risk, and why. `planned` and `carried_out` list acts (escalation, offer, follow_up,
    care): they differ where the hold-out, a cap or an act already done stood in the way.
    """

    id: int = _key()
    customer_id: int = _of_customer()
    conversation_id: str = _of_conversation()
    risk_id: int = Field(foreign_key="risk.id", ondelete="CASCADE")
    time: datetime = _moment()
    kind: str = Field(max_length=20)
    reason: str
    held_out: bool = False
    propensity: float = 1.0
    planned: list[str] = _json()
    carried_out: list[str] = _json()


class Escalation(SQLModel, table=True):
    """A case for a human. At most one per conversation is not resolved."""

    __table_args__ = (
        Index(
            "uq_escalation_open",
            "conversation_id",
            unique=True,
            sqlite_where=text("status <> 'resolved'"),
            postgresql_where=text("status <> 'resolved'"),
        ),
    )
    id: int = _key()
    conversation_id: str = _of_conversation()
    customer_id: int | None = _of_customer(nullable=True)
    risk_id: int | None = Field(default=None, foreign_key="risk.id", ondelete="SET NULL")
    cause: str = Field(max_length=20)
    priority: float = 0.0
    status: str = Field(default="open", max_length=20)
    opened_at: datetime = _moment(index=True)
    claimed_by: int | None = Field(default=None, foreign_key="agent.id")
    claimed_at: datetime | None = _moment(nullable=True)
    answered_at: datetime | None = _moment(nullable=True)
    resolved_at: datetime | None = _moment(nullable=True)
    verdict: str | None = Field(default=None, max_length=20)
    verdict_reason: str | None = None


class Offer(SQLModel, table=True):
    """A personal, single-use, expiring benefit made to one customer from the catalogue."""

    id: int = _key()
    customer_id: int = _of_customer()
    conversation_id: str = _of_conversation()
    decision_id: int | None = Field(default=None, foreign_key="decision.id", ondelete="SET NULL")
    catalogue_key: str = Field(max_length=60)
    title: str
    percent: float
    code: str = Field(unique=True, max_length=40)
    status: str = Field(default="made", max_length=20)
    made_at: datetime = _moment(index=True)
    expires_at: datetime = _moment()
    accepted_at: datetime | None = _moment(nullable=True)


class FollowUp(SQLModel, table=True):
    """A message planned for later: a row of the outbox. States: facts of `desk/outbox.py`."""

    __tablename__ = "follow_up"
    __table_args__ = (Index("ix_follow_up_due", "status", "due_at"),)
    id: int = _key()
    idempotency_key: str = Field(unique=True, max_length=200)
    customer_id: int = _of_customer()
    conversation_id: str | None = Field(default=None, foreign_key="conversation.id", ondelete="SET NULL")
    rule: str = Field(max_length=60)
    channel: str = Field(max_length=20)
    details: dict[str, Any] = _json()
    planned_at: datetime = _moment()
    due_at: datetime = _moment()
    not_after: datetime = _moment()
    status: str = Field(default="pending", max_length=20)
    status_reason: str | None = None
    attempts: int = 0
    lease_owner: str | None = Field(default=None, max_length=100)
    lease_until: datetime | None = _moment(nullable=True)
    sent_at: datetime | None = _moment(nullable=True)
    provider_id: str | None = None


class GateAnswer(SQLModel, table=True):
    """One answer about one follow-up: why it went, waits or never goes. Together they tell "why sent, why not"."""

    __tablename__ = "gate_answer"
    id: int = _key()
    follow_up_id: int = Field(foreign_key="follow_up.id", ondelete="CASCADE", index=True)
    customer_id: int = _of_customer()
    time: datetime = _moment()
    answer: str = Field(max_length=20)
    reason: str
    until: datetime | None = _moment(nullable=True)


class Consent(SQLModel, table=True):
    """One answer of a customer: purpose x channel, when and from where. The newest answer counts."""

    id: int = _key()
    customer_id: int = _of_customer()
    purpose: str = Field(max_length=20)
    channel: str = Field(max_length=20)
    granted: bool
    time: datetime = _moment()
    source: str = Field(max_length=60)


class Outcome(SQLModel, table=True):
    """What happened afterwards, for measuring and learning."""

    id: int = _key()
    customer_id: int = _of_customer()
    decision_id: int | None = Field(default=None, foreign_key="decision.id", ondelete="SET NULL")
    kind: str = Field(max_length=30)
    time: datetime = _moment()
    value: float | None = None


class Embedding(SQLModel, table=True):
    """A text's vector, little-endian float32, by content hash and encoder version."""

    text_hash: str = Field(primary_key=True, max_length=64)
    encoder_version: str = Field(primary_key=True, max_length=60)
    vector: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Tick(SQLModel, table=True):
    """When a timed job last finished: what health is judged by."""

    job: str = Field(primary_key=True, max_length=60)
    last_tick_at: datetime = _moment()


class Audit(SQLModel, table=True):
    """Who did or tried what: refused access, claims, verdicts."""

    id: int = _key()
    time: datetime = _moment()
    actor: str
    action: str = Field(max_length=60)
    subject: str
