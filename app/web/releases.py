"""Sends the answers whose time to be taken back is over, whether or not the browser that wrote them is still there."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from anyio import to_thread
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.web.errors import log_without_values
from app.web.gateway import lock_conversation
from app.web.hub import QUEUE
from db.session import read_only, unit_of_work
from desk import held_replies
from desk.errors import NotFound

logger = logging.getLogger(__name__)

EVERY_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Releases:
    """Any number of web processes may run it: one answer goes once."""

    engine: Engine
    clock: Callable[[], datetime]
    wake: Callable[..., None]

    async def run(self) -> None:
        """Until cancelled; a database that is away is tried again."""
        while True:
            try:
                for conversation_id in await to_thread.run_sync(self.release):
                    self.wake(conversation_id, QUEUE)
            except SQLAlchemyError as error:
                log_without_values(logger, "cannot look for held answers", error)
            await asyncio.sleep(EVERY_SECONDS)

    def release(self) -> list[str]:
        """The conversations in which an answer was said just now."""
        with read_only(self.engine) as session:
            due = held_replies.due(session, self.clock())
        return [
            conversation_id for held_id, conversation_id in due if self._release_one(held_id, conversation_id)
        ]

    def _release_one(self, held_id: int, conversation_id: str) -> bool:
        try:
            with unit_of_work(self.engine) as session:
                lock_conversation(session, conversation_id)
                return held_replies.release(session, held_id, self.clock()) is not None
        except NotFound:
            return False  # the conversation was forgotten meanwhile
        except SQLAlchemyError as error:  # one answer's trouble is not the others'
            log_without_values(logger, f"conversation {conversation_id}: an answer waits longer", error)
            return False
