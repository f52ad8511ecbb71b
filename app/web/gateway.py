"""One chat turn after the message is stored: ask the bot and keep what it says, or say that it cannot answer.

Turns of one conversation run one after another, each within the deadline counted from its message's arrival.
While a human has the conversation the bot is not asked, and what it says too late is dropped.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from anyio import to_thread
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from app.storable import storable
from app.web.bot import Bot, BotSilent, Utterance
from app.web.errors import log_without_values
from app.web.hub import QUEUE, Hub
from app.web.metrics import Metrics
from app.web.turns import Turns
from app.web.words import fallback, talk_button
from db import tables
from db.session import read_only, unit_of_work
from desk.conversations import add_message
from desk.errors import NotFound
from desk.escalations import Cause, open_escalation

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Turn:
    """A stored message that waits for the bot: `said` is what the bot reads."""

    conversation_id: str
    message_id: int
    said: str


class Gateway:
    def __init__(
        self,
        bot: Bot,
        engine: Engine,
        clock: Callable[[], datetime],
        hub: Hub,
        metrics: Metrics,
        deadline: float,
    ) -> None:
        self._bot, self._engine, self._clock, self._hub, self._metrics = bot, engine, clock, hub, metrics
        self._deadline = deadline
        self._turns = Turns()
        self._running: set[asyncio.Task[None]] = set()

    def start(self, turn: Turn) -> None:
        """Take the turn in the background; call it in the event loop."""
        task = asyncio.create_task(self._take(turn))
        self._running.add(task)
        task.add_done_callback(self._finished)

    def is_typing(self, conversation_id: str) -> bool:
        return conversation_id in self._turns

    async def close(self) -> None:
        """Let the turns that run end within their deadline."""
        if self._running:
            await asyncio.wait(self._running, timeout=self._deadline + 1)

    async def _take(self, turn: Turn) -> None:
        until = asyncio.get_running_loop().time() + self._deadline
        try:
            async with self._turns.one(turn.conversation_id, until):
                self._hub.wake(turn.conversation_id)
                await self._answer(turn, until)
        except TimeoutError:
            await self._apologise(turn, "queue")
        self._hub.wake(turn.conversation_id)

    async def _answer(self, turn: Turn, until: float) -> None:
        if await to_thread.run_sync(self._human_has, turn.conversation_id):
            return
        try:
            with self._metrics.turn_seconds.time():
                said = await self._ask(turn, until)
        except BotSilent as silence:
            await self._apologise(turn, silence.cause)
        else:
            await to_thread.run_sync(self._keep, turn, said)

    async def _ask(self, turn: Turn, until: float) -> list[Utterance]:
        patience = until - asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout_at(until):
                return await self._bot.ask(turn.conversation_id, turn.message_id, turn.said, patience)
        except TimeoutError as error:
            raise BotSilent("timeout") from error

    async def _apologise(self, turn: Turn, cause: str) -> None:
        self._metrics.fallbacks.labels(cause).inc()
        logger.warning("conversation %s: answered without the bot (%s)", turn.conversation_id, cause)
        await to_thread.run_sync(self._keep_apology, turn)
        self._hub.wake(turn.conversation_id, QUEUE)

    def _human_has(self, conversation_id: str) -> bool:
        with read_only(self._engine) as session:
            conversation = session.get(tables.Conversation, conversation_id)
            return conversation is None or conversation.agent_id is not None

    def _keep(self, turn: Turn, said: list[Utterance]) -> None:
        with unit_of_work(self._engine) as session:
            conversation = lock_conversation(session, turn.conversation_id)
            if conversation.agent_id is not None:
                return  # an agent took over while the bot was thinking
            if any((utterance.payload or {}).get("fallback") for utterance in said):
                open_escalation(session, conversation, Cause.FAILURE, self._clock())  # an action failed
            for utterance in said:
                text = storable(utterance.text)
                add_message(session, conversation.id, "bot", text, self._clock(), payload=utterance.payload)

    def _keep_apology(self, turn: Turn) -> None:
        """Once for all messages that wait: who was told after writing needs no second apology."""
        with unit_of_work(self._engine) as session:
            conversation = lock_conversation(session, turn.conversation_id)
            if conversation.agent_id is not None:
                return
            if _was_told(session, turn):
                open_escalation(session, conversation, Cause.FAILURE, self._clock())
            else:
                apologise(session, conversation, self._clock())

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log_without_values(logger, "a turn failed", error)


def lock_conversation(session: Session, conversation_id: str) -> tables.Conversation:
    """The conversation, locked, so that its messages get their ids in the order in which they become visible.

    Rows that refer to the conversation can still be added: the action server does not wait for us.
    """
    conversation = session.get(tables.Conversation, conversation_id, with_for_update={"key_share": True})
    if conversation is None:
        raise NotFound("conversation")
    return conversation


def apologise(session: Session, conversation: tables.Conversation, now: datetime) -> None:
    """Tell the truth: the bot cannot answer, a human will; and ask for that human."""
    open_escalation(session, conversation, Cause.FAILURE, now)
    payload = {"buttons": [talk_button(conversation.language)], "fallback": True}
    add_message(session, conversation.id, "bot", fallback(conversation.language), now, payload=payload)


def _was_told(session: Session, turn: Turn) -> bool:
    later = select(tables.Message).where(
        tables.Message.conversation_id == turn.conversation_id,
        col(tables.Message.id) > turn.message_id,
        tables.Message.role == "bot",
    )
    return any((message.payload or {}).get("fallback") for message in session.exec(later))
