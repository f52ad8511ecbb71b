"""Which offer fits a customer in an agent's hands: why this one, what it costs, what such offers did."""

from dataclasses import dataclass

from sqlmodel import Session

from db import tables
from desk.contests import why_not_used
from desk.effects import Effect, Uptake, measured_effect, uptake, usual_order
from desk.policy import CatalogueOffer, Policy


@dataclass(frozen=True, slots=True)
class Recommendation:
    """`offer` is None where the score calls for none, or may not be used. `usual_order` is the mean value of the
    customer's orders, in the shop's currency; None for a customer without one.
    """

    offer: CatalogueOffer | None
    threshold: float | None
    uptake: Uptake
    effect: Effect
    usual_order: float | None

    def cost(self, offer: CatalogueOffer) -> float | None:
        """What a usual order would lose by this offer."""
        return None if self.usual_order is None else self.usual_order * offer.percent / 100


def recommend(
    session: Session, customer: tables.Customer, probability: float | None, policy: Policy
) -> Recommendation:
    if why_not_used(session, customer.id) is not None:
        probability = None
    key, threshold = _called_for(probability, policy)
    return Recommendation(
        offer=policy.offer(key) if key else None,
        threshold=threshold,
        uptake=uptake(session, key) if key else Uptake(),
        effect=measured_effect(session),
        usual_order=usual_order(session, customer.id),
    )


def _called_for(probability: float | None, policy: Policy) -> tuple[str | None, float | None]:
    """The offer by which a decision would answer this risk, and from which risk on."""
    if probability is None or probability < policy.offer_at:
        return None, None
    if probability >= policy.escalate_at:
        return policy.offer_for_escalation, policy.escalate_at
    return policy.offer_for_offer, policy.offer_at
