"""What an agent does with offers: gives one of the catalogue, approves or changes one that waits, declines.

An agent's giving is the approval that a large offer needs (requirement E4). The cap and the hold-out hold for agents
as they do for decisions.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from db import tables
from desk.errors import OfferRefused
from desk.escalations import held_by
from desk.hold_out import is_held_out
from desk.policy import CatalogueOffer, Policy

WAITING, WITHHELD = "waiting", "withheld"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a customer stands with offers: the one that waits, the one that stands in the way of another, the
    reason for which none may be given at all.
    """

    waiting: tables.Offer | None = None
    recent: tables.Offer | None = None
    held_out: bool = False


def standing(session: Session, customer: tables.Customer, policy: Policy, now: datetime) -> Standing:
    this = tables.Offer
    query = select(this).where(
        this.customer_id == customer.id,
        this.status != WITHHELD,
        col(this.made_at) > now - policy.one_offer_per,
    )
    lately = session.exec(query.order_by(col(this.made_at).desc())).all()
    waiting = next((offer for offer in lately if offer.status == WAITING and offer.expires_at > now), None)
    given = next((offer for offer in lately if offer.status != WAITING), None)
    held_out = is_held_out(customer.customer_key, policy.hold_out_key, policy.hold_out_share)
    return Standing(waiting, given, held_out)


def give(
    session: Session,
    escalation_id: int,
    agent: tables.Agent,
    key: str,
    days: int,
    policy: Policy,
    now: datetime,
) -> tables.Offer:
    """Make the offer that this agent chose, of the one that waited where there is one.

    Raises `NotYourCase`, `OfferRefused`.
    """
    customer, conversation_id = _customer(session, escalation_id, agent)
    choice = _choice(key, days, policy)
    where = standing(session, customer, policy, now)
    if where.held_out:
        raise OfferRefused.held_out()
    if where.recent is not None:
        raise OfferRefused.had_one(where.recent.made_at + policy.one_offer_per)
    offer = where.waiting or _new(customer, conversation_id, choice, now)
    offer.catalogue_key, offer.percent = choice.key, choice.percent
    offer.title, offer.status = choice.title(customer.language), "made"
    offer.made_at, offer.expires_at = now, now + timedelta(days=days)
    offer.agent_id = agent.id
    session.add(offer)
    session.flush()
    return offer


def decline(
    session: Session,
    escalation_id: int,
    agent: tables.Agent,
    key: str,
    reason: str,
    policy: Policy,
    now: datetime,
) -> tables.Offer:
    """Keep that this agent gives no offer, and why: neither does a decision then, within the cap. Raises as `give`."""
    customer, conversation_id = _customer(session, escalation_id, agent)
    where = standing(session, customer, policy, now)
    if where.recent is not None or where.held_out:
        raise OfferRefused.nothing_to_decline()
    offer = where.waiting or _new(customer, conversation_id, _choice(key, 1, policy), now)
    offer.status, offer.agent_id, offer.agent_reason = WITHHELD, agent.id, reason
    session.add(offer)
    session.flush()
    return offer


def _customer(session: Session, escalation_id: int, agent: tables.Agent) -> tuple[tables.Customer, str]:
    """The customer of the case, locked as `desk.offers.make_offer` does, so that no turn makes one meanwhile."""
    escalation = held_by(session, escalation_id, agent)
    if escalation.customer_id is None:
        raise OfferRefused.to_a_visitor()
    query = select(tables.Customer).where(tables.Customer.id == escalation.customer_id)
    return session.exec(query.with_for_update()).one(), escalation.conversation_id


def _choice(key: str, days: int, policy: Policy) -> CatalogueOffer:
    choice = next((offer for offer in policy.offers if offer.key == key), None)
    if choice is None:
        raise OfferRefused.not_in_catalogue()
    if not 1 <= days <= choice.valid_for.days:
        raise OfferRefused.valid_for(days, choice.valid_for.days)
    return choice


def _new(
    customer: tables.Customer, conversation_id: str, choice: CatalogueOffer, now: datetime
) -> tables.Offer:
    return tables.Offer(
        customer_id=customer.id,
        conversation_id=conversation_id,
        catalogue_key=choice.key,
        title=choice.title(customer.language),
        percent=choice.percent,
        code=f"STAY-{secrets.token_hex(4).upper()}",
        made_at=now,
        expires_at=now,
    )
