"""The link in every e-mail. Looking changes nothing (mail scanners look); posting does, without a cookie."""

from fastapi import APIRouter, Request
from sqlmodel import Session
from starlette.responses import Response

from app.links import Subscription, read_unsubscribe_token
from app.web.context import WebDep
from app.web.pages import page
from app.web.preferences import words_for
from db import tables
from db.session import read_only, unit_of_work
from desk.consent import Purpose
from desk.errors import NotFound
from desk.feedback import keep_answer

router = APIRouter(prefix="/u", include_in_schema=False)


@router.get("/{token}")
def ask(web: WebDep, request: Request, token: str) -> Response:
    wanted = read_unsubscribe_token(web.settings.secret("link_secret"), token)
    with read_only(web.engine) as session:
        customer = _customer(session, wanted)
    return _page(request, web.settings.shop_name, token, customer, done=False)


@router.post("/{token}")
def unsubscribe(web: WebDep, request: Request, token: str) -> Response:
    """RFC 8058 one-click, and the page's own button."""
    wanted = read_unsubscribe_token(web.settings.secret("link_secret"), token)
    with unit_of_work(web.engine) as session:
        customer = _customer(session, wanted)
        keep_answer(
            session, customer.id, Purpose.FOLLOW_UP, False, web.clock(), "unsubscribe link", wanted.channel
        )
    return _page(request, web.settings.shop_name, token, customer, done=True)


def _page(request: Request, shop: str, token: str, customer: tables.Customer, done: bool) -> Response:
    words = words_for(customer.language)
    return page(
        request, "unsubscribe.html", shop=shop, words=words, preferences=f"/u/{token}/preferences", done=done
    )


def _customer(session: Session, wanted: Subscription) -> tables.Customer:
    """A link may outlive its customer, who was erased."""
    customer = session.get(tables.Customer, wanted.customer_id)
    if customer is None:
        raise NotFound("unsubscribe link")
    return customer
