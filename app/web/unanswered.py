"""Messages left without an answer: their web process was killed in mid-turn, or the turn ended by a mistake of ours.

Every web process looks for them when it starts and then by the clock. Whoever comes first answers, as the gateway does
when the bot is silent, under the conversation's lock; the others then find an answer there.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from anyio import to_thread
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from app.web.errors import log_without_values
from app.web.gateway import apologise, lock_conversation
from app.web.hub import QUEUE
from app.web.metrics import Metrics
from app.web.turns import awaits_bot
from db import tables
from db.session import read_only, unit_of_work

logger = logging.getLogger(__name__)

EVERY_SECONDS = 2.0
GRACE = timedelta(
    seconds=2
)  # for a turn at its deadline in another process, which is about to answer by itself
FIRST_LOOK_BACK = timedelta(days=7)
LOOK_BACK = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Sweep:
    """`wake` tells the streams what has changed; `deadline` is how long a turn may take at most."""

    engine: Engine
    clock: Callable[[], datetime]
    wake: Callable[..., None]
    metrics: Metrics
    deadline: timedelta

    async def run(self) -> None:
        """Until cancelled; a database that is away is tried again."""
        look_back = FIRST_LOOK_BACK
        while True:
            try:
                for conversation_id in await to_thread.run_sync(self.answer, look_back):
                    self.wake(conversation_id, QUEUE)
                look_back = LOOK_BACK
            except SQLAlchemyError as error:
                log_without_values(logger, "cannot look for unanswered messages", error)
            await asyncio.sleep(EVERY_SECONDS)

    def answer(self, look_back: timedelta) -> list[str]:
        """Say to everyone left waiting that a human will answer, once; gives their conversations."""
        now = self.clock()
        before = now - self.deadline - GRACE
        with read_only(self.engine) as session:
            waiting = _waiting(session, now - look_back, before)
        return [found for found in dict.fromkeys(waiting) if self._answer_one(found, now - look_back, before)]

    def _answer_one(self, conversation_id: str, since: datetime, before: datetime) -> bool:
        try:
            with unit_of_work(self.engine) as session:
                conversation = lock_conversation(session, conversation_id)
                if conversation_id not in _waiting(session, since, before, conversation_id):
                    return False  # another process was first
                apologise(session, conversation, self.clock())
        except SQLAlchemyError as error:  # one conversation's trouble is not the others'
            log_without_values(logger, f"conversation {conversation_id} stays unanswered for now", error)
            return False
        self.metrics.fallbacks.labels("crash").inc()
        logger.warning("conversation %s: answered late, its turn had ended unfinished", conversation_id)
        return True


def _waiting(
    session: Session, since: datetime, before: datetime, conversation_id: str | None = None
) -> list[str]:
    """Conversations that no human holds, where what was written for the bot has no answer; oldest first."""
    message, later = tables.Message, aliased(tables.Message)
    answer = select(later.id).where(
        col(later.conversation_id) == col(message.conversation_id),
        col(later.id) > col(message.id),
        col(later.role) != "customer",
    )
    query = (
        select(message)
        .join(tables.Conversation, col(tables.Conversation.id) == col(message.conversation_id))
        .where(
            message.role == "customer",
            col(message.time) > since,
            col(message.time) < before,
            col(tables.Conversation.agent_id).is_(None),
            ~answer.exists(),
        )
        .order_by(col(message.id))
    )
    if conversation_id is not None:
        query = query.where(message.conversation_id == conversation_id)
    return [found.conversation_id for found in session.exec(query) if awaits_bot(found)]
