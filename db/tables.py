"""Every table, one class per word of the glossary.

    customer 1--* event, review, order, subscription, consent, contest, offer, follow_up, outcome
    order 1--1 refund, invoice;  product stands alone
    conversation 1--* message;  message 1--1 risk 1--1 decision;  conversation 1--* escalation (one open)
    agent 1--* agent_session;   conversation 1--* chat_session

Names clash on purpose with the values of `risk_model` and `desk` (a `Risk` here is the stored one), so use
them as `tables.Risk`.
"""

from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    CheckConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

# each "as" says that it is meant to be had from here
from db.agent_tables import Agent as Agent
from db.agent_tables import AgentSession as AgentSession
from db.agent_tables import HeldReply as HeldReply
from db.agent_tables import Note as Note
from db.columns import json_column, moment, new_key, of_conversation, of_customer
from db.shop_tables import Invoice as Invoice
from db.shop_tables import Order as Order
from db.shop_tables import Product as Product
from db.shop_tables import Refund as Refund
from db.shop_tables import Subscription as Subscription
from db.upkeep_tables import Audit as Audit
from db.upkeep_tables import Embedding as Embedding
from db.upkeep_tables import Nightly as Nightly
from db.upkeep_tables import Tick as Tick
from db.upkeep_tables import Tombstone as Tombstone


def new_conversation_id() -> str:
    """Unguessable, because it appears in URLs."""
    return uuid4().hex


class Customer(SQLModel, table=True):
    """A person who buys, known by the shop's own key."""

    id: int = new_key()
    customer_key: str = Field(unique=True, index=True, max_length=200)
    name: str | None = None
    joined_at: datetime | None = moment(nullable=True)
    language: str | None = Field(default=None, max_length=20)
    time_zone: str | None = Field(default=None, max_length=60)
    country: str | None = Field(default=None, max_length=60)
    email: str | None = None
    email_refused: str | None = None  # what the mail server said for good; nothing more is sent there
    phone: str | None = None
    address: str | None = None  # where the next order goes, in one line
    value: float | None = None


class Event(SQLModel, table=True):
    """Something a customer did. `row_key` is the shop's id of it, or a hash of its content: the same row
    twice is one.
    """

    __table_args__ = (
        UniqueConstraint("customer_id", "row_key"),
        Index("ix_event_customer_time", "customer_id", "time"),
    )
    id: int = new_key()
    customer_id: int = of_customer()
    time: datetime = moment(index=True)
    kind: str = Field(max_length=60)
    value: float | None = None
    quantity: float | None = None
    item: str | None = None
    row_key: str = Field(max_length=200)


class Review(SQLModel, table=True):
    """Text with a rating that a customer published."""

    __table_args__ = (UniqueConstraint("customer_id", "row_key"),)
    id: int = new_key()
    customer_id: int = of_customer()
    time: datetime = moment(index=True)
    rating: float | None = None
    text: str
    item: str | None = None
    row_key: str = Field(max_length=200)


class Conversation(SQLModel, table=True):
    """A chat thread. While `agent_id` is set a human has it and the bot is silent."""

    id: str = Field(default_factory=new_conversation_id, primary_key=True, max_length=64)
    customer_id: int | None = of_customer(nullable=True)
    agent_id: int | None = Field(default=None, foreign_key="agent.id")
    language: str | None = Field(default=None, max_length=20)
    source: str = Field(default="widget", max_length=20)
    opened_at: datetime = moment()


class Message(SQLModel, table=True):
    """One utterance. `payload` holds what goes with the words: buttons, an offer. `author` is an agent's name."""

    __table_args__ = (UniqueConstraint("conversation_id", "row_key"),)
    id: int = new_key()
    conversation_id: str = of_conversation()
    time: datetime = moment(index=True)
    role: str = Field(max_length=20)
    text: str
    author: str | None = None
    payload: dict[str, Any] | None = json_column()
    row_key: str | None = Field(default=None, max_length=200)


