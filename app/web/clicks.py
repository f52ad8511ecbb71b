"""The links in our mails: a signed address that notes the click once and leads on, to the shop's own hosts only."""

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from app.links import Click, leads_to, read_click_token
from app.web.context import Web, WebDep
from db import tables
from db.session import unit_of_work
from desk.errors import NotFound
from desk.feedback import Feedback, record

router = APIRouter(prefix="/c", include_in_schema=False)


@router.get("/{token}")
def follow(web: WebDep, token: str) -> Response:
    click = read_click_token(web.settings.secret("link_secret"), token)
    if not leads_to(click.url, web.settings.click_hosts):
        raise NotFound("link")
    _note(web, click)
    return RedirectResponse(click.url, 303)


def _note(web: Web, click: Click) -> None:
    """A link may outlive its follow-up, which retention or erasure removed: then it only leads on."""
    with unit_of_work(web.engine) as session:
        follow_up = session.get(tables.FollowUp, click.follow_up_id)
        if follow_up is not None:
            record(session, follow_up.customer_id, Feedback.CLICKED, web.clock(), str(follow_up.id))
