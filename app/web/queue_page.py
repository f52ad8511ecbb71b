"""The queue in the console: which cases, how urgent each is, and the way from one to the next."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from sqlmodel import Session
from sse_starlette import EventSourceResponse
from starlette.datastructures import QueryParams
from starlette.responses import Response

from app.storable import storable
from app.web.case_view import first_reason
from app.web.context import Web, WebDep
from app.web.hub import QUEUE
from app.web.login import SignedIn, SignedInDep, still_signed_in
from app.web.pages import language_of, page
from app.web.presence import There
from app.web.security import require_same_origin
from app.web.stream import change_events
from app.web.tags import LANGUAGES
from db.session import read_only
from desk import queue
from desk.escalations import Case, Cause
from desk.promises import Clock, Promised, clock_of
from desk.queue import LONGEST_SEARCH, PER_PAGE, Band, Reader, Show, Wish

router = APIRouter(prefix="/console", include_in_schema=False, dependencies=[Depends(require_same_origin)])

LAST_PAGE = 100_000
Word = TypeVar("Word", Show, Band, Cause)


@dataclass(frozen=True, slots=True)
class Line:
    """A case in the queue, as it is shown."""

    case: Case
    band: Band
    reason: str | None
    language: str | None
    wrote_at: Any
    unread: bool
    clock: Clock | None
    there: list[There]


@router.get("")
def show_queue(web: WebDep, request: Request, user: SignedInDep) -> Response:
    return _page(web, request, user, "queue.html")


@router.get("/queue")
def queue_fragment(web: WebDep, request: Request, user: SignedInDep) -> Response:
    return _page(web, request, user, "queue_rows.html")


@router.get("/events")
def queue_events(web: WebDep, user: SignedInDep) -> EventSourceResponse:
    return change_events(web, QUEUE, lambda: still_signed_in(web, user))


def wish_of(query: QueryParams) -> Wish:
    """What the address asks for; what we do not know is left out."""
    language = query.get("language")
    return Wish(
        show=_one_of(Show, query.get("show")) or Show.OPEN,
        band=_one_of(Band, query.get("band")),
        cause=_one_of(Cause, query.get("cause")),
        language=language if language in LANGUAGES else None,
        search=storable(query.get("search", "")).strip()[:LONGEST_SEARCH],
    )


def query_of(wish: Wish, **more: object) -> str:
    """The wish as the end of an address, with its question mark; empty for the whole queue."""
    asked = {
        "show": wish.show if wish.show is not Show.OPEN else None,
        "band": wish.band,
        "cause": wish.cause,
        "language": wish.language,
        "search": wish.search or None,
        **more,
    }
    query = urlencode({name: str(value) for name, value in asked.items() if value is not None})
    return f"?{query}" if query else ""


def neighbours(session: Session, wish: Wish, reader: Reader, case_id: int) -> tuple[int | None, int | None]:
    """The cases before and after this one in the queue; of one that is not in it, the first comes after."""
    order = queue.order_of(session, wish, reader)
    if case_id not in order:
        return None, order[0] if order else None
    place = order.index(case_id)
    return order[place - 1] if place else None, order[place + 1] if place + 1 < len(order) else None


def promised(web: Web) -> Promised:
    settings = web.settings
    return Promised(
        timedelta(minutes=settings.first_answer_minutes), timedelta(minutes=settings.resolution_minutes)
    )


def _page(web: Web, request: Request, user: SignedIn, template: str) -> Response:
    wish, number = wish_of(request.query_params), _page_number(request.query_params)
    reader, language = Reader(user.agent.id, web.clock()), language_of(request)
    with read_only(web.engine) as session:
        counts = queue.counts(session, reader)
        total = queue.how_many(session, wish, reader) if wish.narrows else getattr(counts, wish.show)
        pages = max(1, -(-total // PER_PAGE))
        number = min(number, pages)
        found = queue.waiting(session, wish, reader, number)
        unread = queue.unread(session, reader)
    lines = [_line(web, user, one, unread, reader, language) for one in found]
    return page(
        request, template, shop=web.settings.shop_name, agent=user.agent, now=reader.now, lines=lines, wish=wish,
        counts=counts, unread=len(unread), total=total, number=number, pages=pages, query=query_of(wish),
        first=PER_PAGE * (number - 1) + 1, link=lambda **more: query_of(wish, **more),
        shows=Show, bands=Band, causes=Cause, languages=LANGUAGES,
        show_link=lambda show: query_of(Wish(show, wish.band, wish.cause, wish.language, wish.search)),
        is_long=pages > 1,
    )  # fmt: skip


def _line(
    web: Web, user: SignedIn, one: queue.Waiting, unread: frozenset[int], reader: Reader, language: str
) -> Line:
    escalation = one.case.escalation
    return Line(
        case=one.case,
        band=queue.band_of(one.case.risk.probability if one.case.risk else None),
        reason=first_reason(one.case.risk, language, one.case.last_text or ""),
        language=one.language,
        wrote_at=one.wrote_at,
        unread=escalation.id in unread,
        clock=clock_of(escalation, promised(web), reader.now),
        there=web.presence.others(escalation.conversation_id, user.agent.id),
    )


def _page_number(query: QueryParams) -> int:
    asked = query.get("page", "1")
    is_number = asked.isascii() and asked.isdigit() and len(asked) < 9
    return min(max(1, int(asked)), LAST_PAGE) if is_number else 1


def _one_of(words: type[Word], word: str | None) -> Word | None:
    try:
        return words(word) if word else None
    except ValueError:
        return None
