"""Closing the cases that nobody answered, once the customer has long fallen silent too."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, exists, update
from sqlmodel import Session, col, select

from db import tables

A_PASS = 200
WORKER = "worker"


def close_stale(session: Session, after: timedelta, now: datetime) -> int:
    """Close the cases that no agent holds and whose chat has been silent for this long; returns how many.

    The case says why, and has no verdict: nobody looked, so nobody knows, and training learns nothing from it. The
    customer's next message may open a new one. What another transaction holds is left for the next time.
    """
    row, since = tables.Escalation, now - after
    stale = select(row.id).where(
        row.status == "open",
        col(row.claimed_by).is_(None),
        col(row.opened_at) <= since,
        ~_spoken_in_since(since),
    )
    free = stale.limit(A_PASS).with_for_update(skip_locked=True).cte("stale")
    closed = update(row).where(col(row.id).in_(select(free.c.id))).returning(col(row.id))
    reason = case((col(row.answered_at).is_(None), "nobody answered"), else_="nobody took it up again")
    ended = f"; closed after {after.days} {'day' if after.days == 1 else 'days'}"
    ids = session.execute(closed.values(status="resolved", resolved_at=now, verdict_reason=reason + ended))
    audits = [
        tables.Audit(time=now, actor=WORKER, action="close", subject=f"case:{number}") for (number,) in ids
    ]
    session.add_all(audits)
    return len(audits)


def _spoken_in_since(since: datetime) -> ColumnElement[bool]:
    message = tables.Message
    return exists().where(
        col(message.conversation_id) == col(tables.Escalation.conversation_id), col(message.time) > since
    )
