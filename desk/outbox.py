"""The outbox: a follow-up is a row first, and its row tells what became of it.

    pending -> leased -> sending -> sent | failed | uncertain | dead
    pending -> cancelled | expired | pending (moved to a later moment)

`sending` is committed before the provider is called. A lease that ends in `leased` goes back to pending; one
that ends in `sending` has an unknown outcome: e-mail is tried again under the same Message-ID, anything else
stays `uncertain`. Every change names the lease owner it expects (fencing), so a stalled worker's late word is
refused. Leases use the database's clock.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Update, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from db import tables
from desk.policy import Policy

RETRIED_WHEN_UNCERTAIN = ("email",)
LONGEST_DELAY = timedelta(hours=6)


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
    insert = dialect.insert(tables.FollowUp).values(row).on_conflict_do_nothing()
    return session.execute(insert.returning(tables.FollowUp.id)).first() is not None


def claim_due(session: Session, owner: str, policy: Policy, limit: int = 20) -> list[tables.FollowUp]:
    """Lease up to `limit` due rows to `owner`; no two workers ever get the same one."""
    now = database_now(session)
    due = (
        select(tables.FollowUp.id)
        .where(col(tables.FollowUp.status) == "pending", col(tables.FollowUp.due_at) <= now)
        .order_by(col(tables.FollowUp.due_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    leased = (
        update(tables.FollowUp)
        .where(col(tables.FollowUp.id).in_(due.scalar_subquery()))
        .values(status="leased", lease_owner=owner, lease_until=now + policy.lease)
        .returning(tables.FollowUp)
    )
    return list(session.execute(leased).scalars())


def start_sending(session: Session, row_id: int, owner: str) -> bool:
    """Commit to the attempt before the provider is called; False when the lease was lost."""
    now = database_now(session)
    held = _held(row_id, owner, "leased").where(col(tables.FollowUp.lease_until) > now)
    return _changed(session, held.values(status="sending", attempts=tables.FollowUp.attempts + 1))


def finish(
    session: Session, row_id: int, owner: str, status: str, reason: str, provider_id: str | None = None
) -> bool:
    """Write what became of the row; False when somebody else holds it by now."""
    values: dict[str, Any] = {
        "status": status,
        "status_reason": reason,
        "lease_owner": None,
        "lease_until": None,
    }
    if status == "sent":
        values |= {"sent_at": database_now(session), "provider_id": provider_id}
    return _changed(session, _held(row_id, owner, "leased", "sending").values(**values))


def put_back(
    session: Session,
    row_id: int,
    owner: str,
    due_at: datetime,
    reason: str,
    *,
    counts_as_attempt: bool = False,
) -> bool:
    """Pending again, at a later moment: after a passing failure, or because later is right."""
    values: dict[str, Any] = {"status": "pending", "due_at": due_at, "status_reason": reason}
    values |= {"lease_owner": None, "lease_until": None}
    if counts_as_attempt:
        values["attempts"] = tables.FollowUp.attempts + 1
    return _changed(session, _held(row_id, owner, "leased", "sending").values(**values))


def release(session: Session, owner: str) -> int:
    """Give back what `owner` leased and has not begun to send; returns how many."""
    held = update(tables.FollowUp).where(
        col(tables.FollowUp.lease_owner) == owner, col(tables.FollowUp.status) == "leased"
    )
    return _count(session, held.values(status="pending", lease_owner=None, lease_until=None))


def rescue_leases(session: Session) -> int:
    """Free the rows whose worker died or stalled; returns how many."""
    ended = col(tables.FollowUp.lease_until) <= database_now(session)
    again = update(tables.FollowUp).where(ended).values(status="pending", lease_owner=None, lease_until=None)
    retried = col(tables.FollowUp.channel).in_(RETRIED_WHEN_UNCERTAIN)
    statements = [
        again.where(col(tables.FollowUp.status) == "leased"),
        again.where(col(tables.FollowUp.status) == "sending", retried).values(
            status_reason="outcome of the last attempt unknown; tried again under the same Message-ID"
        ),
        update(tables.FollowUp)
        .where(ended, col(tables.FollowUp.status) == "sending", ~retried)
        .values(status="uncertain", status_reason="the worker ended while the provider was being called"),
    ]
    return sum(_count(session, statement) for statement in statements)


def expire(session: Session) -> int:
    """End the pending rows that came too late to be welcome; returns how many."""
    late = update(tables.FollowUp).where(
        col(tables.FollowUp.status) == "pending", col(tables.FollowUp.not_after) < database_now(session)
    )
    return _count(session, late.values(status="expired", status_reason="its last useful moment had passed"))


def cancel_open(session: Session, customer_id: int, reason: str, channel: str | None = None) -> int:
    """Cancel what is still pending for a customer; returns how many."""
    open_rows = update(tables.FollowUp).where(
        col(tables.FollowUp.customer_id) == customer_id,
        col(tables.FollowUp.status) == "pending",
    )
    if channel is not None:
        open_rows = open_rows.where(col(tables.FollowUp.channel) == channel)
    return _count(session, open_rows.values(status="cancelled", status_reason=reason))


def retry_delay(attempts: int, policy: Policy, jitter: float) -> timedelta:
    """Doubling with every attempt, at most six hours, spread by `jitter` in [0, 1) so that rows do not return
    together.
    """
    factor: int = 2 ** min(attempts, 20)
    return min(policy.first_retry_after * factor, LONGEST_DELAY) * (0.5 + jitter)


def _held(row_id: int, owner: str, *statuses: str) -> Update:
    return update(tables.FollowUp).where(
        col(tables.FollowUp.id) == row_id,
        col(tables.FollowUp.lease_owner) == owner,
        col(tables.FollowUp.status).in_(statuses),
    )


def _changed(session: Session, statement: Update) -> bool:
    return _count(session, statement) == 1


def _count(session: Session, statement: Update) -> int:
    return session.exec(statement).rowcount
