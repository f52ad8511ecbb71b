"""What the customer of a chat allows: shown and changed in the widget, for verified customers alone."""

from typing import Any

from fastapi import APIRouter
from sqlmodel import Session

from app.web.body import JsonBody, text_of
from app.web.chat import ChatDep
from app.web.context import Web, WebDep
from app.web.errors import NotAcceptable, Refused
from app.web.sessions import Chat
from db.session import read_only, unit_of_work
from desk.consent import ANY_CHANNEL, CHANNELS, Purpose, Standing, answer, may_profile, overview
from desk.feedback import keep_answer

router = APIRouter(prefix="/api/chat/consents", tags=["chat"])


class NotVerified(Refused):
    status = 403

    def __init__(self) -> None:
        super().__init__("Sign in to the shop first: what you allow is kept with your customer account.")


@router.get("")
def read(web: WebDep, chat: ChatDep) -> dict[str, Any]:
    """What counts now, and whether follow-ups by e-mail were never asked about."""
    customer_id = _customer_of(chat)
    with read_only(web.engine) as session:
        return _as_json(session, web, customer_id)


@router.post("")
def change(web: WebDep, chat: ChatDep, body: JsonBody) -> dict[str, Any]:
    """Allow or refuse one purpose on one channel from now on; gives what counts then."""
    customer_id = _customer_of(chat)
    purpose, channel, granted = _wish(body)
    with unit_of_work(web.engine) as session:
        keep_answer(session, customer_id, purpose, granted, web.clock(), "chat", channel)
        return _as_json(session, web, customer_id)


def _customer_of(chat: Chat) -> int:
    if chat.customer_id is None:
        raise NotVerified
    return chat.customer_id


def _wish(body: dict[str, Any]) -> tuple[Purpose, str, bool]:
    purpose, channel, granted = text_of(body, "purpose"), text_of(body, "channel"), body.get("granted")
    if purpose not in list(Purpose):
        raise NotAcceptable(f"purpose: expected one of {', '.join(Purpose)}.")
    allowed = (ANY_CHANNEL,) if purpose == Purpose.PROFILING else (ANY_CHANNEL, *CHANNELS)
    if (channel or ANY_CHANNEL) not in allowed:
        raise NotAcceptable(f"channel: expected one of {', '.join(allowed)} for {purpose}.")
    if not isinstance(granted, bool):
        raise NotAcceptable("granted: expected true or false.")
    return Purpose(purpose), channel or ANY_CHANNEL, granted


def _as_json(session: Session, web: Web, customer_id: int) -> dict[str, Any]:
    profiled = may_profile(session, customer_id, web.settings.policy.profiling_needs_consent)
    return {
        "consents": [_one(standing, profiled) for standing in overview(session, customer_id)],
        "ask": answer(session, customer_id, Purpose.FOLLOW_UP, "email") is None,
    }


def _one(standing: Standing, profiled: bool) -> dict[str, Any]:
    """`active` is what happens now; it differs from `granted` where nothing was answered yet."""
    active = profiled if standing.purpose is Purpose.PROFILING else standing.granted is True
    return {
        "purpose": standing.purpose,
        "channel": standing.channel,
        "granted": standing.granted,
        "active": active,
        "time": standing.time.isoformat() if standing.time else None,
        "source": standing.source,
    }
