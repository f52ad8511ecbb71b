"""Deciding: a risk and its situation to a decision with its reason. Pure: carrying it out is elsewhere."""

from dataclasses import dataclass
from enum import StrEnum

from desk.policy import Policy
from risk_model.risk import Risk


class DecisionKind(StrEnum):
    NOTHING = "nothing"
    CARE = "care"
    OFFER = "offer"
    ESCALATE = "escalate"


class Act(StrEnum):
    """What can be carried out, each at most once per conversation."""

    CARE = "care"
    OFFER = "offer"
    ESCALATION = "escalation"
    FOLLOW_UP = "follow_up"


@dataclass(frozen=True, slots=True)
class Situation:
    """What deciding must know besides the risk."""

    held_out: bool = False
    had_offer_lately: bool = False
    already: frozenset[Act] = frozenset()


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
    kind, reason = _kind(risk, policy)
    planned = ACTS[kind]
    return Decision(
        kind, reason, planned, tuple(act for act in planned if _allowed(act, situation)), _offer(kind, policy)
    )


def _kind(risk: Risk, policy: Policy) -> tuple[DecisionKind, str]:
    if risk.probability is None:
        return DecisionKind.NOTHING, f"risk unknown: {risk.reliability_reason}"
    steps = (
        (policy.escalate_at, DecisionKind.ESCALATE),
        (policy.offer_at, DecisionKind.OFFER),
        (policy.care_at, DecisionKind.CARE),
    )
    for threshold, kind in steps:
        if risk.probability >= threshold:
            return kind, f"risk {risk.probability:.2f} is at or above {threshold:.2f}"
    return DecisionKind.NOTHING, f"risk {risk.probability:.2f} is below {policy.care_at:.2f}"


def _allowed(act: Act, situation: Situation) -> bool:
    if act is Act.ESCALATION:  # always passed on: it raises the priority of a case that is open already
        return True
    if act in situation.already or (situation.held_out and act in WITHHELD):
        return False
    return not (act is Act.OFFER and situation.had_offer_lately)


def _offer(kind: DecisionKind, policy: Policy) -> str | None:
    if kind is DecisionKind.ESCALATE:
        return policy.offer_for_escalation
    return policy.offer_for_offer if kind is DecisionKind.OFFER else None
