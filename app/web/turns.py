"""One turn at a time in each conversation; and which messages a turn is owed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from db import tables

FOR_BOT = "bot"


@dataclass(slots=True)
class _Line:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    members: int = 0


class Turns:
    """A first-come lock per conversation, forgotten when nobody holds or awaits it."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}

    def __contains__(self, conversation_id: str) -> bool:
        return conversation_id in self._lines

    @asynccontextmanager
    async def one(self, conversation_id: str, until: float) -> AsyncIterator[None]:
        """Waits for the turn at most until this time of the loop's clock, then raises `TimeoutError`."""
        line = self._lines.setdefault(conversation_id, _Line())
        line.members += 1
        try:
            async with asyncio.timeout_at(until):
                await line.lock.acquire()
            try:
                yield
            finally:
                line.lock.release()
        finally:
            line.members -= 1
            if not line.members:
                del self._lines[conversation_id]


def owed(pressed: str | None) -> dict[str, Any]:
    """The payload of a message that the bot is to answer; `pressed` is the button's own, if it was one."""
    return {"asked": FOR_BOT} | ({"pressed": pressed} if pressed else {})


def awaits_bot(message: tables.Message) -> bool:
    """Whether a turn was owed when the message came: what was written to a human is not the bot's to answer."""
    return (message.payload or {}).get("asked") == FOR_BOT
