"""The outbox: a follow-up is a row first, and its row tells what became of it.

    pending -> leased -> sending -> sent | failed | uncertain | dead
    pending -> cancelled | expired | pending (moved to a later moment)
    failed | uncertain | dead -> pending (an operator's redrive)

`sending` is committed before the provider is called, and begins a lease of its own. A lease that ends in `leased`
goes back to pending; one that ends in `sending` has an unknown outcome: e-mail is tried again under the same
Message-ID (and a word in the chat under the same key) until it was unknown too often, anything else stays `uncertain`.
Such an outcome, and an attempt that the row itself spoiled, is a fault: what a row is given up for. Every change names
the lease owner it expects (fencing), so a stalled worker's late word is refused. Leases use the database's clock.
Every answer and every end is also kept as a row of `gate_answer`, in the same transaction as the change.

Locks: a statement that changes many rows skips those another transaction holds, so workers never wait for each
other in a ring.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Update, func, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from db import tables
from desk.outbox_statements import BEGIN, HELD, KEEP_ANSWER
from desk.outbox_statements import ends as ends_of
from desk.policy import Policy

RETRIED_WHEN_UNCERTAIN = (
    "email",
    "in_chat",
)  # a repeat carries the same id: one Message-ID, one row of the chat
REDRIVEN = ("failed", "uncertain", "dead")
LONGEST_DELAY = timedelta(hours=6)
UNKNOWN_OUTCOME = "the worker ended while the provider was being called"


@dataclass(frozen=True, slots=True)
class Note:
    """What is kept of a change: the answer, why, and until when where it is put off."""

    answer: str
    reason: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class End:
    """What became of a row. `provider_id` goes with `sent`."""

    row_id: int
    status: str
    reason: str
    provider_id: str | None = None


def database_now(session: Session) -> datetime:
    """The moment by the database's clock, the one clock that all workers share."""
    if session.get_bind().dialect.name == "postgresql":
        moment: datetime = session.execute(text("SELECT clock_timestamp()")).scalar_one()
        return moment
    stamp: str = session.execute(text("SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')")).scalar_one()
    return datetime.fromisoformat(stamp)


