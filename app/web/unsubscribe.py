"""The link in every e-mail. Looking changes nothing (mail scanners look); posting does, without a cookie."""

from fastapi import APIRouter, Request
from sqlalchemy import update
from sqlmodel import Session, col
from starlette.responses import Response

from app.links import Subscription, read_unsubscribe_token
from app.web.context import Web, WebDep
from app.web.pages import page
from db import tables
from db.session import read_only, unit_of_work
from desk.consent import Purpose, record
from desk.errors import NotFound

router = APIRouter(prefix="/u", include_in_schema=False)


@router.get("/{token}")
def ask(web: WebDep, request: Request, token: str) -> Response:
    wanted = read_unsubscribe_token(web.settings.secret("link_secret"), token)
    with read_only(web.engine) as session:
        _require_customer(session, wanted)
    return page(request, "unsubscribe.html", shop=web.settings.shop_name, done=False)


@router.post("/{token}")
def unsubscribe(web: WebDep, request: Request, token: str) -> Response:
    """RFC 8058 one-click, and the page's own button."""
    wanted = read_unsubscribe_token(web.settings.secret("link_secret"), token)
    _withdraw(web, wanted)
    return page(request, "unsubscribe.html", shop=web.settings.shop_name, done=True)


def _withdraw(web: Web, wanted: Subscription) -> None:
    with unit_of_work(web.engine) as session:
        _require_customer(session, wanted)
        now = web.clock()
        record(
            session,
            wanted.customer_id,
            Purpose.FOLLOW_UP,
            granted=False,
            now=now,
            source="unsubscribe link",
            channel=wanted.channel,
        )
        session.exec(
            update(tables.FollowUp)
            .where(
                col(tables.FollowUp.customer_id) == wanted.customer_id,
                col(tables.FollowUp.channel) == wanted.channel,
                col(tables.FollowUp.status) == "pending",
            )
            .values(status="cancelled", status_reason="the customer unsubscribed")
        )


def _require_customer(session: Session, wanted: Subscription) -> None:
    """A link may outlive its customer, who was erased."""
    if session.get(tables.Customer, wanted.customer_id) is None:
        raise NotFound("unsubscribe link")
