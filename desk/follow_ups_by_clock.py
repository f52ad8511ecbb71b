"""Planning what only time brings about: an offer about to end, a customer gone quiet, one who came back.

The worker asks every minute. Nothing here reads all events: the queries go by the times of offers and cases, and by
the narrow window of events that became old enough since the last pass.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, func, literal
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col, select

from db import tables
from desk.activity import active, by_customer, ordered
from desk.follow_ups import Occasion, plan_one
from desk.policy import Policy
from desk.rules import Rule, Rules, When

CLOCK = "plan"  # the job whose ticks tell when the last pass was
OVERLAP = timedelta(minutes=10)  # of two passes: a tick is noted a little after the pass it ends
A_PASS = 500  # offers or cases that one rule looks at in one pass; the next pass goes on


def plan_by_clock(session: Session, rules: Rules, policy: Policy, now: datetime) -> int:
    """Plan what time has brought about; returns how many follow-ups are new.

    The first pass ever leaves those alone who had gone quiet before: that is old news, and there may be thousands.
    """
    last = session.exec(select(tables.Tick.last_tick_at).where(tables.Tick.job == CLOCK)).first() or now
    found: dict[When, Callable[[Rule], Iterator[Occasion]]] = {
        When.OFFER_EXPIRING: lambda rule: _expiring(session, rule, policy, now),
        When.QUIET: lambda rule: _quiet(session, rule, last - OVERLAP, now),
        When.RECOVERED: lambda rule: _recovered(session, rule, now),
    }
    return sum(
        plan_one(session, rule, occasion, now)
        for when, occasions in found.items()
        for rule in rules.by_clock(when)
        for occasion in occasions(rule)
    )


def _expiring(session: Session, rule: Rule, policy: Policy, now: datetime) -> Iterator[Occasion]:
    """Offers that end soon, and are old enough for a reminder to be one."""
    assert rule.before is not None, "checked when the rules were read"
    offer = tables.Offer
    longest = max((choice.valid_for for choice in policy.offers), default=timedelta())
    query = (
        select(offer, tables.Customer)
        .join(tables.Customer, col(tables.Customer.id) == col(offer.customer_id))
        .where(
            offer.status == "made",
            col(offer.made_at) > now - longest,
            col(offer.made_at) <= now - rule.before,
            col(offer.expires_at) > now,
            col(offer.expires_at) <= now + rule.before,
            ~_planned(rule, col(offer.conversation_id), col(offer.customer_id), now),
        )
        .order_by(col(offer.expires_at))
        .limit(A_PASS)
    )
    for made, customer in session.exec(query).all():
        yield Occasion(customer, made.conversation_id, now, made.conversation_id, made)


def _quiet(session: Session, rule: Rule, last_pass: datetime, now: datetime) -> Iterator[Occasion]:
    """Customers whose last sign of life came of the asked age since the last pass. After an outage the window is as
    wide as the outage, but no wider than the message would still be welcome.
    """
    assert rule.days is not None, "checked when the rules were read"
    silence, event = timedelta(days=rule.days), tables.Event
    until = now - silence
    newest = func.max(event.time)
    query = (
        select(tables.Customer, newest)
        .join(event, col(event.customer_id) == col(tables.Customer.id))
        .where(
            col(event.time) > max(last_pass - silence, until - rule.valid_for),
            col(event.time) <= until,
            by_customer(),
            ~active(col(tables.Customer.id), until),
            ~_planned(rule, None, col(tables.Customer.id), now),
        )
        .group_by(col(tables.Customer.id))
        .order_by(col(tables.Customer.id))
    )
    for customer, moment in session.exec(query).all():
        yield Occasion(customer, f"{customer.id}.{moment:%Y%m%d}", now)


def _recovered(session: Session, rule: Rule, now: datetime) -> Iterator[Occasion]:
    """Customers who lately bought after a case or an offer of theirs."""
    assert rule.within is not None, "checked when the rules were read"
    case, offer = tables.Escalation, tables.Offer
    causes: tuple[tuple[Any, Any, Any], ...] = (
        (case.customer_id, case.conversation_id, case.opened_at),
        (offer.customer_id, offer.conversation_id, offer.made_at),
    )
    for customer_id, conversation_id, time in causes:
        query = (
            select(tables.Customer, col(conversation_id))
            .join(tables.Customer, col(tables.Customer.id) == col(customer_id))
            .where(
                col(time) > now - rule.within,
                ordered(col(customer_id), col(time), since=now - rule.valid_for, until=now),
                ~_planned(rule, col(conversation_id), col(customer_id), now),
            )
            .order_by(col(time))
            .limit(A_PASS)
        )
        for customer, conversation in session.exec(query).all():
            yield Occasion(customer, conversation, now, conversation)


def _planned(
    rule: Rule, conversation_id: Mapped[Any] | None, customer_id: Mapped[Any], now: datetime
) -> ColumnElement[bool]:
    """Whether the rule has had its say: for this conversation or, where it is bound by time, this customer."""
    row = tables.FollowUp
    if rule.at_most is None and conversation_id is not None:
        return exists().where(col(row.idempotency_key) == literal(f"{rule.name}:") + conversation_id)
    since = now - (rule.at_most or timedelta())
    return exists().where(
        col(row.customer_id) == customer_id, col(row.rule) == rule.name, col(row.planned_at) > since
    )
