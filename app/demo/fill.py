"""Write the simulated shop into an empty database."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Engine, insert
from sqlmodel import Session, select

from app.demo.world import World, simulate
from db import tables
from db.session import read_only, unit_of_work
from desk.consent import Purpose
from desk.ingest import Kind, ingest_rows
from risk_model.progress import Progress

CHUNK = 20_000
SHARE_WITH_CONSENT = 0.7  # of follow-ups by e-mail; the three named customers all said yes


def is_empty(engine: Engine) -> bool:
    with read_only(engine) as session:
        return session.exec(select(tables.Customer.id).limit(1)).first() is None


def fill(engine: Engine, now: datetime, report: Progress, customers: int = 2000) -> World:
    """Simulate the shop up to `now` and store it, all of it or nothing."""
    report("simulating the demo shop", 0, 1)
    world = simulate(now, customers=customers)
    report("simulating the demo shop", 1, 1)
    with unit_of_work(engine) as session:
        parts = (
            (Kind.customers, world.customers),
            (Kind.events, world.events),
            (Kind.reviews, world.reviews),
        )
        for kind, rows in (*parts, (Kind.messages, world.messages)):
            _store(session, kind, rows, now, report)
        ids = _ids(session)
        _store_orders(session, world, ids)
        _store_consents(session, world, ids, now)
    return world


def _store(
    session: Session, kind: Kind, rows: list[dict[str, object]], now: datetime, report: Progress
) -> None:
    for start in range(0, len(rows), CHUNK):
        report(f"storing {kind}", start, len(rows))
        summary = ingest_rows(session, kind, rows[start : start + CHUNK], now=now)
        if summary.rejected:
            raise ValueError(f"the simulation made a bad row of {kind}: {summary.rejected[0].reason}")
    report(f"storing {kind}", len(rows), len(rows))


def _ids(session: Session) -> dict[str, int]:
    return {
        key: number
        for key, number in session.exec(select(tables.Customer.customer_key, tables.Customer.id))
        if number
    }


def _store_orders(session: Session, world: World, ids: Mapping[str, int]) -> None:
    rows = [
        {
            "customer_id": ids[str(order["customer_key"])],
            **{k: v for k, v in order.items() if k != "customer_key"},
        }
        for order in world.orders
    ]
    session.execute(insert(tables.Order), rows)


def _store_consents(session: Session, world: World, ids: Mapping[str, int], now: datetime) -> None:
    said_yes = _who_consented(
        (str(row["customer_key"]) for row in world.customers), set(world.named.values())
    )
    session.add_all(
        tables.Consent(
            customer_id=ids[key],
            purpose=Purpose.FOLLOW_UP,
            channel="email",
            granted=True,
            time=now,
            source="simulated sign-up",
        )
        for key in said_yes
    )


def _who_consented(keys: Iterable[str], certain: set[str]) -> list[str]:
    limit = int(SHARE_WITH_CONSENT * 256)
    return [key for key in keys if key in certain or sha256(key.encode()).digest()[0] < limit]
