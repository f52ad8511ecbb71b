"""Who waits for what to change. One poll a second serves every open stream of this process.

What this process writes wakes its streams at once (`wake`); what others write (the action server, the worker,
another web process) is noticed by comparing a fingerprint per topic: a conversation's id, or `QUEUE`.
"""

import asyncio
import logging
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager

from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError

from app.web.errors import log_without_values

logger = logging.getLogger(__name__)

QUEUE = "queue"
POLL_SECONDS = 1.0
_TYPING = "typing "

Fingerprints = Callable[[list[str]], Mapping[str, Hashable]]


def typing_in(conversation_id: str) -> str:
    """The topic of a customer's writing there: nothing in the database, so it is woken and never compared."""
    return f"{_TYPING}{conversation_id}"


class Hub:
    """Lives as long as the app; must be made inside its event loop."""

    def __init__(self, fingerprints: Fingerprints) -> None:
        self._fingerprints = fingerprints
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._seen: dict[str, Hashable] = {}
        self._loop = asyncio.get_running_loop()

    @contextmanager
    def watch(self, topic: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever the topic may have changed; the watcher clears it."""
        changed = asyncio.Event()
        self._waiting.setdefault(topic, set()).add(changed)
        try:
            yield changed
        finally:
            self._waiting[topic].discard(changed)
            if not self._waiting[topic]:
                del self._waiting[topic]
                self._seen.pop(topic, None)

    def wake(self, *topics: str) -> None:
        """Tell the watchers; may be called from any thread."""
        self._loop.call_soon_threadsafe(self._wake_here, topics)

    async def poll(self) -> None:
        """Until cancelled: look once a second, and outlive a database that is away."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            if topics := [topic for topic in self._waiting if not topic.startswith(_TYPING)]:
                try:
                    now = await to_thread.run_sync(self._fingerprints, topics)
                except SQLAlchemyError as error:
                    log_without_values(logger, "the streams cannot read the database", error)
                else:
                    self._compare(topics, now)

    def _compare(self, topics: list[str], now: Mapping[str, Hashable]) -> None:
        for topic in topics:
            if topic in self._waiting and self._seen.get(topic) != now.get(topic):
                self._seen[topic] = now.get(topic)
                self._wake_here((topic,))

    def _wake_here(self, topics: tuple[str, ...]) -> None:
        for topic in topics:
            for changed in self._waiting.get(topic, ()):
                changed.set()
