"""The story in one file: ingest -> features -> score -> decide -> act -> follow up -> measure.

A chat turn walks it for one customer (`handle`); the first step happened when the gateway stored the message
or a file was ingested (`desk.ingest`), the last is `desk.outcomes`, by the clock.
"""

from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session, col, select

from db import tables
from desk import contests, escalations, follow_ups, histories, offers
from desk.consent import may_keep_score, may_profile
from desk.conversations import find_conversation
from desk.decide import Act, Decision, Situation, decide
from desk.embeddings import CachedEncoder, Reading
from desk.hearing import Heard, hear
from desk.hold_out import is_held_out
from desk.policy import Policy
from desk.rules import Rules, load_rules
from desk.so_far import SoFar, so_far
from risk_model.histories import Histories
from risk_model.risk import Risk
from risk_model.scorer import NoModel, Scorer


@dataclass(frozen=True, slots=True)
class Turn:
    """What a chat turn came to: the stored risk and decision, both None for who may not or cannot be scored."""

    conversation: tables.Conversation
    customer: tables.Customer | None
    risk: tables.Risk | None = None
    decision: tables.Decision | None = None

    @property
    def language(self) -> str:
        return self.conversation.language or (self.customer.language if self.customer else None) or "en"


@dataclass(frozen=True, slots=True)
class _Case:
    """What every step of a turn needs."""

    session: Session
    customer: tables.Customer
    conversation: tables.Conversation
    policy: Policy
    rules: Rules
    now: datetime


def handle(
    session: Session,
    scorer: Scorer | NoModel,
    message: tables.Message,
    now: datetime,
    policy: Policy,
    rules: Rules | None = None,
    *,
    leaving: bool = False,
) -> Turn:
    """One chat turn, in the caller's transaction. The same message again gives what was decided the first time.
    Without rules of the shop's own, those we ship plan its follow-ups. `leaving`: the turn is about cancelling, closing
    or hearing no more, against which no offer argues.
    """
    conversation = find_conversation(session, message.conversation_id)
    customer = session.get(tables.Customer, conversation.customer_id) if conversation.customer_id else None
    if (
        customer is None
        or customer.id is None
        or not may_profile(session, customer.id, policy.profiling_needs_consent)
    ):
        return Turn(conversation, customer)
    if (earlier := turn_of(session, message)) is not None:
        return Turn(conversation, customer, *earlier)
    case = _Case(session, customer, conversation, policy, rules or load_rules(), now)
    reading = _reading(session, scorer)
    if reading is not None:
        reading.begin(message.text)
    history = histories.of_customer(session, customer, now)
    risk = score(scorer, history, reading)
    if not may_keep_score(session, customer.id, policy.profiling_needs_consent):
        return Turn(conversation, customer)  # refused while it was computed
    stored = keep_risk(session, customer, risk, message.id)
    if (cause := contests.why_not_used(session, customer.id)) is not None:
        risk = Risk.unknown(customer.customer_key, now, cause)  # it is kept and shown, and decides nothing
    before = so_far(session, conversation.id)
    heard = hear(history, message.text, message.time, reading, before.heard, policy.asked_within)
    heard = replace(heard, leaving=leaving)
    situation = _situation(case, before, heard)
    decision = _with_follow_up(case, decide(risk, situation, policy), risk, situation)
    logged = _log(case, stored, decision, situation, heard)
    logged.carried_out = _act(case, stored, logged, decision)
    return Turn(conversation, customer, stored, logged)


def score(scorer: Scorer | NoModel, history: Histories, reading: Reading | None) -> Risk:
    """Features, network and reasons of one customer."""
    return next(scorer.score(history, reading.encode if reading else None))


def _reading(session: Session, scorer: Scorer | NoModel) -> Reading | None:
    """The encoder, where there is one, with embeddings remembered in this transaction."""
    if isinstance(scorer, NoModel) or scorer.encoder is None:
        return None
    return Reading(CachedEncoder(scorer.encoder, lambda: nullcontext(session)))


def keep_risk(session: Session, customer: tables.Customer, risk: Risk, message_id: int | None) -> tables.Risk:
    """Store the model's answer with the inputs and reasons it rests on."""
    stored = risk_row(customer.id, risk, message_id)
    session.add(stored)
    session.flush()
    return stored


