"""Planning follow-ups, and looking up what the send gate must know about one."""

from datetime import datetime

from sqlmodel import Session, col, select

from db import tables
from desk import outbox
from desk.consent import Purpose, answer
from desk.hold_out import is_held_out
from desk.policy import Policy
from desk.send_gate import Circumstances

CHECK_BACK = "check_back"
EMAIL = "email"


def plan_check_back(
    session: Session,
    customer: tables.Customer,
    conversation_id: str,
    offer: tables.Offer | None,
    policy: Policy,
    now: datetime,
) -> bool:
    """Ask by e-mail, some time after a hard conversation, whether it was solved; once per conversation."""
    due_at = now + policy.follow_up_after
    details = {"offer_title": offer.title, "offer_code": offer.code} if offer else {}
    return outbox.plan(
        session,
        tables.FollowUp(
            idempotency_key=f"{CHECK_BACK}:{conversation_id}",
            customer_id=customer.id,
            conversation_id=conversation_id,
            rule=CHECK_BACK,
            channel=EMAIL,
            details=details,
            planned_at=now,
            due_at=due_at,
            not_after=due_at + policy.follow_up_valid_for,
        ),
    )


def circumstances(
    session: Session, follow_up: tables.FollowUp, policy: Policy, now: datetime
) -> Circumstances:
    """What is true right now of the customer of this follow-up."""
    customer = session.get_one(tables.Customer, follow_up.customer_id)
    conversation = follow_up.conversation_id and session.get(tables.Conversation, follow_up.conversation_id)
    return Circumstances(
        now=now,
        has_address=bool(customer.email),
        consent=answer(session, follow_up.customer_id, Purpose.FOLLOW_UP, follow_up.channel),
        held_out=is_held_out(customer.customer_key, policy.hold_out_key, policy.hold_out_share),
        human_has_chat=bool(conversation and conversation.agent_id),
        bought_since_planned=_ordered_after(session, follow_up.customer_id, follow_up.planned_at),
        time_zone=customer.time_zone,
    )


def _ordered_after(session: Session, customer_id: int, moment: datetime) -> bool:
    event = tables.Event
    query = select(event.id).where(
        event.customer_id == customer_id, event.kind == "order", col(event.time) > moment
    )
    return session.exec(query.limit(1)).first() is not None
