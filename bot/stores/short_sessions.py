"""Long chats stay fast: Rasa reads its tracker and posts all of it to every action, so a tracker must stay short.

A session that has grown long is ended between two turns and a new one goes on with the values of its slots. Rasa's own
session start would carry over every slot event ever made; this one carries each slot once. A form that is being filled
in is a slot too (actions/forms), so it goes on in the next session.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import rasa.shared.utils.common
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import ActionExecuted, Event, SessionStarted, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.event import listen

# Some turns: each brings a message, its slots and entities, two actions and what they said. No rule and no
# action looks further back than the turn itself.
LONGEST_EVENTS = 40

# Rasa lists every kind of event anew for each event that it reads; all kinds are defined once it is imported.
rasa.shared.utils.common.all_subclasses = cache(rasa.shared.utils.common.all_subclasses)


class ShortSessions(SQLTrackerStore):
    """Rasa's SQL store, whose sessions end when they are long and nothing is half done."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.engine.dialect.name == "sqlite":
            listen(self.engine, "connect", _log_first)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The tracker of the last session. What starts a new one is stored with the turn that it begins."""
        tracker = await super().retrieve(sender_id)
        if tracker is not None and may_end(tracker):
            tracker.update_with_events(new_session(tracker), self.domain)
        return tracker


def _log_first(connection: Any, _record: Any) -> None:
    """As in our own database file: a commit is safe once it is in the log, and the log is synchronised now and then."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


def may_end(tracker: DialogueStateTracker) -> bool:
    """Whether the session is long and waits for the customer."""
    return len(tracker.events) > LONGEST_EVENTS and tracker.latest_action_name == ACTION_LISTEN_NAME


def new_session(tracker: DialogueStateTracker) -> list[Event]:
    kept = [
        SlotSet(slot.name, slot.value) for slot in tracker.slots.values() if slot.value != slot.initial_value
    ]
    return [SessionStarted(), *kept, ActionExecuted(ACTION_LISTEN_NAME)]