class ChatSession(SQLModel, table=True):
    """A browser's right to one conversation; only the hash of its token is kept."""

    __tablename__ = "chat_session"
    token_hash: str = Field(primary_key=True, max_length=64)
    conversation_id: str = of_conversation()
    customer_id: int | None = of_customer(nullable=True)
    created_at: datetime = moment()
    expires_at: datetime = moment()


class Risk(SQLModel, table=True):
    """The model's answer about one customer at one moment; `status` unknown has no probability, never 0. Each turn
    of a chat has one; a customer has one more without a message, the newest night's.
    """

    __table_args__ = (
        UniqueConstraint("message_id"),
        CheckConstraint("(status = 'scored') = (probability IS NOT NULL)", name="scored_has_probability"),
    )
    id: int = new_key()
    customer_id: int = of_customer()
    message_id: int | None = Field(default=None, foreign_key="message.id", ondelete="CASCADE")
    as_of: datetime = moment(index=True)
    status: str = Field(max_length=20)
    horizon_days: int | None = None
    probability: float | None = None
    low: float | None = None
    high: float | None = None
    reliability: str = Field(max_length=20)
    reliability_reason: str
    reasons: list[dict[str, Any]] = json_column()
    inputs: dict[str, Any] = json_column()
    model_version: str | None = None


class Decision(SQLModel, table=True):
    """What to do about a risk, and why. `planned` and `carried_out` list acts (escalation, offer, follow_up,
    care): they differ where the hold-out, a cap or an act already done stood in the way. `heard` is what the message
    said beside the risk: trouble, a question asked before.
    """

    id: int = new_key()
    customer_id: int = of_customer()
    conversation_id: str = of_conversation()
    risk_id: int = Field(foreign_key="risk.id", ondelete="CASCADE", index=True)
    time: datetime = moment()
    kind: str = Field(max_length=20)
    reason: str
    held_out: bool = False
    propensity: float = 1.0
    planned: list[str] = json_column()
    carried_out: list[str] = json_column()
    heard: dict[str, Any] | None = json_column()


class Escalation(SQLModel, table=True):
    """A case for a human. At most one per conversation is not resolved. `seen_message_id` is the newest message that
    its holder has had on screen.
    """

    __table_args__ = (
        Index(
            "uq_escalation_open",
            "conversation_id",
            unique=True,
            sqlite_where=text("status <> 'resolved'"),
            postgresql_where=text("status <> 'resolved'"),
        ),
        Index(
            "ix_escalation_queue",
            "priority",
            "opened_at",
            sqlite_where=text("status <> 'resolved'"),
            postgresql_where=text("status <> 'resolved'"),
        ),
    )
    id: int = new_key()
    conversation_id: str = of_conversation()
    customer_id: int | None = of_customer(nullable=True)
    risk_id: int | None = Field(default=None, foreign_key="risk.id", ondelete="SET NULL", index=True)
    cause: str = Field(max_length=20)
    priority: float = 0.0
    status: str = Field(default="open", max_length=20)
    opened_at: datetime = moment(index=True)
    claimed_by: int | None = Field(default=None, foreign_key="agent.id")
    claimed_at: datetime | None = moment(nullable=True)
    answered_at: datetime | None = moment(nullable=True)
    resolved_at: datetime | None = moment(nullable=True)
    verdict: str | None = Field(default=None, max_length=20)
    verdict_reason: str | None = None
    snoozed_until: datetime | None = moment(nullable=True)
    seen_message_id: int | None = None


class Offer(SQLModel, table=True):
    """A personal, single-use, expiring benefit made to one customer from the catalogue. States: `desk/offers.py`."""

    __table_args__ = (Index("ix_offer_end", "status", "expires_at"),)
    id: int = new_key()
    customer_id: int = of_customer()
    conversation_id: str = of_conversation()
    decision_id: int | None = Field(default=None, foreign_key="decision.id", ondelete="SET NULL", index=True)
    catalogue_key: str = Field(max_length=60)
    title: str
    percent: float
    code: str = Field(unique=True, max_length=40)
    status: str = Field(default="made", max_length=20)
    made_at: datetime = moment(index=True)
    expires_at: datetime = moment()
    accepted_at: datetime | None = moment(nullable=True)
    agent_id: int | None = Field(default=None, foreign_key="agent.id")  # who approved, gave or declined it
    agent_reason: str | None = None


