"""Planning follow-ups by the rules, and looking up what the send gate must know about one.

What follows a decision or a resolved case is planned here, in the transaction of that event; what only time brings
about, in `desk.follow_ups_by_clock`. The idempotency key is rule and occasion: planned twice is one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row as SqlRow
from sqlmodel import Session, col, select

from db import tables
from desk import gate_facts, offers, outbox
from desk.hold_out import is_held_out
from desk.local_time import candidate_zones
from desk.policy import Policy
from desk.rules import Rule, Rules, Stop, When, load_rules
from desk.send_gate import Circumstances

NO_OTHERS = gate_facts.Others()
STOPS_OF_UNKNOWN_RULE = frozenset({Stop.ORDER})  # of a row whose rule is no longer in the file


@dataclass(frozen=True, slots=True)
class Occasion:
    """What set a rule off: for whom, when, and the key that makes it this one and no other."""

    customer: tables.Customer
    key: str
    moment: datetime
    conversation_id: str | None = None
    offer: tables.Offer | None = None


def plan_after_decision(
    session: Session,
    rules: list[Rule],
    customer: tables.Customer,
    conversation_id: str,
    offer: tables.Offer | None,
    now: datetime,
) -> bool:
    """Plan what these rules want after a decision; whether anything new was planned."""
    occasion = Occasion(customer, conversation_id, now, conversation_id, offer)
    planned = [plan_one(session, rule, occasion, now) for rule in rules]
    return any(planned)


def plan_after_verdict(session: Session, escalation: tables.Escalation, rules: Rules, now: datetime) -> None:
    """Plan what follows a resolved case; nothing for a visitor whom nobody can reach."""
    customer = session.get(tables.Customer, escalation.customer_id) if escalation.customer_id else None
    if customer is None:
        return
    conversation_id = escalation.conversation_id
    offer = offers.open_offer(session, conversation_id, now)
    for rule in rules.after_verdict(escalation.verdict or ""):
        plan_one(session, rule, Occasion(customer, conversation_id, now, conversation_id, offer), now)


def plan_one(session: Session, rule: Rule, occasion: Occasion, now: datetime) -> bool:
    """Add the row in the caller's transaction; False when the rule has had its say."""
    if rule.at_most is not None and _planned_lately(session, rule, occasion.customer, now - rule.at_most):
        return False
    row = _row(rule, occasion, now)
    planned = outbox.plan(session, row)
    if planned and rule.replaces:
        _give_way(session, rule, row)
    return planned


def circumstances(
    session: Session,
    follow_ups: Sequence[tables.FollowUp],
    policy: Policy,
    now: datetime,
    rules: Rules | None = None,
) -> list[tuple[Circumstances, tables.Customer | None]]:
    """What is true right now of the customer of each, in two queries: this is asked before every send. An erased
    customer is None.
    """
    rules = rules or load_rules()
    row_ids = [row.id for row in follow_ups]
    customers = gate_facts.customers(session, row_ids, now)
    others = gate_facts.others(session, row_ids, now - rules.limits.period, now)
    return [
        (
            _true_of(row, found, others.get(row.id, NO_OTHERS), policy, now, rules.named(row.rule)),
            found.Customer,
        )
        if (found := customers.get(row.id))
        else (Circumstances(now=now, channel=row.channel, erased=True), None)
        for row in follow_ups
    ]


def _true_of(
    row: tables.FollowUp,
    found: SqlRow[Any],
    others: gate_facts.Others,
    policy: Policy,
    now: datetime,
    rule: Rule | None,
) -> Circumstances:
    customer: tables.Customer = found.Customer
    happened = {
        Stop.ORDER: found.ordered,
        Stop.ACTIVITY: found.active,
        Stop.OFFER_CLOSED: not found.offer_open,
    }
    stops = rule.cancelled_by if rule else STOPS_OF_UNKNOWN_RULE
    return Circumstances(
        now=now,
        channel=row.channel,
        has_address=_has_address(customer, row.channel),
        address_refused=customer.email_refused if row.channel == "email" else None,
        consent=found.consent,
        held_out=is_held_out(customer.customer_key, policy.hold_out_key, policy.hold_out_share),
        human_has_chat=found.human_has_chat,
        happened=frozenset(stop for stop in stops if happened[stop]),
        time_zone=customer.time_zone,
        country=customer.country,
        sent_lately=others.sent,
        undecided=others.undecided,
        not_after=row.not_after,
    )


def _row(rule: Rule, occasion: Occasion, now: datetime) -> tables.FollowUp:
    customer, offer = occasion.customer, occasion.offer
    due_at = rule.due_at(occasion.moment, candidate_zones(customer.time_zone, customer.country)[0])
    not_after = due_at + rule.valid_for
    if rule.when is When.OFFER_EXPIRING and offer is not None:
        not_after = min(not_after, offer.expires_at)
    return tables.FollowUp(
        idempotency_key=f"{rule.name}:{occasion.key}",
        customer_id=customer.id,
        conversation_id=occasion.conversation_id,
        rule=rule.name,
        channel=rule.channel,
        details={"template": rule.template, **offers.words_of(offer)},
        planned_at=now,
        due_at=due_at,
        not_after=not_after,
    )


def _give_way(session: Session, rule: Rule, row: tables.FollowUp) -> None:
    """Cancel what waits under the replaced rules for the same conversation; each keeps the reason as an answer."""
    this = tables.FollowUp
    waiting = select(this.id).where(
        col(this.customer_id) == row.customer_id,
        col(this.conversation_id) == row.conversation_id,
        col(this.rule).in_(rule.replaces),
        col(this.status) == "pending",
    )
    for row_id in session.exec(waiting).all():
        outbox.cancel(session, row_id, f"{rule.name} was planned in its place")


def _planned_lately(session: Session, rule: Rule, customer: tables.Customer, since: datetime) -> bool:
    """Whether this rule planned for this customer since then. Two who plan at once for one customer wait for each
    other here.
    """
    this = tables.Customer
    session.exec(select(this.id).where(this.id == customer.id).with_for_update(key_share=True)).one()
    query = select(tables.FollowUp.id).where(
        tables.FollowUp.customer_id == customer.id,
        tables.FollowUp.rule == rule.name,
        col(tables.FollowUp.planned_at) > since,
    )
    return session.exec(query.limit(1)).first() is not None


def _has_address(customer: tables.Customer, channel: str) -> bool:
    if channel == "in_chat":
        return True
    return bool(customer.email if channel == "email" else customer.phone)
