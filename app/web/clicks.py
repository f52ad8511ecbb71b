"""The links in our mails: a signed address that notes the click once and leads on, to the shop's own hosts only.

Not every request is a click. Mail servers and security gateways open the links of a mail before its reader does, and
some programs load a page in case it is wanted. What can be told apart is kept as `mail_scanned`, which is no sign of
life of the customer and never keeps a later click from counting:

- HEAD is answered and leaves nothing: nobody reads with it;
- a request that says of itself that it is a prefetch or a preview, or that it is no navigation of a person
  (`Sec-Fetch-Dest` of anything but a document);
- one that comes before the mail was marked as sent, or within `TOO_SOON` of that.

What cannot be told apart counts as a click: a gateway that opens the link minutes later in a real browser. It cannot be
told here by a burst over several links either, because a mail of ours has only one that is counted. So clicks are an
upper bound, and nothing that a customer gets or loses should hang on one alone.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import RedirectResponse, Response

from app.links import Click, leads_to, read_click_token
from app.web.context import Web, WebDep
from app.web.errors import log_without_values
from db import tables
from db.session import unit_of_work
from desk.errors import NotFound
from desk.feedback import Feedback, record

router = APIRouter(prefix="/c", include_in_schema=False)
logger = logging.getLogger(__name__)

TOO_SOON = timedelta(seconds=10)  # a mail takes longer than this to be delivered, seen, opened and read
AHEAD_OF_TIME = ("prefetch", "prerender", "preview")
PURPOSE_HEADERS = ("sec-purpose", "purpose", "x-purpose", "x-moz")


@router.api_route("/{token}", methods=["GET", "HEAD"])
def follow(web: WebDep, request: Request, token: str) -> Response:
    """Lead on, whatever else fails."""
    click = read_click_token(web.settings.secret("link_secret"), token)
    if not leads_to(click.url, web.settings.click_hosts):
        raise NotFound("link")
    if request.method != "HEAD":
        try:
            _note(web, click, by_program=_says_it_is_a_program(request.headers))
        except SQLAlchemyError as error:
            log_without_values(logger, "a click could not be kept", error)
    return RedirectResponse(click.url, 303)


def _note(web: Web, click: Click, *, by_program: bool) -> None:
    """A link may outlive its follow-up, which retention or erasure removed: then it only leads on."""
    now = web.clock()
    with unit_of_work(web.engine) as session:
        follow_up = session.get(tables.FollowUp, click.follow_up_id)
        if follow_up is not None:
            kind = Feedback.SCANNED if by_program or _too_soon(follow_up, now) else Feedback.CLICKED
            record(session, follow_up.customer_id, kind, now, str(follow_up.id))


def _says_it_is_a_program(headers: Mapping[str, str]) -> bool:
    purposes = " ".join(headers.get(name, "") for name in PURPOSE_HEADERS).lower()
    return any(word in purposes for word in AHEAD_OF_TIME) or (
        headers.get("sec-fetch-dest", "document") != "document"
    )


def _too_soon(follow_up: tables.FollowUp, now: datetime) -> bool:
    return follow_up.sent_at is None or now < follow_up.sent_at + TOO_SOON
