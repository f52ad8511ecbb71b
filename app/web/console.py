"""One case in the agents' console: what an agent sees of it, and may do with it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from sqlmodel import Session
from sse_starlette import EventSourceResponse
from starlette.responses import RedirectResponse, Response

from app.web.audit import audited, note
from app.web.case_view import view_case
from app.web.console_words import kept, knows, told_in
from app.web.context import LARGEST_ID, RowId, Web, WebDep
from app.web.errors import NotAcceptable, Refused, status_of
from app.web.gateway import lock_conversation
from app.web.hub import QUEUE
from app.web.login import SignedIn, SignedInDep, still_signed_in
from app.web.pages import language_of, page
from app.web.panel_view import view_panel
from app.web.queue_page import neighbours, promised, query_of, wish_of
from app.web.security import require_same_origin
from app.web.stream import change_events
from app.web.text import known_language, words_of
from db import tables
from db.session import read_only, unit_of_work
from desk import calls, escalations, held_replies, queue, snooze
from desk.calls import CallResult
from desk.canned_replies import Canned, load_canned_replies, open_facts
from desk.errors import AlreadyClaimed, CaseClosed, DeskError, NotLater, NotYourCase, SentAlready
from desk.escalations import Verdict
from desk.notes import add_note
from desk.promises import clock_of
from desk.queue import Reader
from desk.rules import load_rules
from desk.shop import order_in_question
from desk.shop_tables import TablesShop

router = APIRouter(
    prefix="/console/cases/{case_id}", include_in_schema=False, dependencies=[Depends(require_same_origin)]
)

SNOOZES_MINUTES = (60, 3 * 60, 24 * 60, 7 * 24 * 60)
TOLD_ON_THE_PAGE = (AlreadyClaimed, CaseClosed, NotYourCase, SentAlready, NotLater)
Field = Annotated[str, Form()]
MessageId = Annotated[int | None, Query(ge=1, le=LARGEST_ID)]
Action = Callable[[Session], object]


@dataclass(frozen=True, slots=True)
class AtCase:
    """A request of an agent about a case."""

    web: Web
    request: Request
    user: SignedIn
    case_id: int

    @property
    def agent(self) -> tables.Agent:
        return self.user.agent

    @property
    def language(self) -> str:
        return language_of(self.request)


def _at_case(web: WebDep, request: Request, user: SignedInDep, case_id: RowId) -> AtCase:
    return AtCase(web, request, user, case_id)


AtCaseDep = Annotated[AtCase, Depends(_at_case)]


@router.get("")
def show_case(at: AtCaseDep, before: MessageId = None, since: MessageId = None) -> Response:
    return _case_page(at, before=before, since=since)


@router.get("/events")
def case_events(at: AtCaseDep) -> EventSourceResponse:
    return change_events(at.web, _topic(at), lambda: still_signed_in(at.web, at.user))


@router.post("/claim")
def claim(at: AtCaseDep) -> Response:
    return act_on_case(
        at, "claim", lambda session: escalations.claim(session, at.case_id, at.agent, at.web.clock())
    )


@router.post("/reply")
def reply(at: AtCaseDep, text: Field = "") -> Response:
    return act_on_case(at, "reply", lambda session: _say(session, at, _ready(text)), draft=text)


@router.post("/held/{held_id}/undo")
def take_back(at: AtCaseDep, held_id: RowId) -> Response:
    """The page with the words that were taken back as the draft."""
    words: list[str] = []
    answer = act_on_case(
        at, "undo", lambda session: words.append(held_replies.take_back(session, held_id, at.agent))
    )
    return _case_page(at, draft=words[0]) if words else answer


@router.post("/note")
def leave_note(at: AtCaseDep, text: Field = "") -> Response:
    def add(session: Session) -> None:
        topic = escalations.find(session, at.case_id).conversation_id
        add_note(session, topic, at.agent, words_of(text), at.web.clock())

    return act_on_case(at, "note", add, note_draft=text)


@router.post("/snooze")
def put_aside(at: AtCaseDep, minutes: Field = "", until: Field = "", offset: Field = "0") -> Response:
    now = at.web.clock()
    return act_on_case(
        at,
        "snooze",
        lambda session: snooze.snooze(
            session, at.case_id, at.agent, _until(minutes, until, offset, now), now
        ),
    )


@router.post("/wake")
def wake(at: AtCaseDep) -> Response:
    return act_on_case(at, "wake", lambda session: snooze.wake(session, at.case_id, at.agent))


@router.post("/hand-back")
def hand_back(at: AtCaseDep) -> Response:
    return act_on_case(at, "hand back", lambda session: escalations.hand_back(session, at.case_id, at.agent))


@router.post("/resolve")
def resolve(at: AtCaseDep, verdict: Field = "", reason: Field = "", then: Field = "") -> Response:
    following = _following(at) if then == "next" else None
    answer = act_on_case(
        at,
        "resolve",
        lambda session: escalations.resolve(
            session,
            at.case_id,
            at.agent,
            _verdict(verdict),
            words_of(reason),
            at.web.clock(),
            load_rules(at.web.settings.rules),
        ),
    )
    return RedirectResponse(following, 303) if following and answer.status_code == 303 else answer


@router.post("/calls/{follow_up_id}")
def note_call(at: AtCaseDep, follow_up_id: RowId, result: Field = "") -> Response:
    return act_on_case(
        at,
        "call",
        lambda session: calls.note_call(
            session, at.case_id, follow_up_id, at.agent, _call_result(result), at.web.clock()
        ),
    )


@router.post("/here", status_code=204)
def here(
    at: AtCaseDep, writes: Field = "", seen: Annotated[int, Form(ge=0, le=LARGEST_ID)] = 0, left: Field = ""
) -> None:
    """The agent's page is there (or was closed), with this message on screen: others see it, and nothing is audited."""
    topic, agent_id = _topic(at), at.agent.id
    if left:
        news = at.web.presence.leave(topic, agent_id)
    else:
        news = at.web.presence.note(topic, agent_id, at.agent.name, bool(writes))
        with unit_of_work(at.web.engine) as session:
            if queue.seen(session, at.case_id, Reader(agent_id, at.web.clock()), seen):
                at.web.hub.wake(QUEUE)
    if news:
        at.web.hub.wake(topic)


