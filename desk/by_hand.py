"""A follow-up that an agent plans: a rule's words at a moment of the agent's choice, by the same outbox and gate."""

from datetime import datetime, timedelta

from sqlmodel import Session

from db import tables
from desk import offers, outbox
from desk.errors import FollowUpRefused
from desk.escalations import held_by
from desk.rules import Rules, When

LATEST = timedelta(days=60)
PLANNED_BY = "planned_by"  # in the details: the agent's name


def plan(
    session: Session,
    escalation_id: int,
    agent: tables.Agent,
    rule_name: str,
    due_at: datetime,
    rules: Rules,
    now: datetime,
) -> None:
    """Add the row; whether it goes is asked when it is due, as of any other.

    Raises `NotYourCase`, `FollowUpRefused`.
    """
    escalation = held_by(session, escalation_id, agent)
    if escalation.customer_id is None:
        raise FollowUpRefused.to_a_visitor()
    if (rule := rules.named(rule_name)) is None:
        raise FollowUpRefused.unknown_rule()
    if not now <= due_at <= now + LATEST:
        raise FollowUpRefused.not_then(LATEST.days)
    offer = offers.open_offer(session, escalation.conversation_id, due_at)
    if rule.when is When.OFFER_EXPIRING and offer is None:
        raise FollowUpRefused.needs_offer()
    not_after = due_at + rule.valid_for
    if rule.when is When.OFFER_EXPIRING and offer is not None:
        not_after = min(not_after, offer.expires_at)
    row = tables.FollowUp(
        idempotency_key=f"by_hand:{rule.name}:{escalation.id}:{due_at.isoformat()}",
        customer_id=escalation.customer_id,
        conversation_id=escalation.conversation_id,
        rule=rule.name,
        channel=rule.channel,
        details={"template": rule.template, PLANNED_BY: agent.name, **offers.words_of(offer)},
        planned_at=now,
        due_at=due_at,
        not_after=not_after,
    )
    if not outbox.plan(session, row):
        raise FollowUpRefused.planned_already()