class FollowUp(SQLModel, table=True):
    """A message planned for later: a row of the outbox. States: facts of `desk/outbox.py`."""

    __tablename__ = "follow_up"
    __table_args__ = (Index("ix_follow_up_due", "status", "due_at"),)
    id: int = new_key()
    idempotency_key: str = Field(unique=True, max_length=200)
    customer_id: int = of_customer()
    conversation_id: str | None = Field(
        default=None, foreign_key="conversation.id", ondelete="SET NULL", index=True
    )
    rule: str = Field(max_length=60)
    channel: str = Field(max_length=20)
    details: dict[str, Any] = json_column()
    planned_at: datetime = moment()
    due_at: datetime = moment()
    not_after: datetime = moment()
    status: str = Field(default="pending", max_length=20)
    status_reason: str | None = None
    attempts: int = 0
    faults: int = 0  # attempts that the row itself spoiled, or whose outcome nobody knows
    lease_owner: str | None = Field(default=None, max_length=100)
    lease_until: datetime | None = moment(nullable=True)
    sent_at: datetime | None = moment(nullable=True)
    provider_id: str | None = None


class GateAnswer(SQLModel, table=True):
    """One answer about one follow-up: why it went, waits or never goes. Together they tell "why sent, why not"."""

    __tablename__ = "gate_answer"
    id: int = new_key()
    follow_up_id: int = Field(foreign_key="follow_up.id", ondelete="CASCADE", index=True)
    customer_id: int = of_customer()
    time: datetime = moment()
    answer: str = Field(max_length=20)
    reason: str
    until: datetime | None = moment(nullable=True)


class Consent(SQLModel, table=True):
    """One answer of a customer: purpose x channel, when and from where. The newest answer counts."""

    id: int = new_key()
    customer_id: int = of_customer()
    purpose: str = Field(max_length=20)
    channel: str = Field(max_length=20)
    granted: bool
    time: datetime = moment()
    source: str = Field(max_length=60)


class Contest(SQLModel, table=True):
    """A customer's word against their score, as an agent wrote it down, and what a person's review came to."""

    id: int = new_key()
    customer_id: int = of_customer()
    escalation_id: int | None = Field(
        default=None, foreign_key="escalation.id", ondelete="SET NULL", index=True
    )
    risk_id: int | None = Field(default=None, foreign_key="risk.id", ondelete="SET NULL", index=True)
    time: datetime = moment()
    agent_id: int = Field(foreign_key="agent.id")
    reason: str
    verdict: str | None = Field(default=None, max_length=20)
    verdict_reason: str | None = None
    reviewed_by: int | None = Field(default=None, foreign_key="agent.id")
    reviewed_at: datetime | None = moment(nullable=True)


class Outcome(SQLModel, table=True):
    """What happened afterwards, for measuring and learning."""

    id: int = new_key()
    customer_id: int = of_customer()
    decision_id: int | None = Field(default=None, foreign_key="decision.id", ondelete="SET NULL", index=True)
    kind: str = Field(max_length=30)
    time: datetime = moment()
    value: float | None = None


class Satisfaction(SQLModel, table=True):
    """How a customer found a chat, from 1 to 5 stars: asked after its end, once per conversation, also of visitors."""

    __table_args__ = (CheckConstraint("stars BETWEEN 1 AND 5", name="one_to_five_stars"),)
    conversation_id: str = Field(primary_key=True, foreign_key="conversation.id", ondelete="CASCADE")
    customer_id: int | None = of_customer(nullable=True)
    stars: int
    words: str | None = None
    time: datetime = moment()