def act_on_case(at: AtCase, name: str, action: Action, draft: str = "", note_draft: str = "") -> Response:
    """Do it and show the case again; what is refused is said on the case's own page."""
    web, subject = at.web, f"case:{at.case_id}"
    try:
        with audited(web, at.user.actor, subject), unit_of_work(web.engine) as session:
            topic = escalations.find(session, at.case_id).conversation_id
            lock_conversation(session, topic)
            if name in ("resolve", "hand back"):
                held_replies.release_all(session, topic, web.clock())
            action(session)
            note(session, web.clock(), at.user.actor, name, subject)
    except TOLD_ON_THE_PAGE as refusal:
        return _refused(at, refusal, draft, note_draft)
    except Refused as refusal:
        return _refused(at, refusal, draft, note_draft)
    web.hub.wake(topic, QUEUE)
    return RedirectResponse(_address(at), 303)


def _refused(at: AtCase, refusal: DeskError | Refused, draft: str, note_draft: str) -> Response:
    t, said, kind = told_in(at.language), str(refusal), f"refusals.{type(refusal).__name__}"
    notice = (
        str(t(kind, **vars(refusal)))
        if knows(kind)
        else str(t(said))
        if knows(said)
        else kept(said, at.language)
    )
    status = refusal.status if isinstance(refusal, Refused) else status_of(refusal)
    return _case_page(at, status, notice, draft, note_draft)


