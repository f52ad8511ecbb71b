"""Which agents look at a conversation just now, and who of them writes: kept in this process's memory only."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock

LOOKS_FOR = timedelta(seconds=40)  # a page says that it is there every 15 seconds
WRITES_FOR = timedelta(seconds=6)


@dataclass(frozen=True, slots=True)
class Looking:
    """One agent at one conversation."""

    agent_id: int
    name: str
    seen_at: datetime
    wrote_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class There:
    """What others are told of an agent."""

    agent_id: int
    name: str
    writes: bool


class Presence:
    """May be asked from any thread."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._there: dict[str, dict[int, Looking]] = {}
        self._lock = Lock()

    def note(self, conversation_id: str, agent_id: int, name: str, writes: bool) -> bool:
        """The agent's page is there; True when this is news to others."""
        now = self._clock()
        before = self.others(conversation_id, except_for=None)
        with self._lock:
            here = self._there.setdefault(conversation_id, {})
            known = here.get(agent_id, Looking(agent_id, name, now))
            here[agent_id] = replace(known, seen_at=now, wrote_at=now if writes else None)
        return before != self.others(conversation_id, except_for=None)

    def leave(self, conversation_id: str, agent_id: int) -> bool:
        """The agent's page was closed; True when this is news to others."""
        with self._lock:
            return self._there.get(conversation_id, {}).pop(agent_id, None) is not None

    def others(self, conversation_id: str, except_for: int | None) -> list[There]:
        """Who is there by name, without those who left without a word."""
        now = self._clock()
        with self._lock:
            here = self._there.get(conversation_id, {})
            for agent_id in [key for key, one in here.items() if now - one.seen_at > LOOKS_FOR]:
                del here[agent_id]
            if not here:
                self._there.pop(conversation_id, None)
            return sorted(
                (
                    There(
                        one.agent_id, one.name, one.wrote_at is not None and now - one.wrote_at <= WRITES_FOR
                    )
                    for one in here.values()
                    if one.agent_id != except_for
                ),
                key=lambda one: (one.name, one.agent_id),
            )

    def writes(self, conversation_id: str) -> bool:
        """Whether any agent writes there."""
        return any(one.writes for one in self.others(conversation_id, except_for=None))
