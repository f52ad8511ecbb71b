"""Which language a conversation is in: as the customer chose in the widget, else as they write.

The first message that tells decides at once. After that two in a row must be in the other language: a quoted phrase or
a product's name is no change of mind.
"""

from typing import Any

from sqlmodel import Session, col, select

from app.web.body import text_of
from app.web.errors import NotAcceptable
from app.web.text import LANGUAGES, known_language, language_told
from db import tables

ENOUGH_IN_A_ROW = 2
LOOK_BACK = 10  # messages; what tells nothing (an order number, an emoji) is passed over


def chosen_in(body: dict[str, Any]) -> str | None:
    """What the customer chose, None where nothing was chosen yet."""
    language = text_of(body, "language")
    if language is not None and language not in LANGUAGES:
        raise NotAcceptable(f"language: expected one of {', '.join(LANGUAGES)}.")
    return language


def spoken_in(session: Session, conversation: tables.Conversation) -> str:
    """The language after the customer's newest message, which is stored."""
    current = known_language(conversation.language)
    told = [language for text in _own_words(session, conversation.id) if (language := language_told(text))]
    newest = told[:ENOUGH_IN_A_ROW]
    return newest[0] if len(set(newest)) == 1 else current


def _own_words(session: Session, conversation_id: str) -> list[str]:
    """What the customer wrote lately, newest first; a button's title is our wording, not theirs."""
    query = (
        select(tables.Message)
        .where(tables.Message.conversation_id == conversation_id, tables.Message.role == "customer")
        .order_by(col(tables.Message.id).desc())
        .limit(LOOK_BACK)
    )
    return [message.text for message in session.exec(query) if "pressed" not in (message.payload or {})]
