"""The chat API that the widget speaks. The session token alone says who may do what, never an id."""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Depends, Request
from sqlmodel import Session
from sse_starlette import EventSourceResponse

from app.storable import storable
from app.web.addresses import place_of
from app.web.audit import audited
from app.web.body import HeaderText, JsonBody, text_of
from app.web.cards import offered_title
from app.web.context import AfterId, Web, WebDep
from app.web.errors import NotAcceptable, NotSignedIn
from app.web.gateway import Turn, lock_conversation
from app.web.identity import bearer, read_identity
from app.web.languages import chosen_in, spoken_in
from app.web.rates import MESSAGES, OPENINGS
from app.web.sessions import Chat, give_token, open_for_customer, open_for_visitor, recognise, resumable
from app.web.stream import as_json, conversation_events, last_seen
from app.web.text import known_language, neutral, words_of
from app.web.turns import owed
from app.web.unread import give_ticket, reader_of
from app.web.words import stopped
from db import tables
from db.session import read_only, unit_of_work
from desk.conversations import add_message, messages_after, post_customer_message
from desk.errors import NotFound
from desk.feedback import is_stop, stop
from desk.replies import note_chat_reply
from desk.snooze import customer_wrote

router = APIRouter(prefix="/api/chat", tags=["chat"])

CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class _Written:
    """What a customer sent: words, or the press of a button."""

    text: str
    payload: str | None
    client_id: str
    language: str | None


def chat_of(web: WebDep, authorization: HeaderText = None) -> Chat:
    with read_only(web.engine) as session:
        chat = recognise(session, bearer(authorization), web.clock())
    if chat is None:
        raise NotSignedIn
    return chat


ChatDep = Annotated[Chat, Depends(chat_of)]


@router.post("/sessions", status_code=201)
def open_session(
    web: WebDep,
    request: Request,
    body: JsonBody,
    authorization: HeaderText = None,
    accept_language: HeaderText = None,
) -> dict[str, Any]:
    """Open a chat, or resume the one of the bearer token or of the last day. New ones are limited for each customer,
    and for visitors by where they come from.
    """
    now = web.clock()
    identity = text_of(body, "identity")
    customer_key = read_identity(web.settings.secret("identity_secret"), identity, now) if identity else None
    wishes = (text_of(body, "language"), accept_language)
    shop = web.settings.shop_name
    with unit_of_work(web.engine) as session:
        token = bearer(authorization)
        conversation = resumable(session, token, customer_key, now)
        if conversation is None:
            place = place_of(request, web.settings.trusted_proxies)
            web.rates.count(OPENINGS, *(("customer", customer_key) if customer_key else ("visitor", place)))
            conversation = (
                open_for_customer(session, customer_key, wishes, shop, now)
                if customer_key is not None
                else open_for_visitor(session, wishes, shop, now)
            )
            token = give_token(session, conversation, now)
        return {
            "token": token,
            "unread_ticket": give_ticket(web.settings.secret("link_secret"), reader_of(conversation), now),
            "verified": conversation.customer_id is not None,
            **_transcript(session, conversation),
        }


@router.post("/messages", status_code=202)
async def post_message(web: WebDep, chat: ChatDep, body: JsonBody) -> dict[str, Any]:
    """Keep what the customer wrote, then let the bot answer behind it; the same `client_id` counts once."""
    web.rates.count(MESSAGES, chat.conversation_id)
    words = words_of(text_of(body, "text"))
    written = _Written(words, text_of(body, "payload"), _client_id(body), chosen_in(body))
    message, turn = await to_thread.run_sync(_store, web, chat, written)
    if turn is not None:
        web.gateway.start(turn)
    web.hub.wake(chat.conversation_id)
    return {"id": message.id, "time": message.time.isoformat()}


@router.get("/events", response_class=EventSourceResponse)
def events(
    web: WebDep,
    chat: ChatDep,
    authorization: HeaderText = None,
    last_event_id: HeaderText = None,
    after: AfterId = 0,
) -> EventSourceResponse:
    """Events `message` (with its id) and `state`; reconnect with Last-Event-ID to miss nothing."""
    token = bearer(authorization) or ""
    return conversation_events(web, token, chat.conversation_id, last_seen(last_event_id, after))


@router.get("/conversations/{conversation_id}")
def transcript(web: WebDep, chat: ChatDep, conversation_id: str) -> dict[str, Any]:
    """Everything said in the session's own conversation."""
    with audited(web, chat.actor, f"conversation:{storable(conversation_id)[:64]}"):
        if conversation_id != chat.conversation_id:
            raise NotFound("conversation")
        with read_only(web.engine) as session:
            conversation = session.get(tables.Conversation, conversation_id)
            if conversation is None:
                raise NotFound("conversation")
            return _transcript(session, conversation)


@router.post("/language")
def choose_language(web: WebDep, chat: ChatDep, body: JsonBody) -> dict[str, Any]:
    """Speak the `language` from now on; messages that carry it too keep it against what they are written in."""
    language = chosen_in(body)
    with unit_of_work(web.engine) as session:
        conversation = lock_conversation(session, chat.conversation_id)
        conversation.language = language or known_language(conversation.language)
        return {"language": conversation.language}


def _store(web: Web, chat: Chat, written: _Written) -> tuple[tables.Message, Turn | None]:
    """The stored message, and the turn to take when it is new and no human has the conversation."""
    with unit_of_work(web.engine) as session:
        conversation = lock_conversation(session, chat.conversation_id)
        pressed, title = _pressed(session, conversation.id, written)
        message, is_new = post_customer_message(
            session, conversation, title or written.text, written.client_id, web.clock()
        )
        if not is_new:
            return message, None
        customer_wrote(session, conversation, web.clock())
        if pressed is None or written.language:
            conversation.language = written.language or spoken_in(session, conversation)
        if chat.customer_id is not None and pressed is None and is_stop(message.text):
            stop(session, chat.customer_id, web.clock(), "STOP in the chat")
            add_message(session, conversation.id, "bot", stopped(conversation.language), web.clock())
            return message, None
        if chat.customer_id is not None:
            note_chat_reply(session, message, chat.customer_id, web.clock())
        if conversation.agent_id is not None:
            return message, None
        assert message.id is not None
        message.payload = owed(pressed)
        return message, Turn(conversation.id, message.id, pressed or neutral(message.text))


def _pressed(session: Session, conversation_id: str, written: _Written) -> tuple[str | None, str | None]:
    """Payload and title of the button when one with this payload was shown here; else words are words."""
    for payload in (written.payload, written.text if written.text.startswith("/") else None):
        if (title := offered_title(session, conversation_id, payload)) is not None:
            return payload, title
    return None, None


def _client_id(body: dict[str, Any]) -> str:
    client_id = text_of(body, "client_id") or ""
    if not CLIENT_ID.fullmatch(client_id):
        raise NotAcceptable(
            "client_id: expected 1 to 64 characters of A-Z, a-z, 0-9, _ and -, new for each message."
        )
    return client_id


def _transcript(session: Session, conversation: tables.Conversation) -> dict[str, Any]:
    return {
        "conversation": conversation.id,
        "language": known_language(conversation.language),
        "messages": [as_json(message) for message in messages_after(session, conversation.id)],
    }