def risk_row(customer_id: int, risk: Risk, message_id: int | None = None) -> tables.Risk:
    """The row of a risk; without a message it is the night's."""
    return tables.Risk(
        customer_id=customer_id,
        message_id=message_id,
        as_of=risk.as_of,
        status=risk.status,
        horizon_days=risk.horizon_days,
        probability=risk.probability,
        low=risk.low,
        high=risk.high,
        reliability=risk.reliability,
        reliability_reason=risk.reliability_reason,
        reasons=[reason.as_dict() for reason in risk.reasons],
        inputs=risk.inputs or {},
        model_version=risk.model_version,
    )


def turn_of(session: Session, message: tables.Message) -> tuple[tables.Risk, tables.Decision] | None:
    """The risk and decision of a message that was handled, or None."""
    query = (
        select(tables.Risk, tables.Decision)
        .join(tables.Decision, col(tables.Decision.risk_id) == col(tables.Risk.id))
        .where(tables.Risk.message_id == message.id)
    )
    return session.exec(query).first()


def _situation(case: _Case, before: SoFar, heard: Heard) -> Situation:
    unanswered = offers.unanswered(case.session, case.customer, case.now)
    return Situation(
        held_out=is_held_out(
            case.customer.customer_key, case.policy.hold_out_key, case.policy.hold_out_share
        ),
        had_offer_lately=offers.recent_offer(case.session, case.customer, case.policy, case.now) is not None,
        open_offer=unanswered.percent if unanswered else None,
        already=before.done,
        before=before.risk,
        escalated=before.escalated,
        leaving=heard.leaving,
        asked=heard.asked,
        times_asked=heard.times_asked,
    )


def _with_follow_up(case: _Case, decision: Decision, risk: Risk, situation: Situation) -> Decision:
    """The decision with a follow-up exactly when the rules want one; from the hold-out it is withheld."""
    wanted = (Act.FOLLOW_UP,) if case.rules.after_decision(decision.kind, risk.probability) else ()
    planned = tuple(act for act in decision.planned if act is not Act.FOLLOW_UP)
    acts = tuple(act for act in decision.acts if act is not Act.FOLLOW_UP)
    return replace(
        decision, planned=(*planned, *wanted), acts=acts if situation.held_out else (*acts, *wanted)
    )


def _log(
    case: _Case, risk: tables.Risk, decision: Decision, situation: Situation, heard: Heard
) -> tables.Decision:
    """Every decision is kept with its propensity, also those that the hold-out stops: measuring needs both."""
    row = tables.Decision(
        customer_id=case.customer.id,
        conversation_id=case.conversation.id,
        risk_id=risk.id,
        time=case.now,
        kind=decision.kind,
        reason=decision.reason,
        held_out=situation.held_out,
        propensity=1 - case.policy.hold_out_share,
        planned=list(decision.planned),
        carried_out=[],
        heard=heard.as_row(),
    )
    case.session.add(row)
    case.session.flush()
    return row


def _act(case: _Case, risk: tables.Risk, logged: tables.Decision, decision: Decision) -> list[str]:
    """Carry the decision out as rows, and list what is new; words and mail follow from the rows after the commit."""
    if Act.ESCALATION not in decision.acts:
        escalations.raise_open_case(case.session, case.conversation.id, risk, _value(case))
    done = {
        Act.ESCALATION: Act.ESCALATION in decision.acts and _escalate(case, risk),
        Act.CARE: Act.CARE in decision.acts,
    }
    offer = _offer(case, logged, decision) if Act.OFFER in decision.acts else None
    done[Act.OFFER] = offer is not None
    wanted = case.rules.after_decision(decision.kind, risk.probability)
    done[Act.FOLLOW_UP] = Act.FOLLOW_UP in decision.acts and follow_ups.plan_after_decision(
        case.session, wanted, case.customer, case.conversation.id, offer or _open_offer(case), case.now
    )
    return [str(act) for act, is_new in done.items() if is_new]


def _open_offer(case: _Case) -> tables.Offer | None:
    """What an earlier turn of this conversation offered: the follow-up speaks of it too."""
    return offers.open_offer(case.session, case.conversation.id, case.now)


def _escalate(case: _Case, risk: tables.Risk) -> bool:
    cause = escalations.Cause.RISK
    _, opened = escalations.open_escalation(
        case.session, case.conversation, cause, case.now, risk=risk, value=_value(case)
    )
    return opened


def _value(case: _Case) -> float:
    return case.customer.value if case.customer.value is not None else case.policy.default_value


def _offer(case: _Case, logged: tables.Decision, decision: Decision) -> tables.Offer | None:
    if decision.offer_key is None:
        return None
    choice = case.policy.offer(decision.offer_key)
    return offers.make_offer(
        case.session, case.customer, case.conversation.id, choice, case.policy, case.now, logged.id
    )
