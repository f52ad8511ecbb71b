"""How customers found a chat: asked once, when a person closed their case or they said goodbye."""

import re
import unicodedata
from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from db import tables
from desk.errors import AlreadyRated
from desk.escalations import Verdict

SATISFIED = "satisfied"  # the kind of the outcome; its value is the stars
FAREWELLS = frozenset(
    {
        "bye",
        "bye bye",
        "byebye",
        "goodbye",
        "good bye",
        "see you",
        "see ya",
        "cya",
        "good night",
        "have a nice day",
    }
    | {"再见", "拜拜", "拜", "再会", "回头见", "晚安", "88", "886"}
)
CLAUSES = re.compile(r"[,.!?;:~\n\u3001\u3002]+")  # after NFKC, so the wide forms are these too
COURTESIES = re.compile(
    r"\b(?:ok|okay|great|perfect|thanks|thank you|thank you very much|thx|and|so much|a lot|then|for now)\b"
    "|好的|好吧|好|谢谢你|谢谢您|谢谢|多谢|那就|那|先|了|啦|哦|吧"
)


def is_due(session: Session, conversation: tables.Conversation) -> bool:
    """Whether to ask now: the chat is over, no human has it, and it was not rated before."""
    if conversation.agent_id is not None or find(session, conversation.id) is not None:
        return False
    return _was_resolved(session, conversation.id) or _was_left_with_a_goodbye(session, conversation.id)


def find(session: Session, conversation_id: str) -> tables.Satisfaction | None:
    return session.get(tables.Satisfaction, conversation_id)


def rate(
    session: Session, conversation: tables.Conversation, stars: int, words: str | None, now: datetime
) -> None:
    """Keep the answer, and for a known customer as an outcome too. Raises `AlreadyRated` the second time."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    row = {
        "conversation_id": conversation.id,
        "customer_id": conversation.customer_id,
        "stars": stars,
        "words": words,
        "time": now,
    }
    insert = dialect.insert(tables.Satisfaction).values(row).on_conflict_do_nothing()
    if session.execute(insert.returning(tables.Satisfaction.conversation_id)).first() is None:
        raise AlreadyRated
    if conversation.customer_id is not None:
        session.add(
            tables.Outcome(
                customer_id=conversation.customer_id,
                decision_id=_newest_decision(session, conversation.id),
                kind=SATISFIED,
                time=now,
                value=stars,
            )
        )


def is_farewell(text: str) -> bool:
    """Whether these words end with a goodbye: "that's all, bye", not "bye if this goes on"."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    clauses = [clause for part in CLAUSES.split(plain) if (clause := re.sub(r"[^\w\s]", " ", part).strip())]
    return bool(clauses) and " ".join(COURTESIES.sub(" ", clauses[-1]).split()) in FAREWELLS


def _was_resolved(session: Session, conversation_id: str) -> bool:
    """By a person: what is closed for silence alone was nobody's service."""
    case = tables.Escalation
    newest = (
        select(case).where(case.conversation_id == conversation_id).order_by(col(case.id).desc()).limit(1)
    )
    found = session.exec(newest).first()
    return found is not None and found.status == "resolved" and found.verdict in list(Verdict)


def _was_left_with_a_goodbye(session: Session, conversation_id: str) -> bool:
    message = tables.Message
    newest = (
        select(message)
        .where(message.conversation_id == conversation_id)
        .order_by(col(message.id).desc())
        .limit(8)
    )
    roles_and_words = [(found.role, found.text) for found in session.exec(newest)]
    if not roles_and_words or roles_and_words[0][0] == "customer":
        return False  # the answer to it comes first
    return next((is_farewell(text) for role, text in roles_and_words if role == "customer"), False)


def _newest_decision(session: Session, conversation_id: str) -> int | None:
    decision = tables.Decision
    query = (
        select(decision.id)
        .where(decision.conversation_id == conversation_id)
        .order_by(col(decision.id).desc())
    )
    return session.exec(query.limit(1)).first()
