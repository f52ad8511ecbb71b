"""Rows that most desk tests need: a customer with a past, a conversation, agents."""

from datetime import UTC, datetime, timedelta

from sqlmodel import Session

from db import tables
from desk.conversations import open_conversation, post_customer_message
from desk.policy import Policy
from risk_model.risk import Reason, Reliability, Risk, Status

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
NOBODY_HELD_OUT = Policy(hold_out_share=0)
EVERYBODY_HELD_OUT = Policy(hold_out_share=1)


def customer(session: Session, key: str = "ana", **fields: object) -> tables.Customer:
    row = tables.Customer(
        customer_key=key, email=f"{key}@example.com", time_zone="UTC", value=200.0, **fields
    )
    session.add(row)
    session.flush()
    for days in (70, 91, 112):
        session.add(
            tables.Event(
                customer_id=row.id, time=NOW - timedelta(days=days), kind="order", value=20, row_key=str(days)
            )
        )
    session.flush()
    return row


def said(session: Session, who: tables.Customer | None, text: str = "Where is my parcel?") -> tables.Message:
    conversation = open_conversation(session, who, "en", NOW)
    return post_customer_message(session, conversation, text, "c1", NOW)[0]


def agent(session: Session, name: str) -> tables.Agent:
    row = tables.Agent(email=f"{name.lower()}@example.com", name=name, password_hash="-")
    session.add(row)
    session.flush()
    return row


class FixedScorer:
    """Gives everybody the same risk and counts how often it was asked."""

    encoder = None

    def __init__(self, probability: float | None) -> None:
        self.probability, self.asked, self.seen = probability, 0, []

    def score(self, histories, embed=None):
        self.asked += 1
        self.seen.append(histories)
        for key in histories.customers["customer_key"]:
            if self.probability is None:
                yield Risk.unknown(key, histories.as_of, "no model")
            else:
                reasons = (
                    Reason("behaviour", "overdue", 0.9, {"recency_days": 70.0, "usual_gap_days": 21.0}),
                    Reason("text", "words", 0.4, {}, quote="Where is my parcel?", source="chat"),
                )
                yield Risk(
                    key, histories.as_of, Status.SCORED, Reliability.HIGH, "behaviour and own words", 90,
                    self.probability, self.probability - 0.05, self.probability + 0.05, reasons, {"texts": 1}, "m1",
                )  # fmt: skip
