"""One turn at a time in each conversation."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


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