def _case_page(
    at: AtCase,
    status: int = 200,
    notice: str | None = None,
    draft: str = "",
    note_draft: str = "",
    before: int | None = None,
    since: int | None = None,
) -> Response:
    web, now, wish = at.web, at.web.clock(), wish_of(at.request.query_params)
    with read_only(web.engine) as session:
        view = view_case(session, at.case_id, before, since)
        earlier, later = neighbours(session, wish, Reader(at.agent.id, now), at.case_id)
        canned = _canned(session, at, view.conversation)
        panel = view_panel(session, view, web.settings, now, at.language)
    return page(
        at.request, "case.html", status, shop=web.settings.shop_name, agent=at.agent, view=view, panel=panel, now=now,
        verdicts=Verdict, call_results=CallResult, notice=notice, draft=draft, note_draft=note_draft,
        query=query_of(wish), earlier_case=earlier, later_case=later, canned=canned, snoozes=SNOOZES_MINUTES,
        clock=clock_of(view.case.escalation, promised(web), now),
        there=web.presence.others(view.conversation.id, at.agent.id),
        snoozed=_is_after(view.case.escalation.snoozed_until, now),
    )  # fmt: skip


def _canned(session: Session, at: AtCase, conversation: tables.Conversation) -> list[Canned]:
    """What may be answered with `/`, in the conversation's language and filled in."""
    customer_id = conversation.customer_id
    customer = session.get(tables.Customer, customer_id) if customer_id is not None else None
    shop = TablesShop(session, at.web.clock(), at.web.settings.policy.return_within)
    order = order_in_question(shop.orders(customer.customer_key)) if customer else None
    facts = {
        "name": customer.name if customer else None,
        "order": order.number if order else None,
        "agent": at.agent.name,
    }
    replies = load_canned_replies(at.web.settings.canned_replies)
    return replies.filled(known_language(conversation.language), facts)


def _say(session: Session, at: AtCase, text: str) -> None:
    now, undo = at.web.clock(), timedelta(seconds=at.web.settings.undo_send_seconds)
    if undo:
        held_replies.hold(session, at.case_id, at.agent, text, now, undo)
    else:
        escalations.reply(session, at.case_id, at.agent, text, now)


def _ready(text: str) -> str:
    words = words_of(text)
    if open_facts(words):
        raise NotAcceptable("refusals.open_facts")
    return words


def _until(minutes: str, until: str, offset: str, now: datetime) -> datetime:
    """In so many minutes, or at this wall-clock time where the agent is; `offset` is minutes from there to UTC."""
    try:
        if minutes:
            return now + timedelta(minutes=int(minutes))
        at_utc = datetime.fromisoformat(until) + timedelta(minutes=int(offset or 0))
        return at_utc.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise NotAcceptable("refusals.no_time") from error


def _following(at: AtCase) -> str:
    """Where the agent goes after this case: the next of the queue, or the queue when there is none."""
    wish = wish_of(at.request.query_params)
    with read_only(at.web.engine) as session:
        _, later = neighbours(session, wish, Reader(at.agent.id, at.web.clock()), at.case_id)
    return f"/console/cases/{later}{query_of(wish)}" if later else f"/console{query_of(wish)}"


def _address(at: AtCase) -> str:
    return f"/console/cases/{at.case_id}{query_of(wish_of(at.request.query_params))}"


def _topic(at: AtCase) -> str:
    with read_only(at.web.engine) as session:
        return escalations.find(session, at.case_id).conversation_id


def _is_after(time: datetime | None, now: datetime) -> bool:
    return time is not None and time > now


def _verdict(word: str) -> Verdict:
    try:
        return Verdict(word)
    except ValueError as error:
        raise NotAcceptable("refusals.no_verdict") from error


def _call_result(word: str) -> CallResult:
    try:
        return CallResult(word)
    except ValueError as error:
        raise NotAcceptable("refusals.no_call_result") from error
