"""The demo's shop with the widget on it, and the widget's own files."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from sqlmodel import Session, col, select
from starlette.responses import FileResponse, Response

from app.settings import Environment
from app.web.context import WebDep
from app.web.identity import mint_identity
from app.web.pages import STATIC, page
from app.web.text import known_language
from db import tables
from db.session import read_only

router = APIRouter(include_in_schema=False)

MODULES = sorted(path.name for path in (STATIC / "widget").glob("*.js"))
DEMO_CUSTOMERS = ("demo-ana", "demo-wei", "demo-maya")


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who may be signed in to the demo shop."""

    key: str
    name: str
    language: str


@router.get("/")
def shop(web: WebDep, request: Request) -> Response:
    if web.settings.env is not Environment.DEMO:
        return page(request, "service.html", shop=web.settings.shop_name)
    with read_only(web.engine) as session:
        people = _people(session)
    chosen = next((person for person in people if person.key == request.query_params.get("as")), None)
    identity = (
        mint_identity(web.settings.secret("identity_secret"), chosen.key, web.clock()) if chosen else ""
    )
    return page(
        request, "shop.html", shop=web.settings.shop_name, people=people, chosen=chosen, identity=identity
    )


@router.get("/widget.js")
def loader() -> Response:
    return FileResponse(STATIC / "widget.js", media_type="text/javascript")


@router.get("/widget")
def widget(web: WebDep, request: Request) -> Response:
    hosts = " ".join(web.settings.framing_origins)
    return page(request, "widget.html", shop=web.settings.shop_name, hosts=hosts, modules=MODULES)


def _people(session: Session) -> list[Person]:
    query = select(tables.Customer).where(col(tables.Customer.customer_key).in_(DEMO_CUSTOMERS))
    found = {customer.customer_key: customer for customer in session.exec(query)}
    return [
        Person(key, found[key].name or key, known_language(found[key].language))
        for key in DEMO_CUSTOMERS
        if key in found
    ]
