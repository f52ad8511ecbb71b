"""Erasing reaches every row about a customer and nobody else's; what is left tells nobody who they were."""

from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import func, select, text
from sqlmodel import SQLModel

from db import tables
from db.session import read_only, unit_of_work
from desk import erasure, flow
from desk.embeddings import CachedEncoder
from desk.erasure import UnknownCustomer
from desk.holdings import export, held
from desk.ingest import Kind, ingest_file, ingest_rows
from tests.desk.people import NOBODY_HELD_OUT, NOW, FixedScorer, customer, said

CANARY = "zanzibar-4711"
# Tables that hold nothing of a customer's. Whoever adds one decides here whether it belongs.
IMPERSONAL = {"agent", "agent_session", "audit", "embedding", "nightly", "product", "tick", "tombstone"}
LATER = NOW + timedelta(days=1)


class ByLength:
    version, dimensions = "v1", 1

    def encode(self, texts):
        return np.array([[len(text)] for text in texts], dtype=np.float32)


@pytest.fixture
def two_customers(engine):
    """Ana, whose every row carries the canary, and Ben with the same kinds of rows."""
    with unit_of_work(engine) as session:
        for key, mark in ((CANARY, CANARY), ("ben", "ben")):
            who = customer(session, key)
            session.add(tables.Review(customer_id=who.id, time=NOW, text=f"review {mark}", row_key="r"))
            message = said(session, who, f"Where is it? {mark}")
            turn = flow.handle(session, FixedScorer(0.9), message, NOW, NOBODY_HELD_OUT)
            session.add(tables.ChatSession(token_hash=mark, conversation_id=message.conversation_id, customer_id=who.id, created_at=NOW, expires_at=LATER))  # fmt: skip
            session.add(
                tables.Outcome(customer_id=who.id, decision_id=turn.decision.id, kind="left", time=NOW)
            )
            session.add(
                tables.Consent(
                    customer_id=who.id,
                    purpose="follow_up",
                    channel="email",
                    granted=True,
                    time=NOW,
                    source=mark,
                )
            )
    CachedEncoder(ByLength(), lambda: unit_of_work(engine)).encode(
        [f"review {CANARY}", f"Where is it? {CANARY}"]
    )
    return engine


def rows(engine):
    with engine.connect() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in SQLModel.metadata.sorted_tables
        }


def dump(engine):
    with engine.connect() as connection:
        names = [table.name for table in SQLModel.metadata.sorted_tables]
        return "\n".join(
            str(row) for name in names for row in connection.execute(text(f"SELECT * FROM {name}"))
        )


def erase(engine, key=CANARY, now=NOW):
    with unit_of_work(engine) as session:
        return erasure.erase(session, key, now)


def test_nothing_of_the_customer_is_left_and_the_other_keeps_everything(two_customers):
    before = rows(two_customers)
    assert CANARY in dump(two_customers)
    done = erase(two_customers)
    assert CANARY not in dump(two_customers)
    after = rows(two_customers)
    gone = {name: before[name] - after[name] for name in before if name not in IMPERSONAL}
    assert {name: count for name, count in gone.items() if count} == done.rows
    assert done.rows["message"] == 1
    assert done.rows["risk"] == done.rows["decision"] == done.rows["escalation"] == 1
    assert after["customer"] == 1
    assert after["embedding"] == 0


def test_every_table_is_either_reached_or_known_to_hold_nothing_of_a_customer():
    reached = {table.name for table, _ in held(1)}
    assert reached | IMPERSONAL == set(SQLModel.metadata.tables)
    assert reached & IMPERSONAL == set()


def test_an_export_shows_the_rows_that_an_erasure_counts(two_customers):
    with unit_of_work(two_customers) as session:
        shown = export(session, erasure.customer_of(session, CANARY).id)
    assert {name: len(some) for name, some in shown.items()} == erase(two_customers).rows
    assert shown["review"][0]["text"] == f"review {CANARY}"
    assert shown["customer"][0]["customer_key"] == CANARY
    assert "token_hash" not in shown["chat_session"][0]


def test_an_unknown_customer_is_said_to_be_unknown(engine):
    with pytest.raises(UnknownCustomer, match="There is no customer 'nobody'"):
        erase(engine, "nobody")


def test_old_rows_about_the_erased_stay_out_and_a_file_says_how_many(two_customers, tmp_path):
    erase(two_customers)
    path = tmp_path / "events.csv"
    old, new = NOW - timedelta(days=3), NOW + timedelta(hours=1)
    path.write_text(
        f"customer_key,time,kind\n{CANARY},{old.isoformat()},order\nben,{old.isoformat()},order\n"
    )
    summary = ingest_file(two_customers, Kind.events, path, now=LATER)
    assert (summary.read, summary.kept, summary.rejected) == (2, 1, 0)
    assert summary.skipped_reasons == {"about a customer who was erased": 1}
    assert CANARY not in dump(two_customers)
    assert [found.name for found in tmp_path.glob("*.rejected*")] == []
    path.write_text(f"customer_key,time,kind\n{CANARY},{new.isoformat()},order\n")
    assert ingest_file(two_customers, Kind.events, path, now=LATER).kept == 1


def test_a_customers_own_row_comes_in_again_only_once_they_came_back(two_customers):
    erase(two_customers)
    row = {"customer_key": CANARY, "email": "ana@example.com"}
    with unit_of_work(two_customers) as session:
        assert ingest_rows(session, Kind.customers, [row], now=LATER).skipped == 1
        session.add(tables.Customer(customer_key=CANARY))
        session.flush()
        assert ingest_rows(session, Kind.customers, [row], now=LATER).kept == 1


def test_erased_twice_and_two_erased_have_one_salt(two_customers):
    erase(two_customers)
    erase(two_customers, "ben")
    with read_only(two_customers) as session:
        stones = session.execute(select(tables.Tombstone.key_hash, tables.Tombstone.salt)).all()
        assert set(erasure.erased_among(session, ["ben", CANARY, "carl"])) == {"ben", CANARY}
    assert len({stone.key_hash for stone in stones}) == 2
    assert len({stone.salt for stone in stones}) == 1
