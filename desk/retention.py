"""Forgetting what is old, kind by kind, in small batches so that no lock is long.

Never forgotten, however old: what a case that is open, a follow-up that is still to go, or a decision whose outcome
is not known yet, rests on. Follow-ups themselves stay, without the answers about them: their keys are what keeps
one from being sent twice. So do consents and outcomes; they go when the customer is erased.
"""

from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, delete, select

from db import tables
from db.session import unit_of_work
from desk import embeddings
from desk.conversations import IMPORTED
from desk.nightly import Shift
from desk.outcomes import is_measured
from desk.policy import Keep

BATCH = 500
CONVERSATIONS = 50  # each takes its messages, scores and decisions along
TO_GO = ("pending", "leased", "sending")

Sweep = Callable[[Session, datetime], int]


def forget_old(shift: Shift, keep: Keep) -> dict[str, int]:
    """How much of each kind was forgotten, counted back from the night. Raises `NightEnds`."""
    return {
        field.name: sum(_swept(shift, sweep, shift.night - age) for sweep in SWEEPS[field.name])
        for field in fields(keep)
        if (age := getattr(keep, field.name)) is not None
    }


def _swept(shift: Shift, sweep: Sweep, before: datetime) -> int:
    total = 0
    while True:
        with unit_of_work(shift.engine) as session:
            shift.go_on(session)
            gone = sweep(session, before)
        total += gone
        if gone == 0:
            return total


def _chats(session: Session, before: datetime) -> int:
    return _conversations(session, before, col(tables.Conversation.source) != IMPORTED)


def _imported_chats(session: Session, before: datetime) -> int:
    return _conversations(session, before, col(tables.Conversation.source) == IMPORTED)


def _conversations(session: Session, before: datetime, of_kind: ColumnElement[bool]) -> int:
    """Whole conversations that nobody has spoken in since, with the embeddings of their words."""
    row, message = tables.Conversation, tables.Message
    this = col(row.id)
    old = select(row.id).where(
        of_kind,
        col(row.opened_at) < before,
        col(row.agent_id).is_(None),
        ~exists().where(col(message.conversation_id) == this, col(message.time) >= before),
        ~exists().where(col(tables.ChatSession.conversation_id) == this, col(tables.ChatSession.expires_at) >= before),
        ~exists().where(col(tables.FollowUp.conversation_id) == this, _still_to_go()),
        ~exists().where(col(tables.Escalation.conversation_id) == this, _is_open()),
        ~exists().where(col(tables.Decision.conversation_id) == this, _not_measured()),
    )  # fmt: skip
    ids = session.exec(old.limit(CONVERSATIONS).with_for_update(skip_locked=True)).all()
    words = select(message.text).where(col(message.conversation_id).in_(ids), message.role == "customer")
    embeddings.forget(session, session.exec(words).all())
    session.exec(delete(row).where(this.in_(ids)))
    return len(ids)


def _scores(session: Session, before: datetime) -> int:
    row = tables.Risk
    this = col(row.id)
    old = select(row.id).where(
        col(row.as_of) < before,
        ~exists().where(col(tables.Escalation.risk_id) == this, _is_open()),
        ~exists().where(col(tables.Decision.risk_id) == this, _not_measured()),
    )
    return _delete(session, row, this, old)


def _events(session: Session, before: datetime) -> int:
    row, decision, follow_up = tables.Event, tables.Decision, tables.FollowUp
    whose, time = col(row.customer_id), col(row.time)
    old = select(row.id).where(
        time < before,
        ~exists().where(col(decision.customer_id) == whose, col(decision.time) < time, _not_measured()),
        ~exists().where(col(follow_up.customer_id) == whose, col(follow_up.planned_at) < time, _still_to_go()),
    )  # fmt: skip
    return _delete(session, row, col(row.id), old)


def _reviews(session: Session, before: datetime) -> int:
    row = tables.Review
    old = session.exec(select(row.id, row.text).where(col(row.time) < before).limit(BATCH)).all()
    embeddings.forget(session, [text for _, text in old])
    session.exec(delete(row).where(col(row.id).in_([number for number, _ in old])))
    return len(old)


def _answers(session: Session, before: datetime) -> int:
    row, follow_up = tables.GateAnswer, tables.FollowUp
    to_go = exists().where(col(follow_up.id) == col(row.follow_up_id), _still_to_go())
    return _delete(session, row, col(row.id), select(row.id).where(col(row.time) < before, ~to_go))


def _chat_sessions(session: Session, before: datetime) -> int:
    row = tables.ChatSession
    return _delete(
        session, row, col(row.token_hash), select(row.token_hash).where(col(row.expires_at) < before)
    )


def _logins(session: Session, before: datetime) -> int:
    row = tables.AgentSession
    return _delete(
        session, row, col(row.token_hash), select(row.token_hash).where(col(row.expires_at) < before)
    )


def _audit(session: Session, before: datetime) -> int:
    row = tables.Audit
    return _delete(session, row, col(row.id), select(row.id).where(col(row.time) < before))


SWEEPS: dict[str, tuple[Sweep, ...]] = {
    "chats": (_chats,),
    "scores": (_scores,),
    "events": (_events, _reviews, _imported_chats),
    "answers": (_answers,),
    "sessions": (_chat_sessions, _logins),
    "audit": (_audit,),
}


def _delete(session: Session, table: Any, key: Any, old: Select[Any]) -> int:
    """One batch of these rows, but those that another transaction holds right now."""
    keys: Sequence[Any] = session.execute(old.limit(BATCH).with_for_update(skip_locked=True)).scalars().all()
    session.exec(delete(table).where(key.in_(keys)))
    return len(keys)


def _is_open() -> ColumnElement[bool]:
    return col(tables.Escalation.status) != "resolved"


def _still_to_go() -> ColumnElement[bool]:
    return col(tables.FollowUp.status).in_(TO_GO)


def _not_measured() -> ColumnElement[bool]:
    """Of a decision: its outcome is to come. One on an unknown risk has no horizon, and none to wait for."""
    risk = aliased(tables.Risk)
    has_horizon = exists().where(
        col(risk.id) == col(tables.Decision.risk_id), col(risk.horizon_days).is_not(None)
    )
    return has_horizon & ~is_measured()
