"""What the panel beside a case tells of its customer, gathered in one read: risk, reasons, past, consent, acts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from markupsafe import Markup, escape
from sqlmodel import Session, col, select

from app.settings import Settings
from app.web.case_view import CUT, CaseView, raises, size, strongest_reasons
from app.web.console_words import kept
from app.web.customer_weeks import Week, weeks_of
from app.web.talk import Turn, key_of
from db import tables
from desk import consent, contests
from desk.agent_offers import Standing, standing
from desk.by_hand import PLANNED_BY
from desk.local_time import candidate_zones
from desk.policy import CatalogueOffer
from desk.recommendation import Recommendation, recommend
from desk.rules import Rule, load_rules
from risk_model.words import in_words

MOST_SHOWN = 8
MOST_DECISIONS = 4
CURVE_WIDTH, CURVE_HEIGHT = 300, 84


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that moved the risk: in words, by how much of the strongest one (0 to 1), and the turn it quotes."""

    words: str
    raises: bool
    size: float
    turn: str | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """A scored turn on the little chart, in its own coordinates."""

    x: float
    y: float
    probability: float


@dataclass(frozen=True, slots=True)
class Planned:
    """A follow-up, who planned it by hand, and the last word about it where it did not go."""

    row: tables.FollowUp
    by: str | None
    why: str | None


@dataclass(frozen=True, slots=True)
class Acts:
    """What an agent may do for this customer."""

    standing: Standing
    recommendation: Recommendation
    again_at: datetime | None
    catalogue: Sequence[CatalogueOffer]
    rules: Sequence[Rule]
    zone: str
    tomorrow: date  # there


@dataclass(frozen=True, slots=True)
class Panel:
    """`acts` is None for a visitor. `contest` is the newest, with the names of who wrote it down and reviewed it."""

    language: str
    reasons: Sequence[Reason]
    curve: Sequence[Point]
    escalate_at: float
    quotes: Mapping[str, str] = field(default_factory=dict)
    weeks: Sequence[Week] = ()
    orders: int = 0
    spent: float = 0.0
    consents: Sequence[consent.Standing] = ()
    offers: Sequence[tuple[tables.Offer, str | None]] = ()
    follow_ups: Sequence[Planned] = ()
    contest: tables.Contest | None = None
    contest_by: str | None = None
    review_by: str | None = None
    acts: Acts | None = None
    decided: Sequence[tables.Decision] = ()

    def marked(self, turn: Turn) -> Markup:
        """What was said, with the sentence marked that is among the reasons."""
        text, quote = turn.text, self.quotes.get(turn.key)
        if quote is None:
            return escape(text)
        before, after = text.split(quote, 1)
        return Markup("{}<mark>{}</mark>{}").format(before, quote, after)

    def told(self, sentence: str) -> Markup:
        """A sentence that the desk keeps, in the reader's language where we have it."""
        return kept(sentence, self.language)

    @property
    def line(self) -> str:
        return " ".join(f"{point.x:.1f},{point.y:.1f}" for point in self.curve)


def view_panel(session: Session, view: CaseView, settings: Settings, now: datetime, language: str) -> Panel:
    turns = view.talk.turns
    before = turns[0].message if turns else None
    further = partial(_further_back, session, view.conversation.id, before.id if before else None)
    reasons, quotes = reasons_of(view.risk, turns, language, further)
    curve = curve_of([turn.risk.probability for turn in turns if turn.risk is not None])
    escalate_at = settings.policy.escalate_at
    if (customer := view.case.customer) is None:
        return Panel(language, reasons, curve, escalate_at, quotes)
    contest = contests.newest_contest(session, customer.id)
    weeks, (orders, spent) = weeks_of(session, customer.id, now), _bought(session, customer.id)
    return Panel(
        language=language,
        reasons=reasons,
        curve=curve,
        escalate_at=escalate_at,
        quotes=quotes,
        weeks=weeks,
        orders=orders,
        spent=spent,
        consents=consent.overview(session, customer.id),
        offers=_offers(session, customer.id),
        follow_ups=_follow_ups(session, customer.id),
        contest=contest,
        contest_by=_name(session, contest.agent_id if contest else None),
        review_by=_name(session, contest.reviewed_by if contest else None),
        acts=_acts(session, customer, view.risk, settings, now),
        decided=decided_in(session, view.conversation.id),
    )


