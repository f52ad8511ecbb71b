"""The outbox's statements that run for every follow-up, each for any number of rows."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Case, Table, Update, bindparam, case, insert, select, update

from db import tables
from db.columns import UTCDateTime

_row = cast(Table, tables.FollowUp.__table__).c  # type: ignore[attr-defined]  # SQLModel adds it to every table
_answers = cast(Table, tables.GateAnswer.__table__)  # type: ignore[attr-defined]
_now = bindparam("now", type_=UTCDateTime())
_ours = (_row.id.in_(bindparam("rows", expanding=True)), _row.lease_owner == bindparam("owner"))

# the leased rows that may be begun, with their customers: :rows, :owner, :now, :until
BEGIN = (
    update(_row.id.table)
    .where(*_ours, _row.status == "leased", _row.lease_until > _now, _row.not_after >= _now)
    .values(status="sending", attempts=_row.attempts + 1, lease_until=bindparam("until"))
    .returning(_row.id, _row.customer_id)
)

# the rows that are still ours, locked, with their customers: :rows, :owner
HELD = (
    select(_row.id, _row.customer_id).where(*_ours, _row.status.in_(("leased", "sending"))).with_for_update()
)

# with RETURNING it is one statement for all rows; see `ends`
KEEP_ANSWER = insert(_answers).returning(_answers.c.id)


def ends(rows: Sequence[Mapping[str, Any]]) -> Update:
    """The ends of rows, each with the `id` and the columns that it changes: one statement.

    The driver would send one for each row without waiting in between, and a line that fell silent in the midst of them
    would leave their locks to a server that waits for the rest and counts itself busy, not idle.
    """
    changed = {name: _by_row(name, rows) for name in ("status", "status_reason", "provider_id", "sent_at")}
    return (
        update(_row.id.table)
        .where(_row.id.in_([row["id"] for row in rows]))
        .values(**changed, lease_owner=None, lease_until=None)
    )


def _by_row(name: str, rows: Sequence[Mapping[str, Any]]) -> Case[Any]:
    type_ = _row[name].type
    return case(*((_row.id == row["id"], bindparam(None, row[name], type_=type_)) for row in rows))
