"""A conversation as an agent reads it: messages with their risks, the agents' notes, and answers still held back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from db import tables
from desk.conversations import messages_before, messages_between
from desk.escalations import risks_of
from desk.held_replies import held_in
from desk.notes import notes_between

PER_PAGE = 100
BEFORE_IT = 10  # messages above the one that was asked for: what it answers
NOTE, HELD = "note", "held"


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing said. `role` is a message's (customer, bot, agent), or `note`, or `held` for an answer that may still
    be taken back until `release_at`. `key` names it on the page.
    """

    key: str
    role: str
    time: datetime
    author: str | None
    text: str
    message: tables.Message | None = None
    risk: tables.Risk | None = None
    held: tables.HeldReply | None = None


@dataclass(frozen=True, slots=True)
class Talk:
    """One page of a conversation, oldest first; `earlier` is where the page before it ends, None at the beginning."""

    turns: list[Turn]
    earlier: int | None
    newest_id: int


def key_of(message_id: int) -> str:
    return f"m{message_id}"


def talk_of(
    session: Session, conversation_id: str, before: int | None = None, since: int | None = None
) -> Talk:
    """The newest page, or the one that ends before this message; longer where it has to reach back to `since`."""
    if since is None:
        found, most = messages_before(session, conversation_id, before, PER_PAGE + 1), PER_PAGE
    else:
        above = messages_before(session, conversation_id, since, BEFORE_IT + 1)
        below = messages_between(session, conversation_id, since, before)
        found, most = above + below, BEFORE_IT + len(below)
    shown = found[-most:]
    earlier = shown[0].id if len(found) > most else None
    risks = risks_of(session, [message.id for message in shown])
    turns = [_of_message(message, risks.get(message.id)) for message in shown]
    turns += _notes(session, conversation_id, shown, earlier, before)
    turns.sort(key=lambda turn: turn.time)  # stable: messages keep the order of their ids within one moment
    if before is None:
        turns += [_of_held(session, held) for held in held_in(session, conversation_id)]
    return Talk(turns, earlier, max((message.id for message in shown), default=0))


def _notes(
    session: Session,
    conversation_id: str,
    shown: Sequence[tables.Message],
    earlier: int | None,
    before: int | None,
) -> list[Turn]:
    start = shown[0].time if earlier is not None else None
    following = session.get(tables.Message, before) if before is not None else None
    notes = notes_between(session, conversation_id, start, following.time if following else None)
    return [Turn(f"n{note.id}", NOTE, note.time, note.author, note.text) for note in notes]


def _of_message(message: tables.Message, risk: tables.Risk | None) -> Turn:
    return Turn(key_of(message.id), message.role, message.time, message.author, message.text, message, risk)


def _of_held(session: Session, held: tables.HeldReply) -> Turn:
    author = session.get_one(tables.Agent, held.agent_id).name
    return Turn(f"h{held.id}", HELD, held.written_at, author, held.text, held=held)
