"""Offers: from the catalogue only, one customer's only, used once, ending at a known moment.

    waiting (for an agent) -> made -> later -> accepted | declined | expired | replaced

"later" is the customer's word: the offer holds until it ends, and no follow-up reminds of it. "replaced": a better one
took its place, so that one at a time is open; what an agent gave is never replaced.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from db import tables
from desk.errors import NotFound, OfferRefused
from desk.policy import CatalogueOffer, Policy

OPEN = ("made", "later")


def make_offer(
    session: Session,
    customer: tables.Customer,
    conversation_id: str,
    choice: CatalogueOffer,
    policy: Policy,
    now: datetime,
    decision_id: int | None = None,
) -> tables.Offer | None:
    """Make the offer, or None when this customer had one within `policy.one_offer_per` that it may not replace.

    The customer's row is locked while we look, so that two turns at once cannot both make one.
    """
    session.exec(select(tables.Customer.id).where(tables.Customer.id == customer.id).with_for_update()).one()
    needs_agent = choice.percent > policy.approval_above_percent
    before = unanswered(session, customer, now)
    if before is not None:
        if needs_agent or choice.percent <= before.percent or not _withdraw(session, before):
            return None
    elif recent_offer(session, customer, policy, now) is not None:
        return None
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
    if before is not None:
        _speak_of(session, offer, instead_of=before)
    return offer


def unanswered(session: Session, customer: tables.Customer, now: datetime) -> tables.Offer | None:
    """The offer that a decision made this customer, in whatever chat, and that can still be accepted."""
    query = select(tables.Offer).where(
        tables.Offer.customer_id == customer.id,
        col(tables.Offer.status).in_(OPEN),
        col(tables.Offer.expires_at) > now,
        col(tables.Offer.agent_id).is_(None),
    )
    return session.exec(query.order_by(col(tables.Offer.percent).desc())).first()


def _withdraw(session: Session, offer: tables.Offer) -> bool:
    """False when the customer answered it meanwhile."""
    row = tables.Offer
    open_still = update(row).where(col(row.id) == offer.id, col(row.status).in_(OPEN))
    withdrawn = session.exec(open_still.values(status="replaced")).rowcount == 1
    session.refresh(offer)
    return withdrawn


def _speak_of(session: Session, offer: tables.Offer, instead_of: tables.Offer) -> None:
    """What waits to be sent speaks of the offer that holds."""
    this = tables.FollowUp
    query = select(this).where(this.customer_id == offer.customer_id, this.status == "pending")
    for row in session.exec(query):
        if (row.details or {}).get("offer_code") == instead_of.code:
            row.details = {**row.details, **words_of(offer)}


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
        col(tables.Offer.status).in_(OPEN),
        col(tables.Offer.expires_at) > now,
    )
    return session.exec(query).first()


def words_of(offer: tables.Offer | None) -> dict[str, Any]:
    """What a follow-up says of an offer; nothing of one that waits for an agent, or that
    the customer keeps for later.
    """
    if offer is None or offer.status != "made":
        return {}
    ends = f"{offer.expires_at:%Y-%m-%d}"
    return {"offer_title": offer.title, "offer_code": offer.code, "offer_ends": ends}


def offers_of(session: Session, conversation_id: str) -> Sequence[tables.Offer]:
    query = select(tables.Offer).where(tables.Offer.conversation_id == conversation_id)
    return session.exec(query.order_by(col(tables.Offer.id))).all()


def accept_offer(session: Session, customer_id: int, offer_id: int, now: datetime) -> tables.Offer:
    """Accept once. Raises `NotFound` for somebody else's offer, `OfferRefused` when it is used, declined, ended or
    waiting; so do `decline_offer` and `postpone_offer`.
    """
    offer = _answer(session, customer_id, offer_id, now, {"status": "accepted", "accepted_at": now})
    session.add(_outcome(offer, "offer_accepted", now))
    return offer


def decline_offer(session: Session, customer_id: int, offer_id: int, now: datetime) -> tables.Offer:
    """The customer is not interested: it ends here, and the outcome says when."""
    offer = _answer(session, customer_id, offer_id, now, {"status": "declined"})
    session.add(_outcome(offer, "offer_declined", now))
    return offer


def postpone_offer(session: Session, customer_id: int, offer_id: int, now: datetime) -> tables.Offer:
    """Keep it until it ends, without reminding."""
    return _answer(session, customer_id, offer_id, now, {"status": "later"})


def expire(session: Session, now: datetime, limit: int = 500) -> int:
    """End the offers that nobody accepted in time, also those that still waited for an agent; returns how many.

    What another transaction holds is left for the next time, so workers never wait for each other.
    """
    row = tables.Offer
    ended = select(row.id).where(col(row.status).in_((*OPEN, "waiting")), col(row.expires_at) <= now)
    free = ended.limit(limit).with_for_update(skip_locked=True).cte("ended")
    return session.exec(
        update(row).where(col(row.id).in_(select(free.c.id))).values(status="expired")
    ).rowcount


def _answer(
    session: Session, customer_id: int, offer_id: int, now: datetime, changes: dict[str, Any]
) -> tables.Offer:
    answered = session.exec(
        update(tables.Offer)
        .where(
            col(tables.Offer.id) == offer_id,
            col(tables.Offer.customer_id) == customer_id,
            col(tables.Offer.status).in_(OPEN),
            col(tables.Offer.expires_at) > now,
        )
        .values(**changes)
    )
    offer = session.get(tables.Offer, offer_id)
    if offer is None or offer.customer_id != customer_id:
        raise NotFound("offer")
    session.refresh(offer)
    if answered.rowcount == 0:
        raise _refusal(offer)
    return offer


def _outcome(offer: tables.Offer, kind: str, now: datetime) -> tables.Outcome:
    return tables.Outcome(
        customer_id=offer.customer_id,
        decision_id=offer.decision_id,
        kind=kind,
        time=now,
        value=offer.percent,
    )


def _refusal(offer: tables.Offer) -> OfferRefused:
    if offer.accepted_at is not None:
        return OfferRefused.already_accepted(offer.accepted_at)
    if offer.status == "declined":
        return OfferRefused.declined()
    if offer.status == "replaced":
        return OfferRefused.replaced()
    if offer.status == "waiting":
        return OfferRefused.waiting()
    return OfferRefused.expired(offer.expires_at)
