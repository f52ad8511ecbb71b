"""The preference page behind every mail: what we may send, on which channel, and whether we may profile."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlmodel import Session
from starlette.responses import Response

from app.links import read_unsubscribe_token
from app.web.context import Web, WebDep
from app.web.pages import page
from app.web.preference_words import WORDS, Words
from app.web.text import known_language
from db import tables
from db.session import read_only, unit_of_work
from desk.consent import ANY_CHANNEL, Purpose, Standing, may_profile, overview
from desk.errors import NotFound
from desk.feedback import keep_answer

router = APIRouter(prefix="/u", include_in_schema=False)
SOURCE = "preference page"


async def _ticked(request: Request) -> frozenset[str]:
    """The names of the form's boxes that are ticked; the others are not sent."""
    async with request.form(max_files=0, max_fields=20) as form:
        return frozenset(form)


@router.get("/{token}/preferences")
def show(web: WebDep, request: Request, token: str) -> Response:
    with read_only(web.engine) as session:
        return _page(session, web, request, _customer(session, web, token), saved=False)


@router.post("/{token}/preferences")
def save(
    web: WebDep, request: Request, token: str, ticked: Annotated[frozenset[str], Depends(_ticked)]
) -> Response:
    """Keep what the customer changed. The token says who it is; no cookie is needed or set."""
    with unit_of_work(web.engine) as session:
        customer = _customer(session, web, token)
        for standing, shown in _switches(session, web, customer.id):
            if (wanted := name_of(standing) in ticked) is not shown:
                channel = ANY_CHANNEL if standing.purpose is Purpose.PROFILING else standing.channel
                keep_answer(session, customer.id, standing.purpose, wanted, web.clock(), SOURCE, channel)
        return _page(session, web, request, customer, saved=True)


def words_for(language: str | None) -> Words:
    return WORDS[known_language(language)]


def name_of(standing: Standing) -> str:
    """The name of this switch in the form and in the words."""
    return "profiling" if standing.purpose is Purpose.PROFILING else standing.channel


def _customer(session: Session, web: Web, token: str) -> tables.Customer:
    wanted = read_unsubscribe_token(web.settings.secret("link_secret"), token)
    customer = session.get(tables.Customer, wanted.customer_id)
    if customer is None:
        raise NotFound("preference page")
    return customer


def _switches(session: Session, web: Web, customer_id: int) -> list[tuple[Standing, bool]]:
    """Each thing to allow, and whether it is on now."""
    profiled = may_profile(session, customer_id, web.settings.policy.profiling_needs_consent)
    return [
        (standing, profiled if standing.purpose is Purpose.PROFILING else standing.granted is True)
        for standing in overview(session, customer_id)
    ]


def _page(
    session: Session, web: Web, request: Request, customer: tables.Customer, *, saved: bool
) -> Response:
    switches = [
        (name_of(standing), is_on, standing.time) for standing, is_on in _switches(session, web, customer.id)
    ]
    words = words_for(customer.language)
    return page(
        request, "preferences.html", shop=web.settings.shop_name, words=words, switches=switches, saved=saved
    )
