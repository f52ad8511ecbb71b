"""Deciding: a risk and its situation to a decision with its reason. Pure: carrying it out is elsewhere.

The trigger has hysteresis: one spike does not escalate. Up it takes two turns in a row at or above `escalate_at`, or
one at or above `escalate_at_once`; down again the risk must fall below `offer_at`, so that one that hovers about a
threshold does not change the decision at every turn.
"""

from dataclasses import dataclass
from enum import StrEnum

from desk.policy import CatalogueOffer, Policy
from risk_model.risk import Risk


class DecisionKind(StrEnum):
    NOTHING = "nothing"
    CARE = "care"
    OFFER = "offer"
    ESCALATE = "escalate"


class Act(StrEnum):
    """What can be carried out, each at most once per conversation; but a better offer may follow a good one."""

    CARE = "care"
    OFFER = "offer"
    ESCALATION = "escalation"
    FOLLOW_UP = "follow_up"


@dataclass(frozen=True, slots=True)
class Situation:
    """What deciding must know besides the risk.

    `before` is the risk of the conversation's last scored turn. `escalated`: a case that the risk opened is open.
    `open_offer`: the percent of an offer that waits for the customer's answer, and that a better one may replace.
    `leaving`: this turn is about cancelling, closing or hearing no more. `asked` is the question of this message where
    it was asked before, `times_asked` how often with this time, and nothing was bought since the first.
    """

    held_out: bool = False
    had_offer_lately: bool = False
    open_offer: float | None = None
    already: frozenset[Act] = frozenset()
    before: float | None = None
    escalated: bool = False
    leaving: bool = False
    asked: str | None = None
    times_asked: int = 1


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do and why. `planned` is what the risk calls for, `acts` what of it may be done now."""

    kind: DecisionKind
    reason: str
    planned: tuple[Act, ...]
    acts: tuple[Act, ...]
    offer_key: str | None = None


ACTS = {
    DecisionKind.NOTHING: (),
    DecisionKind.CARE: (Act.CARE,),
    DecisionKind.OFFER: (Act.CARE, Act.OFFER),
    DecisionKind.ESCALATE: (Act.ESCALATION, Act.OFFER, Act.FOLLOW_UP),
}
WITHHELD = {Act.OFFER, Act.FOLLOW_UP}  # from the hold-out; a human's help never is


def decide(risk: Risk, situation: Situation, policy: Policy) -> Decision:
    """The decision for one turn. Nothing here can harm: a score alone only ever adds help (requirement E6)."""
    kind, reason = _asked_again(*_kind(risk, situation, policy), situation, policy)
    planned, offer = ACTS[kind], _offer(kind, policy)
    acts = tuple(
        act
        for act in planned
        if (_may_offer(offer, situation) if act is Act.OFFER else _allowed(act, situation))
    )
    return Decision(kind, reason, planned, acts, offer.key if offer else None)


def _kind(risk: Risk, situation: Situation, policy: Policy) -> tuple[DecisionKind, str]:
    if risk.probability is None:
        return DecisionKind.NOTHING, f"risk unknown: {risk.reliability_reason}"
    if because := _escalates(risk.probability, situation, policy):
        return DecisionKind.ESCALATE, because
    kind, reason = _band(risk.probability, policy)
    if risk.probability >= policy.escalate_at:
        reason = (
            f"risk {risk.probability:.2f}: first turn at or above {policy.escalate_at:.2f}; "
            "a second one in a row escalates"
        )
    return kind, reason


def _escalates(probability: float, situation: Situation, policy: Policy) -> str | None:
    """Why this turn is one for a human, or None."""
    told = f"risk {probability:.2f} is at or above"
    if probability >= policy.escalate_at_once:
        return f"{told} {policy.escalate_at_once:.2f}, where one turn is enough"
    if situation.escalated and probability >= policy.offer_at:
        return f"{told} {policy.offer_at:.2f}, and a colleague has the case already"
    twice = situation.before is not None and min(probability, situation.before) >= policy.escalate_at
    return f"{told} {policy.escalate_at:.2f} for the second turn in a row" if twice else None


def _band(probability: float, policy: Policy) -> tuple[DecisionKind, str]:
    steps = ((policy.offer_at, DecisionKind.OFFER), (policy.care_at, DecisionKind.CARE))
    for threshold, kind in steps:
        if probability >= threshold:
            return kind, f"risk {probability:.2f} is at or above {threshold:.2f}"
    places = (
        2 if round(probability, 2) < policy.care_at else 3
    )  # .446 is not told as .45, which is not below .45
    return DecisionKind.NOTHING, f"risk {probability:.{places}f} is below {policy.care_at:.2f}"


def _asked_again(
    kind: DecisionKind, reason: str, situation: Situation, policy: Policy
) -> tuple[DecisionKind, str]:
    """A question asked again and again brings at least the care message (requirement R5)."""
    if situation.asked is None or situation.times_asked < policy.care_after_asked:
        return kind, reason
    told = f"asked {situation.times_asked} times “{situation.asked}”, bought nothing since"
    return DecisionKind.CARE if kind is DecisionKind.NOTHING else kind, f"{told}; {reason}"


def _allowed(act: Act, situation: Situation) -> bool:
    if act is Act.ESCALATION:  # always passed on: it raises the priority of a case that is open already
        return True
    if act is Act.CARE and situation.escalated:  # a colleague's coming says more than the care message
        return False
    return not (act in situation.already or (situation.held_out and act in WITHHELD))


def _may_offer(offer: CatalogueOffer | None, situation: Situation) -> bool:
    """Never as an argument against leaving; one that is open is replaced by a better one only."""
    if offer is None or situation.leaving or situation.held_out:
        return False
    if situation.open_offer is not None:
        return offer.percent > situation.open_offer
    return not (situation.had_offer_lately or Act.OFFER in situation.already)


def _offer(kind: DecisionKind, policy: Policy) -> CatalogueOffer | None:
    if kind is DecisionKind.ESCALATE:
        return policy.offer(policy.offer_for_escalation)
    return policy.offer(policy.offer_for_offer) if kind is DecisionKind.OFFER else None
