"""Offers: from the catalogue only, one customer's only, used once, ending at a known moment."""

import secrets
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from db import tables
from desk.errors import NotFound, OfferRefused
from desk.policy import CatalogueOffer, Policy


def make_offer(
    session: Session,
    customer: tables.Customer,
    conversation_id: str,
    choice: CatalogueOffer,
    policy: Policy,
    now: datetime,
    decision_id: int | None = None,
) -> tables.Offer | None:
    """Make the offer, or None when this customer had one within `policy.one_offer_per`.

    The customer's row is locked while we look, so that two turns at once cannot both make one.
    """
    session.exec(select(tables.Customer.id).where(tables.Customer.id == customer.id).with_for_update()).one()
    if recent_offer(session, customer, policy, now) is not None:
        return None
    needs_agent = choice.percent > policy.approval_above_percent
    offer = tables.Offer(
        customer_id=customer.id,
        conversation_id=conversation_id,
        decision_id=decision_id,
        catalogue_key=choice.key,
        title=choice.title(customer.language),
        percent=choice.percent,
        code=f"STAY-{secrets.token_hex(4).upper()}",
        status="waiting" if needs_agent else "made",
        made_at=now,
        expires_at=now + choice.valid_for,
    )
    session.add(offer)
    session.flush()
    return offer


def recent_offer(
    session: Session, customer: tables.Customer, policy: Policy, now: datetime
) -> tables.Offer | None:
    query = (
        select(tables.Offer)
        .where(
            tables.Offer.customer_id == customer.id, col(tables.Offer.made_at) > now - policy.one_offer_per
        )
        .order_by(col(tables.Offer.made_at).desc())
    )
    return session.exec(query).first()


def open_offer(session: Session, conversation_id: str, now: datetime) -> tables.Offer | None:
    """The offer of this conversation that can be accepted right now."""
    query = select(tables.Offer).where(
        tables.Offer.conversation_id == conversation_id,
        tables.Offer.status == "made",
        col(tables.Offer.expires_at) > now,
    )
    return session.exec(query).first()


def accept_offer(session: Session, customer_id: int, offer_id: int, now: datetime) -> tables.Offer:
    """Accept once. Raises `NotFound` for somebody else's offer, `OfferRefused` when it is used, ended or waiting."""
    accepted = session.exec(
        update(tables.Offer)
        .where(
            col(tables.Offer.id) == offer_id,
            col(tables.Offer.customer_id) == customer_id,
            col(tables.Offer.status) == "made",
            col(tables.Offer.expires_at) > now,
        )
        .values(status="accepted", accepted_at=now)
    )
    offer = session.get(tables.Offer, offer_id)
    if offer is None or offer.customer_id != customer_id:
        raise NotFound("offer")
    session.refresh(offer)
    if accepted.rowcount == 0:
        raise _refusal(offer)
    session.add(
        tables.Outcome(
            customer_id=customer_id,
            decision_id=offer.decision_id,
            kind="offer_accepted",
            time=now,
            value=offer.percent,
        )
    )
    return offer


def _refusal(offer: tables.Offer) -> OfferRefused:
    if offer.accepted_at is not None:
        return OfferRefused.already_accepted(offer.accepted_at)
    if offer.status == "waiting":
        return OfferRefused.waiting()
    return OfferRefused.expired(offer.expires_at)
