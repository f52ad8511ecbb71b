"""What offers did, measured against the hold-out: nobody there got one, and who is there was drawn by a hash.

Compared are customers by what was meant for them, held out or not, at their first measured decision that called for an
offer: what came later, or whether they took it, would no longer be by chance. The interval is Newcombe's for the
difference of two shares (R. G. Newcombe, 1998, Statistics in Medicine 17, 873-890, method 10).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

from sqlalchemy import func
from sqlmodel import Session, col, select

from db import tables
from desk.decide import ACTS, Act
from desk.outcomes import BOUGHT_AGAIN, LEFT

FEWEST = 30  # customers of each group, below which no effect is told
OFFERING = [kind for kind, acts in ACTS.items() if Act.OFFER in acts]
Z = 1.959964  # of a 95 % interval


@dataclass(frozen=True, slots=True)
class Group:
    """How many customers were measured, and how many of them bought again."""

    customers: int = 0
    stayed: int = 0

    @property
    def share(self) -> float:
        return self.stayed / self.customers


@dataclass(frozen=True, slots=True)
class Effect:
    """Offers against the hold-out. `known` says whether there are enough of both to tell `gain` with its interval."""

    offered: Group
    held_out: Group
    fewest: int = FEWEST

    @property
    def known(self) -> bool:
        return min(self.offered.customers, self.held_out.customers) >= self.fewest

    @property
    def gain(self) -> float:
        return self.offered.share - self.held_out.share

    @property
    def interval(self) -> tuple[float, float]:
        low_a, high_a = wilson(self.offered.stayed, self.offered.customers)
        low_b, high_b = wilson(self.held_out.stayed, self.held_out.customers)
        a, b = self.offered.share, self.held_out.share
        down, up = sqrt((a - low_a) ** 2 + (high_b - b) ** 2), sqrt((high_a - a) ** 2 + (b - low_b) ** 2)
        return self.gain - down, self.gain + up


@dataclass(frozen=True, slots=True)
class Uptake:
    """How many offers of one kind have ended or were taken, and how many were taken."""

    ended: int = 0
    accepted: int = 0


def measured_effect(session: Session) -> Effect:
    """Of offers in general: groups of one kind of offer would be smaller still."""
    decision, outcome = tables.Decision, tables.Outcome
    measured = col(outcome.kind).in_((BOUGHT_AGAIN, LEFT))
    same = col(outcome.decision_id) == col(decision.id)
    first = (
        select(func.min(decision.id)).join(outcome, same).where(measured, col(decision.kind).in_(OFFERING))
    )
    query = (
        select(decision.held_out, outcome.kind, func.count())
        .join(outcome, same)
        .where(measured, col(decision.id).in_(first.group_by(col(decision.customer_id))))
        .group_by(col(decision.held_out), col(outcome.kind))
    )
    found = {(held_out, kind): number for held_out, kind, number in session.exec(query).all()}
    return Effect(_group(found, False), _group(found, True))


def uptake(session: Session, catalogue_key: str) -> Uptake:
    status = col(tables.Offer.status)
    query = select(status, func.count()).where(
        tables.Offer.catalogue_key == catalogue_key, status.in_(("accepted", "declined", "expired"))
    )
    found = dict(session.exec(query.group_by(status)).all())
    return Uptake(sum(found.values()), found.get("accepted", 0))


def usual_order(session: Session, customer_id: int) -> float | None:
    """The mean value of a customer's orders, in the shop's currency; None without an order that has one."""
    event = tables.Event
    query = select(func.avg(event.value)).where(event.customer_id == customer_id, event.kind == "order")
    found: float | None = session.exec(query).one()
    return found


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % score interval of a share (E. B. Wilson, 1927, JASA 22, 209-212)."""
    share, square = hits / of, Z**2
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = Z * sqrt(share * (1 - share) / of + square / (4 * of**2)) / (1 + square / of)
    return max(0.0, middle - half), min(1.0, middle + half)


def _group(found: Mapping[tuple[bool, str], int], held_out: bool) -> Group:
    stayed = found.get((held_out, BOUGHT_AGAIN), 0)
    return Group(stayed + found.get((held_out, LEFT), 0), stayed)
