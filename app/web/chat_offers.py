"""What a customer answers to an offer's card: accept it, keep it for later, or be left alone with it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from sqlmodel import Session

from app.web.audit import audited
from app.web.cards import mark_card
from app.web.chat import ChatDep
from app.web.context import RowId, Web, WebDep
from app.web.gateway import lock_conversation
from app.web.sessions import Chat
from app.web.words import accepted, declined
from db import tables
from db.session import unit_of_work
from desk.conversations import add_message
from desk.errors import NotFound
from desk.offers import accept_offer, decline_offer, postpone_offer

router = APIRouter(prefix="/api/chat/offers", tags=["chat"])

Answering = Callable[[Session, int, int, datetime], tables.Offer]


@router.post("/{offer_id}/accept")
def accept(web: WebDep, chat: ChatDep, offer_id: RowId) -> dict[str, Any]:
    """Accept one's own offer, once; the code is in the answer and in the conversation."""
    return _answer(web, chat, offer_id, accept_offer)


@router.post("/{offer_id}/decline")
def decline(web: WebDep, chat: ChatDep, offer_id: RowId) -> dict[str, Any]:
    """Not interested: the offer ends, and the conversation says so."""
    return _answer(web, chat, offer_id, decline_offer)


@router.post("/{offer_id}/later")
def postpone(web: WebDep, chat: ChatDep, offer_id: RowId) -> dict[str, Any]:
    """Keep the offer until it ends; nothing is said about it until then."""
    return _answer(web, chat, offer_id, postpone_offer)


def _answer(web: Web, chat: Chat, offer_id: int, answering: Answering) -> dict[str, Any]:
    with audited(web, chat.actor, f"offer:{offer_id}"):
        if chat.customer_id is None:
            raise NotFound("offer")
        with unit_of_work(web.engine) as session:
            now = web.clock()
            conversation = lock_conversation(session, chat.conversation_id)
            offer = answering(session, chat.customer_id, offer_id, now)
            mark_card(session, conversation.id, offer)
            if (words := _words(conversation.language, offer)) is not None:
                add_message(session, conversation.id, "bot", words, now)
    web.hub.wake(chat.conversation_id)
    code = {"code": offer.code} if offer.status == "accepted" else {}
    return {
        "status": offer.status,
        "title": offer.title,
        "expires_at": offer.expires_at.isoformat(),
        **code,
    }


def _words(language: str | None, offer: tables.Offer) -> str | None:
    if offer.status == "accepted":
        return accepted(language, offer.title, offer.code, offer.expires_at)
    return declined(language) if offer.status == "declined" else None
