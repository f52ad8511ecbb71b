"""A case put aside until a time; the customer's next word brings it back, and opens one where it was resolved."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from db import tables
from desk.errors import NotLater
from desk.escalations import Cause, held_by, open_case, open_escalation

FARTHEST = timedelta(days=90)
COMES_BACK_WITHIN = timedelta(hours=24)  # of a verdict; later it is another matter, which the bot hears first


def snooze(session: Session, escalation_id: int, agent: tables.Agent, until: datetime, now: datetime) -> None:
    """Put the case aside until then; its holder keeps it. Raises `NotLater`, `NotYourCase`."""
    if not now < until <= now + FARTHEST:
        raise NotLater
    held_by(session, escalation_id, agent).snoozed_until = until


def wake(session: Session, escalation_id: int, agent: tables.Agent) -> None:
    held_by(session, escalation_id, agent).snoozed_until = None


def customer_wrote(session: Session, conversation: tables.Conversation, now: datetime) -> None:
    """Bring a snoozed case back; where the newest case was resolved lately, or closed unanswered, open another."""
    if (case := open_case(session, conversation.id)) is not None:
        case.snoozed_until = None
    elif _ended_too_early(session, conversation.id, now):
        open_escalation(session, conversation, Cause.RETURNED, now)


def _ended_too_early(session: Session, conversation_id: str, now: datetime) -> bool:
    row = tables.Escalation
    query = select(row).where(row.conversation_id == conversation_id).order_by(col(row.id).desc()).limit(1)
    last = session.exec(query).first()
    if last is None or last.resolved_at is None:
        return False
    return last.verdict is None or now - last.resolved_at <= COMES_BACK_WITHIN