def plan(session: Session, follow_up: tables.FollowUp) -> bool:
    """Add the row in the caller's transaction; False when its idempotency key is there already."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    row = follow_up.model_dump(exclude={"id"})
    added = dialect.insert(tables.FollowUp).values(row).on_conflict_do_nothing()
    return session.execute(added.returning(tables.FollowUp.id)).first() is not None


def claim_due(session: Session, owner: str, policy: Policy, limit: int = 20) -> list[tables.FollowUp]:
    """Lease up to `limit` due rows that are still useful to `owner`; no two workers ever get the same one."""
    now, row = database_now(session), tables.FollowUp
    due = _free(col(row.status) == "pending", col(row.due_at) <= now, col(row.not_after) >= now)
    first = due.order_by(col(row.due_at)).limit(limit).cte("due")  # a CTE, so that the limit is applied once
    leased = (
        update(row)
        .where(col(row.id).in_(select(first.c.id)))
        .values(status="leased", lease_owner=owner, lease_until=now + policy.lease)
        .returning(row)
    )
    return sorted(session.execute(leased).scalars(), key=lambda claimed: claimed.due_at)


def start_sending(
    session: Session, reasons: Mapping[int, str], owner: str, policy: Policy, now: datetime
) -> set[int]:
    """Commit to the attempts before the provider is called, with a whole lease for each; `reasons` tells for each
    row why it may go. Returns the rows that are still ours to send.
    """
    asked = {"rows": list(reasons), "owner": owner, "now": now, "until": now + policy.lease}
    begun = session.execute(BEGIN, asked).all()
    return _keep(session, begun, {row_id: Note("send", reason) for row_id, reason in reasons.items()}, now)


def finish(session: Session, owner: str, ends: Sequence[End], now: datetime) -> set[int]:
    """Write what became of the rows; returns those that `owner` still held."""
    of = {end.row_id: end for end in ends}
    held = session.execute(HELD, {"rows": list(of), "owner": owner}).all()
    if held:
        session.execute(ends_of([_written(of[row_id], now) for row_id, _ in held]))
    return _keep(session, held, {end.row_id: Note(end.status, end.reason) for end in ends}, now)


def put_back(
    session: Session,
    row_id: int,
    owner: str,
    due_at: datetime,
    reason: str,
    now: datetime,
    *,
    answer: str = "later",
    fault: bool = False,
) -> bool:
    """Pending again, at a later moment: after a passing failure or a `fault` of its own, or because later is right."""
    values: dict[str, Any] = {"status": "pending", "due_at": due_at, "status_reason": reason, **_NO_LEASE}
    if fault:
        values["faults"] = tables.FollowUp.faults + 1
    moved = _held(row_id, owner).values(**values)
    return _change(session, moved, Note(answer, reason, due_at), now) == 1


def release(session: Session, owner: str) -> int:
    """Give back what `owner` leased and has not begun to send; returns how many."""
    held = update(tables.FollowUp).where(
        col(tables.FollowUp.lease_owner) == owner, col(tables.FollowUp.status) == "leased"
    )
    return _count(session, held.values(status="pending", **_NO_LEASE))


def rescue_leases(session: Session, policy: Policy) -> int:
    """Free the rows whose worker died or stalled; returns how many. One whose outcome was unknown `max_unknown`
    times is dead.
    """
    now, row = database_now(session), tables.FollowUp
    ended, sending = col(row.lease_until) <= now, col(row.status) == "sending"
    retried, worn_out = (
        col(row.channel).in_(RETRIED_WHEN_UNCERTAIN),
        col(row.faults) + 1 >= policy.max_unknown,
    )
    again = "outcome of the last attempt unknown; tried again under the same id"
    given_up = f"given up after {policy.max_unknown} unknown outcomes; {UNKNOWN_OUTCOME}"
    begun = [
        (_changed_where(ended, sending, ~retried), "uncertain", Note("uncertain", UNKNOWN_OUTCOME)),
        (_changed_where(ended, sending, retried, worn_out), "dead", Note("dead", given_up)),
        (_changed_where(ended, sending, retried), "pending", Note("uncertain", again)),
    ]
    freed = _count(session, _to(_changed_where(ended, col(row.status) == "leased"), "pending"))
    return freed + sum(
        _change(
            session, _to(rows, status).values(status_reason=note.reason, faults=row.faults + 1), note, now
        )
        for rows, status, note in begun
    )


def expire(session: Session) -> int:
    """End the pending rows that came too late to be welcome; returns how many."""
    now, row = database_now(session), tables.FollowUp
    note = Note("expired", "its last useful moment had passed")
    late = _changed_where(col(row.status) == "pending", col(row.not_after) < now)
    return _change(session, late.values(status="expired", status_reason=note.reason), note, now)


def cancel_open(session: Session, customer_id: int, reason: str, channel: str | None = None) -> int:
    """Cancel what is still pending for a customer; returns how many."""
    open_rows = update(tables.FollowUp).where(
        col(tables.FollowUp.customer_id) == customer_id,
        col(tables.FollowUp.status) == "pending",
    )
    if channel is not None:
        open_rows = open_rows.where(col(tables.FollowUp.channel) == channel)
    return _cancelled(session, open_rows, reason)


def cancel(session: Session, row_id: int, reason: str) -> bool:
    """Cancel one pending row; False when it is not pending."""
    row = tables.FollowUp
    pending = update(row).where(col(row.id) == row_id, col(row.status) == "pending")
    return _cancelled(session, pending, reason) == 1


def redrive(session: Session, row_ids: Sequence[int], reason: str) -> int:
    """Try failed, uncertain or dead rows again from the first attempt; returns how many. What had become of each is
    kept among its answers. A row past its last useful moment stays as it is.
    """
    now, row = database_now(session), tables.FollowUp
    ended = update(row).where(
        col(row.id).in_(row_ids), col(row.status).in_(REDRIVEN), col(row.not_after) >= now
    )
    again = _to(ended, "pending").values(attempts=0, faults=0, due_at=now)
    return _change(session, again, Note("redriven", reason, now), now)


def listed(
    session: Session, *, status: str | None = None, customer_key: str | None = None, limit: int = 200
) -> Sequence[tuple[tables.FollowUp, str]]:
    """Rows with their customer_key, the newest first."""
    row, who = tables.FollowUp, tables.Customer
    query = select(row, who.customer_key).join(who, col(who.id) == col(row.customer_id))
    if status is not None:
        query = query.where(row.status == status)
    if customer_key is not None:
        query = query.where(who.customer_key == customer_key)
    return session.exec(query.order_by(col(row.id).desc()).limit(limit)).all()


def ids_in(session: Session, status: str) -> Sequence[int]:
    """The ids of all rows in this state."""
    return session.exec(select(tables.FollowUp.id).where(tables.FollowUp.status == status)).all()


def answers(session: Session, row_id: int) -> Sequence[tables.GateAnswer]:
    """All that was answered about a row, the oldest first."""
    query = select(tables.GateAnswer).where(tables.GateAnswer.follow_up_id == row_id)
    return session.exec(query.order_by(col(tables.GateAnswer.id))).all()


def counts(session: Session) -> dict[str, int]:
    """How many rows are in each state."""
    status = col(tables.FollowUp.status)
    found = session.execute(select(status, func.count()).group_by(status))
    return {row[0]: row[1] for row in found}


def retry_delay(attempts: int, policy: Policy, jitter: float) -> timedelta:
    """Doubling with every attempt, at most six hours, spread by `jitter` in [0, 1) so that rows do not return
    together.
    """
    factor: int = 2 ** min(attempts, 20)
    return min(policy.first_retry_after * factor, LONGEST_DELAY) * (0.5 + jitter)


_NO_LEASE: dict[str, Any] = {"lease_owner": None, "lease_until": None}


def _free(*conditions: ColumnElement[bool]) -> Any:
    """The ids of rows that no other transaction is changing right now."""
    return select(tables.FollowUp.id).where(*conditions).with_for_update(skip_locked=True)


def _changed_where(*conditions: ColumnElement[bool]) -> Update:
    free = _free(*conditions).cte("free")
    return update(tables.FollowUp).where(col(tables.FollowUp.id).in_(select(free.c.id)))


def _to(rows: Update, status: str) -> Update:
    return rows.values(status=status, **_NO_LEASE)


def _held(row_id: int, owner: str) -> Update:
    return update(tables.FollowUp).where(
        col(tables.FollowUp.id) == row_id,
        col(tables.FollowUp.lease_owner) == owner,
        col(tables.FollowUp.status).in_(("leased", "sending")),
    )


def _cancelled(session: Session, rows: Update, reason: str) -> int:
    changed = rows.values(status="cancelled", status_reason=reason)
    return _change(session, changed, Note("cancelled", reason), database_now(session))


def _written(end: End, now: datetime) -> dict[str, Any]:
    at = now if end.status == "sent" else None
    return {
        "id": end.row_id,
        "status": end.status,
        "status_reason": end.reason,
        "provider_id": end.provider_id,
        "sent_at": at,
    }


def _change(session: Session, statement: Update, note: Note, now: datetime) -> int:
    """Carry out the change and keep the note with each row it touched; returns how many."""
    row = tables.FollowUp
    touched = session.execute(statement.returning(col(row.id), col(row.customer_id))).all()
    return len(_keep(session, touched, {row_id: note for row_id, _ in touched}, now))


def _keep(
    session: Session, touched: Sequence[Row[int, int]], notes: Mapping[int, Note], now: datetime
) -> set[int]:
    """Keep the note of each row that was touched, given with its customer; returns their ids."""
    answers = [
        {"follow_up_id": row_id, "customer_id": customer_id, "time": now, **asdict(notes[row_id])}
        for row_id, customer_id in touched
    ]
    if answers:
        session.execute(KEEP_ANSWER, answers)
    return {row_id for row_id, _ in touched}


def _count(session: Session, statement: Update) -> int:
    return session.exec(statement).rowcount
