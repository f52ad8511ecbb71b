"""What customers answer to a follow-up, as feedback: in the chat where it was shown, or by SMS."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, or_
from sqlmodel import Session, col, select

from db import tables
from desk.conversations import post_customer_message
from desk.escalations import Cause, open_escalation
from desk.feedback import Feedback, record

ANSWERED_WITHIN = timedelta(days=7)


def note_chat_reply(session: Session, message: tables.Message, customer_id: int, now: datetime) -> None:
    """Keep this message as the reply to each follow-up that this chat showed within the last seven days, once.

    A follow-up waits in the chat for the customer's next visit; the first session that was open after it was written
    is when it was shown. What the message is about is not asked.
    """
    said, row = tables.Message, tables.FollowUp
    query = (
        select(row.id)
        .join(said, col(said.row_key) == col(row.idempotency_key))
        .where(
            row.customer_id == customer_id,
            row.channel == "in_chat",
            said.conversation_id == message.conversation_id,
            col(said.id) < message.id,
            or_(col(said.time) > now - ANSWERED_WITHIN, ~_shown_before(customer_id, now - ANSWERED_WITHIN)),
        )
    )
    for follow_up_id in session.exec(query).all():
        record(session, customer_id, Feedback.REPLIED, now, str(follow_up_id))


def keep_sms(
    session: Session,
    conversation: tables.Conversation,
    text: str,
    message_id: str,
    now: datetime,
) -> bool:
    """Keep what a customer wrote by SMS in this conversation, as the reply to the newest SMS of ours, and have a
    person see it; False when the same `message_id` came before.
    """
    customer_id = conversation.customer_id
    assert customer_id is not None, "an SMS belongs to a customer we found by the number"
    message, is_new = post_customer_message(session, conversation, text, message_id, now)
    if not is_new:
        return False
    message.payload = {"channel": "sms"}
    if (answered := _newest_sms(session, customer_id)) is not None:
        record(session, customer_id, Feedback.REPLIED, now, str(answered))
    escalation, _ = open_escalation(session, conversation, Cause.FOLLOW_UP, now)
    escalation.snoozed_until = None
    return True


def last_texted(session: Session, customers: list[tables.Customer]) -> tables.Customer:
    """Of several customers with one number, the one whom we wrote an SMS last; else the one we met first."""
    row = tables.FollowUp
    query = (
        select(row.customer_id)
        .where(
            row.channel == "sms",
            col(row.sent_at).is_not(None),
            col(row.customer_id).in_([customer.id for customer in customers]),
        )
        .order_by(col(row.sent_at).desc())
        .limit(1)
    )
    newest = session.exec(query).first()
    return next((customer for customer in customers if customer.id == newest), customers[0])


def _newest_sms(session: Session, customer_id: int) -> int | None:
    row = tables.FollowUp
    query = select(row.id).where(
        row.customer_id == customer_id, row.channel == "sms", col(row.sent_at).is_not(None)
    )
    return session.exec(query.order_by(col(row.sent_at).desc()).limit(1)).first()


def _shown_before(customer_id: int, moment: datetime) -> ColumnElement[bool]:
    """Whether a chat session of the customer was open after the follow-up was written and before this moment."""
    visit = tables.ChatSession
    return exists().where(
        col(visit.customer_id) == customer_id,
        col(visit.expires_at) > col(tables.Message.time),
        col(visit.created_at) < moment,
    )