def reasons_of(
    risk: tables.Risk | None,
    turns: Sequence[Turn],
    language: str,
    further: Callable[[str], str | None] = lambda _: None,
) -> tuple[list[Reason], dict[str, str]]:
    """What raises the risk and then what lowers it, each the strongest first; and quotes by the turn they are of.
    `further` finds words that none of these turns has.
    """
    shown = sorted(strongest_reasons(risk), key=lambda reason: (not raises(reason), -size(reason)))
    largest = max(map(size, shown), default=1.0) or 1.0
    quotes: dict[str, str] = {}
    reasons = []
    for reason in shown:
        turn = _quoted(reason, turns, quotes, further)
        reasons.append(Reason(in_words(reason, language), raises(reason), size(reason) / largest, turn))
    return reasons, quotes


def curve_of(probabilities: Sequence[float | None]) -> list[Point]:
    """The scored turns from left to right; the top is 1, the bottom 0."""
    known = [probability for probability in probabilities if probability is not None]
    step = (CURVE_WIDTH - 16) / max(len(known) - 1, 1)
    return [
        Point(8 + number * step, 6 + (CURVE_HEIGHT - 12) * (1 - probability), probability)
        for number, probability in enumerate(known)
    ]


def _quoted(
    reason: Mapping[str, Any],
    turns: Sequence[Turn],
    quotes: dict[str, str],
    further: Callable[[str], str | None],
) -> str | None:
    """The key of the customer's turn that the reason quotes: the newest that has no quote yet."""
    words = (reason.get("quote") or "").removesuffix(CUT)
    if not words or reason.get("source") != "chat":
        return None
    for turn in reversed(turns):
        if turn.role == "customer" and words in turn.text and turn.key not in quotes:
            quotes[turn.key] = words
            return turn.key
    return further(words)


def _further_back(session: Session, conversation_id: str, before: int | None, words: str) -> str | None:
    """The key of the newest of the customer's messages with these words before the page that is shown."""
    if before is None:
        return None
    row = tables.Message
    query = select(row.id).where(
        row.conversation_id == conversation_id,
        col(row.id) < before,
        row.role == "customer",
        col(row.text).contains(words, autoescape=True),
    )
    found = session.exec(query.order_by(col(row.id).desc()).limit(1)).first()
    return key_of(found) if found is not None else None


def decided_in(session: Session, conversation_id: str) -> list[tables.Decision]:
    """The newest decision and those that did something, the newest first."""
    row = tables.Decision
    query = select(row).where(row.conversation_id == conversation_id).order_by(col(row.id).desc())
    told = [one for number, one in enumerate(session.exec(query)) if number == 0 or one.carried_out]
    return told[:MOST_DECISIONS]


def _bought(session: Session, customer_id: int) -> tuple[int, float]:
    event = tables.Event
    query = select(event.value).where(event.customer_id == customer_id, event.kind == "order")
    values = session.exec(query).all()
    return len(values), sum(value or 0.0 for value in values)


def _offers(session: Session, customer_id: int) -> list[tuple[tables.Offer, str | None]]:
    """The newest offers, with the agent who gave or declined each."""
    offer, agent = tables.Offer, tables.Agent
    query = (
        select(offer, agent.name)
        .join(agent, col(agent.id) == col(offer.agent_id), isouter=True)
        .where(offer.customer_id == customer_id)
        .order_by(col(offer.made_at).desc())
        .limit(MOST_SHOWN)
    )
    return [(row, name) for row, name in session.exec(query)]


def _follow_ups(session: Session, customer_id: int) -> list[Planned]:
    row = tables.FollowUp
    query = select(row).where(row.customer_id == customer_id).order_by(col(row.planned_at).desc())
    rows = session.exec(query.limit(MOST_SHOWN)).all()
    said = _last_answers(session, [one.id for one in rows])
    return [
        Planned(one, (one.details or {}).get(PLANNED_BY), one.status_reason or said.get(one.id))
        for one in rows
    ]


def _last_answers(session: Session, row_ids: Sequence[int]) -> dict[int, str]:
    answer = tables.GateAnswer
    query = select(answer.follow_up_id, answer.reason).where(col(answer.follow_up_id).in_(row_ids))
    return dict(session.exec(query.order_by(col(answer.id))).all())


def _name(session: Session, agent_id: int | None) -> str | None:
    agent = session.get(tables.Agent, agent_id) if agent_id else None
    return agent.name if agent else None


def _acts(
    session: Session,
    customer: tables.Customer,
    risk: tables.Risk | None,
    settings: Settings,
    now: datetime,
) -> Acts:
    policy, zone = settings.policy, candidate_zones(customer.time_zone, customer.country)[0]
    where = standing(session, customer, policy, now)
    return Acts(
        standing=where,
        recommendation=recommend(session, customer, risk.probability if risk else None, policy),
        again_at=where.recent.made_at + policy.one_offer_per if where.recent else None,
        catalogue=policy.offers,
        rules=load_rules(settings.rules).rules,
        zone=str(zone),
        tomorrow=now.astimezone(zone).date() + timedelta(days=1),
    )
