"""What an agent does for the customer of a case beside answering: offers, follow-ups by hand, contested scores."""

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from sqlmodel import Session
from starlette.responses import Response

from app.web.console import AtCase, AtCaseDep, act_on_case
from app.web.console_words import told_in
from app.web.context import RowId
from app.web.errors import NotAcceptable, Refused
from app.web.panel_words import gift
from app.web.security import require_same_origin
from app.web.text import words_of
from db import tables
from desk import agent_offers, by_hand, contests, escalations
from desk.conversations import add_message, find_conversation
from desk.errors import Worded
from desk.local_time import candidate_zones, first_valid
from desk.rules import load_rules

router = APIRouter(
    prefix="/console/cases/{case_id}", include_in_schema=False, dependencies=[Depends(require_same_origin)]
)

Field = Annotated[str, Form()]
Days = Annotated[int, Form(ge=-1_000, le=10_000)]


class NotDone(Refused):
    """What the desk refused an agent, in the agent's language."""

    status = 409


@router.post("/offer")
def give_offer(at: AtCaseDep, key: Field = "", days: Days = 0) -> Response:
    """Give one of the catalogue, or approve what waits; the customer is shown it in the chat."""

    def give(session: Session) -> None:
        now = at.web.clock()
        offer = agent_offers.give(session, at.case_id, at.agent, key, days, at.web.settings.policy, now)
        _show(session, offer, at.agent, now)

    return act_on_case(at, "give offer", _told(at, give))


@router.post("/offer/decline")
def decline_offer(at: AtCaseDep, key: Field = "", reason: Field = "") -> Response:
    def decline(session: Session) -> None:
        why = _reason(reason)
        agent_offers.decline(session, at.case_id, at.agent, key, why, at.web.settings.policy, at.web.clock())

    return act_on_case(at, "decline offer", _told(at, decline))


@router.post("/follow-up")
def plan_follow_up(
    at: AtCaseDep,
    rule: Field = "",
    day: Field = "",
    hour: Field = "",
) -> Response:
    def plan(session: Session) -> None:
        due_at = _moment(session, at.case_id, day, hour)
        by_hand.plan(
            session, at.case_id, at.agent, rule, due_at, load_rules(at.web.settings.rules), at.web.clock()
        )

    return act_on_case(at, "plan follow-up", _told(at, plan))


@router.post("/contest")
def contest_score(at: AtCaseDep, reason: Field = "") -> Response:
    def contest(session: Session) -> None:
        escalation = escalations.find(session, at.case_id)
        newest = escalations.newest_risk(session, find_conversation(session, escalation.conversation_id))
        risk_id = newest.id if newest else escalation.risk_id
        contests.contest(session, at.case_id, risk_id, at.agent, _reason(reason), at.web.clock())

    return act_on_case(at, "contest", _told(at, contest))


@router.post("/contests/{contest_id}")
def review_score(
    at: AtCaseDep,
    contest_id: RowId,
    verdict: Field = "",
    reason: Field = "",
) -> Response:
    def review(session: Session) -> None:
        found = _verdict(verdict)
        contests.review(session, at.case_id, contest_id, at.agent, found, _reason(reason), at.web.clock())

    return act_on_case(at, "review contest", _told(at, review))


def _told(at: AtCase, action: Callable[[Session], None]) -> Callable[[Session], None]:
    """The action, whose refusals are told in the agent's language."""

    def told(session: Session) -> None:
        try:
            action(session)
        except Worded as refusal:
            tell = told_in(at.language)
            raise NotDone(str(tell(f"acts.refused_{refusal.word}", **refusal.facts))) from refusal

    return told


def _show(session: Session, offer: tables.Offer, agent: tables.Agent, now: datetime) -> None:
    """The offer's card in the customer's chat, from this agent; its code is told on accepting only."""
    conversation = find_conversation(session, offer.conversation_id)
    card = {
        "id": offer.id,
        "title": offer.title,
        "percent": offer.percent,
        "expires_at": offer.expires_at.isoformat(),
    }
    text = gift(conversation.language)
    add_message(session, conversation.id, "agent", text, now, author=agent.name, payload={"offer": card})


def _moment(session: Session, case_id: int, day: str, hour: str) -> datetime:
    """The first moment of that local time on that day, where the customer of the case lives."""
    escalation = escalations.find(session, case_id)
    customer = (
        session.get(tables.Customer, escalation.customer_id) if escalation.customer_id is not None else None
    )
    zones = candidate_zones(customer.time_zone, customer.country) if customer else candidate_zones(None, None)
    try:
        return first_valid(date.fromisoformat(day), time.fromisoformat(hour).replace(tzinfo=None), zones[0])
    except (ValueError, OverflowError) as error:
        raise NotAcceptable("acts.no_moment") from error


def _reason(text: str) -> str:
    if not text.strip():
        raise NotAcceptable("acts.no_reason")
    return words_of(text)


def _verdict(word: str) -> contests.Review:
    try:
        return contests.Review(word)
    except ValueError as error:
        raise NotAcceptable("acts.no_verdict") from error
