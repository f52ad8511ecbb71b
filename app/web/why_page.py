"""The console's page on one customer's follow-ups: why each was sent or not."""

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.web.context import WebDep
from app.web.login import SignedInDep
from app.web.pages import page
from app.web.security import require_same_origin
from db.session import read_only
from desk.why import why

router = APIRouter(prefix="/console", include_in_schema=False, dependencies=[Depends(require_same_origin)])


@router.get("/customers/{customer_key:path}/why")
def show_why(web: WebDep, request: Request, user: SignedInDep, customer_key: str) -> Response:
    with read_only(web.engine) as session:
        told = why(session, customer_key)
    return page(
        request, "why.html", shop=web.settings.shop_name, agent=user.agent, key=customer_key, told=told
    )
