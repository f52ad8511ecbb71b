"""The agents' console: the queue, one case, and what an agent may do with it."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from sqlmodel import Session
from sse_starlette import EventSourceResponse
from starlette.responses import RedirectResponse, Response

from app.web.audit import audited, note
from app.web.case_view import lines_of_queue, view_case
from app.web.context import RowId, Web, WebDep
from app.web.errors import NotAcceptable, Refused, status_of
from app.web.gateway import lock_conversation
from app.web.hub import QUEUE
from app.web.login import SignedIn, SignedInDep, agent_of
from app.web.pages import page
from app.web.security import require_same_origin
from app.web.stream import change_events
from app.web.text import words_of
from db.session import read_only, unit_of_work
from desk import escalations
from desk.errors import AlreadyClaimed, NotYourCase
from desk.escalations import Verdict
from desk.rules import load_rules

router = APIRouter(prefix="/console", include_in_schema=False, dependencies=[Depends(require_same_origin)])

VERDICTS = {
    Verdict.NOT_AT_RISK: "Was not at risk",
    Verdict.SAVED: "Saved: will stay",
    Verdict.LEFT: "Left anyway",
}
Field = Annotated[str, Form()]
Action = Callable[[Session], object]


@router.get("")
def show_queue(web: WebDep, request: Request, user: SignedInDep) -> Response:
    return _queue_page(web, request, user, "queue.html")


@router.get("/queue")
def queue_fragment(web: WebDep, request: Request, user: SignedInDep) -> Response:
    return _queue_page(web, request, user, "queue_rows.html")


@router.get("/events")
def queue_events(web: WebDep, user: SignedInDep) -> EventSourceResponse:
    return change_events(web, QUEUE, lambda: _still_signed_in(web, user))


@router.get("/cases/{case_id}")
def show_case(web: WebDep, request: Request, user: SignedInDep, case_id: RowId) -> Response:
    return _case_page(web, request, user, case_id)


@router.get("/cases/{case_id}/events")
def case_events(web: WebDep, user: SignedInDep, case_id: RowId) -> EventSourceResponse:
    with read_only(web.engine) as session:
        topic = escalations.find(session, case_id).conversation_id
    return change_events(web, topic, lambda: _still_signed_in(web, user))


@router.post("/cases/{case_id}/claim")
def claim(web: WebDep, request: Request, user: SignedInDep, case_id: RowId) -> Response:
    return _act(
        web,
        request,
        user,
        case_id,
        "claim",
        lambda session: escalations.claim(session, case_id, user.agent, web.clock()),
    )


@router.post("/cases/{case_id}/reply")
def reply(web: WebDep, request: Request, user: SignedInDep, case_id: RowId, text: Field = "") -> Response:
    return _act(
        web,
        request,
        user,
        case_id,
        "reply",
        lambda session: escalations.reply(session, case_id, user.agent, words_of(text), web.clock()),
        draft=text,
    )


@router.post("/cases/{case_id}/hand-back")
def hand_back(web: WebDep, request: Request, user: SignedInDep, case_id: RowId) -> Response:
    return _act(
        web,
        request,
        user,
        case_id,
        "hand back",
        lambda session: escalations.hand_back(session, case_id, user.agent),
    )


@router.post("/cases/{case_id}/resolve")
def resolve(
    web: WebDep, request: Request, user: SignedInDep, case_id: RowId, verdict: Field = "", reason: Field = ""
) -> Response:
    return _act(
        web,
        request,
        user,
        case_id,
        "resolve",
        lambda session: escalations.resolve(
            session,
            case_id,
            user.agent,
            _verdict(verdict),
            words_of(reason),
            web.clock(),
            load_rules(web.settings.rules),
        ),
    )


def _act(
    web: Web, request: Request, user: SignedIn, case_id: int, name: str, action: Action, draft: str = ""
) -> Response:
    """Do it and show the case again; what is refused is said on the case's own page."""
    try:
        with audited(web, user.actor, f"case:{case_id}"), unit_of_work(web.engine) as session:
            topic = escalations.find(session, case_id).conversation_id
            lock_conversation(session, topic)
            action(session)
            note(session, web.clock(), user.actor, name, f"case:{case_id}")
    except (AlreadyClaimed, NotYourCase) as refusal:
        return _case_page(web, request, user, case_id, status_of(refusal), str(refusal), draft)
    except Refused as refusal:
        return _case_page(web, request, user, case_id, refusal.status, str(refusal), draft)
    web.hub.wake(topic, QUEUE)
    return RedirectResponse(f"/console/cases/{case_id}", 303)


def _queue_page(web: Web, request: Request, user: SignedIn, template: str) -> Response:
    with read_only(web.engine) as session:
        lines = lines_of_queue(session)
    return page(
        request, template, shop=web.settings.shop_name, agent=user.agent, lines=lines, now=web.clock()
    )


def _case_page(
    web: Web,
    request: Request,
    user: SignedIn,
    case_id: int,
    status: int = 200,
    notice: str | None = None,
    draft: str = "",
) -> Response:
    with read_only(web.engine) as session:
        view = view_case(session, case_id)
    return page(
        request,
        "case.html",
        status,
        shop=web.settings.shop_name,
        agent=user.agent,
        view=view,
        verdicts=VERDICTS,
        notice=notice,
        draft=draft,
        now=web.clock(),
    )


def _verdict(word: str) -> Verdict:
    try:
        return Verdict(word)
    except ValueError as error:
        raise NotAcceptable("Please choose what became of the customer.") from error


def _still_signed_in(web: Web, user: SignedIn) -> bool:
    with read_only(web.engine) as session:
        return agent_of(session, user.token_hash, web.clock()) is not None
