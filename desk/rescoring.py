"""The night's scores: everyone who may be scored, as of the moment the night began.

A customer has one such score, the newest: an earlier one can be computed again with `stayline score --as-of`. It
goes in small batches by customer number, each kept at once, so a run that was killed goes on behind the last batch
that it kept, and memory holds one batch whatever the size of the shop.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import func
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, delete, select

from db import tables
from db.session import read_only, unit_of_work
from desk.consent import who_may_be_profiled
from desk.flow import risk_row
from desk.nightly import NightEnds, Shift
from desk.scoring import score_some
from risk_model.risk import Risk
from risk_model.scorer import NoModel, Scorer

log = logging.getLogger(__name__)

BATCH = 100


def rescore(
    shift: Shift,
    scorer: Scorer | NoModel,
    *,
    needs_consent: bool,
    batch: int = BATCH,
    kept: Callable[[], None] = lambda: None,
) -> int:
    """Score all who are left of this night; returns how many. `kept` is called when a batch is. Raises `NightEnds`.

    Scores of customers who may not be profiled are removed (requirement R6).
    """
    scored, last = 0, _last_scored(shift)
    while ids := _next(shift, last, batch):
        with read_only(shift.engine) as session:
            allowed = who_may_be_profiled(session, ids, needs_consent)
        risks = _risks(shift, scorer, sorted(allowed))
        scored += _keep(shift, ids, risks, needs_consent)
        last = ids[-1]
        kept()
    return scored


def _last_scored(shift: Shift) -> int:
    """The last customer whom an interrupted run of this night scored."""
    risk = tables.Risk
    query = select(func.max(risk.customer_id)).where(
        col(risk.as_of) == shift.night, col(risk.message_id).is_(None)
    )
    with read_only(shift.engine) as session:
        return session.exec(query).one() or 0


def _next(shift: Shift, last: int, batch: int) -> Sequence[int]:
    query = select(tables.Customer.id).where(col(tables.Customer.id) > last)
    with read_only(shift.engine) as session:
        return session.exec(query.order_by(col(tables.Customer.id)).limit(batch)).all()


def _risks(shift: Shift, scorer: Scorer | NoModel, ids: Sequence[int]) -> list[Risk]:
    """Their risks. Where some cannot be scored the others are, one by one."""
    if not ids:
        return []
    try:
        return list(score_some(shift.engine, scorer, ids, shift.night, lambda *_: shift.beat()))
    except (NightEnds, SQLAlchemyError):
        raise
    except Exception:  # per-item guard: one customer's history must not end the night of all
        log.exception("%d customers from number %d cannot be scored together", len(ids), ids[0])
    return [risk for one in ids for risk in _risks(shift, scorer, [one])] if len(ids) > 1 else []


def _keep(shift: Shift, ids: Sequence[int], risks: Sequence[Risk], needs_consent: bool) -> int:
    """Put these scores in the place of the nights before, unless a customer refused or went meanwhile."""
    with unit_of_work(shift.engine) as session:
        shift.go_on(session)
        numbers = _lock(session, ids)
        allowed = who_may_be_profiled(session, list(numbers.values()), needs_consent)
        _remove(session, set(ids) - allowed, allowed, shift.night)
        rows = [
            risk_row(number, risk) for risk in risks if (number := numbers.get(risk.customer_key)) in allowed
        ]
        session.add_all(rows)
        return len(rows)


def _lock(session: Session, ids: Sequence[int]) -> dict[str, int]:
    """The customers who are still there, by key. Whoever records a consent meanwhile waits for us, or we for them."""
    this = tables.Customer
    query = select(this.customer_key, this.id).where(col(this.id).in_(ids)).order_by(col(this.id))
    return dict(session.exec(query.with_for_update(read=True)).all())


def _remove(session: Session, refused: set[int], allowed: set[int], night: datetime) -> None:
    risk = tables.Risk
    session.exec(delete(risk).where(col(risk.customer_id).in_(refused)))
    session.exec(
        delete(risk).where(
            col(risk.customer_id).in_(allowed), col(risk.message_id).is_(None), col(risk.as_of) <= night
        )
    )
