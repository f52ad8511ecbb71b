"""Server-sent events: of one conversation for its customer, and "something changed" for the console."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import anyio
from anyio import to_thread
from sqlmodel import Session
from sse_starlette import EventSourceResponse, ServerSentEvent

from app.web.context import LARGEST_ID, Web
from app.web.hub import typing_in
from app.web.presence import WRITES_FOR
from app.web.sessions import recognise
from db import tables
from db.session import read_only
from desk.conversations import messages_after
from desk.offers import offers_of
from desk.satisfaction import is_due

HEARTBEAT_SECONDS = 15
FAREWELL_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Glance:
    """What is new in a conversation, and who is on the other side of it."""

    messages: list[tables.Message]
    human: bool
    agent: str | None


def as_json(message: tables.Message) -> dict[str, Any]:
    """A message as the widget reads it."""
    return {
        "id": message.id,
        "role": message.role,
        "text": message.text,
        "time": message.time.isoformat(),
        "author": message.author,
        "payload": message.payload if message.role != "customer" else None,
        "client_id": message.row_key if message.role == "customer" else None,
    }


def last_seen(header: str | None, after: int) -> int:
    """The newest message id the browser has: from Last-Event-ID when it is one, else from the address."""
    if header and header.isascii() and header.isdigit() and len(header) < 11 and int(header) <= LARGEST_ID:
        return int(header)
    return after


def conversation_events(web: Web, token: str, conversation_id: str, after: int) -> EventSourceResponse:
    return _response(lambda ending: _conversation(web, token, conversation_id, after, ending))


def change_events(web: Web, topic: str, allowed: Callable[[], bool]) -> EventSourceResponse:
    """An event `changed` whenever the topic did, for as long as `allowed` says so; and where the topic is a
    conversation, an event `typing` whenever its customer says to be writing.
    """
    return _response(lambda ending: _changes(web, topic, allowed, ending))


def _response(events: Callable[[anyio.Event], AsyncIterator[ServerSentEvent]]) -> EventSourceResponse:
    """Ends by itself when the server stops, so that its clients reconnect at once to the next one."""
    ending = anyio.Event()
    return EventSourceResponse(
        events(ending), ping=HEARTBEAT_SECONDS, shutdown_event=ending, shutdown_grace_period=FAREWELL_SECONDS
    )


async def _conversation(
    web: Web, token: str, conversation_id: str, after: int, ending: anyio.Event
) -> AsyncIterator[ServerSentEvent]:
    told: dict[str, Any] | None = None
    cards: dict[str, Any] | None = None
    with web.hub.watch(conversation_id) as changed:
        while (glance := await to_thread.run_sync(_glance, web, token, conversation_id, after)) is not None:
            for message in glance.messages:
                assert message.id is not None
                after = message.id
                yield _event("message", as_json(message), message.id)
            typing = (web.presence.writes if glance.human else web.gateway.is_typing)(conversation_id)
            state = {"human": glance.human, "agent": glance.agent, "typing": typing}
            if state != told:
                told = state
                yield _event("state", state)
            # after the words, which somebody waits for; not while the bot thinks, whose answer may change them
            thinks = typing and not glance.human
            standing = None if thinks else await to_thread.run_sync(_cards, web, conversation_id)
            if standing is not None and standing != cards:
                cards = standing
                yield _event("cards", cards)
            patience = WRITES_FOR.total_seconds() if glance.human and typing else None
            await _first_of(changed, ending, within=patience)
            if ending.is_set():
                return
            changed.clear()


async def _changes(
    web: Web, topic: str, allowed: Callable[[], bool], ending: anyio.Event
) -> AsyncIterator[ServerSentEvent]:
    with web.hub.watch(topic) as changed, web.hub.watch(typing_in(topic)) as writing:
        changed.set()
        while await to_thread.run_sync(allowed):
            for event, kind in ((changed, "changed"), (writing, "typing")):
                if event.is_set():
                    event.clear()
                    yield _event(kind, {})
            await _first_of(changed, writing, ending)
            if ending.is_set():
                return


async def _first_of(*events: asyncio.Event | anyio.Event, within: float | None = None) -> None:
    """Waits until one of them is set, or these seconds are over."""
    waiting = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=within, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()


def _glance(web: Web, token: str, conversation_id: str, after: int) -> Glance | None:
    """None when the session has ended: the stream ends with it."""
    with read_only(web.engine) as session:
        if recognise(session, token, web.clock()) is None:
            return None
        conversation = session.get(tables.Conversation, conversation_id)
        if conversation is None:
            return None
        agent = _agent_name(session, conversation.agent_id)
        messages = messages_after(session, conversation_id, after)
        return Glance(messages, conversation.agent_id is not None, agent)


def _cards(web: Web, conversation_id: str) -> dict[str, Any] | None:
    """What became of the offers made here, and whether it is time to ask how the chat was; None when it is erased."""
    with read_only(web.engine) as session:
        conversation = session.get(tables.Conversation, conversation_id)
        if conversation is None:
            return None
        offers = [_standing(offer) for offer in offers_of(session, conversation.id)]
        return {"offers": offers, "rate": is_due(session, conversation)}


def _standing(offer: tables.Offer) -> dict[str, Any]:
    code = {"code": offer.code} if offer.status == "accepted" else {}
    return {"id": offer.id, "status": offer.status, **code}


def _agent_name(session: Session, agent_id: int | None) -> str | None:
    agent = session.get(tables.Agent, agent_id) if agent_id is not None else None
    return agent.name if agent else None


def _event(kind: str, data: dict[str, Any], event_id: int | None = None) -> ServerSentEvent:
    return ServerSentEvent(json.dumps(data), event=kind, id=None if event_id is None else str(event_id))
