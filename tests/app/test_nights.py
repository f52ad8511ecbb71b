"""The work of the night by real workers: done once, whoever is killed, and by a worker that comes late."""

import signal
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from sqlmodel import select

from app.faults import AFTER_BATCH
from app.nights import Nights
from app.settings import Settings
from db import tables
from db.session import read_only, unit_of_work
from desk.nightly import newest_night
from desk.outbox import database_now
from desk.rescoring import BATCH
from tests.chaos.crew import worker
from tests.risk_model.small_world import AS_OF, shop_where_the_slow_leave
from tests.support.processes import end, wait_until

NO_MAIL = "smtp://127.0.0.1:9"


@pytest.fixture(scope="module")
def shop():
    return shop_where_the_slow_leave(250)


@pytest.fixture(scope="module")
def model(slow_model):
    return slow_model


@pytest.fixture
def hour():
    """The night began two hours ago, so that it does not end in the middle of a test."""
    return (datetime.now(UTC).hour - 2) % 24


@pytest.fixture
def filled(engine, shop):
    """The small shop in the database, told as if it were up to yesterday."""
    move = datetime.now(UTC) - timedelta(days=1) - AS_OF
    with unit_of_work(engine) as session:
        people = {key: tables.Customer(customer_key=key) for key in shop.customers["customer_key"]}
        session.add_all(people.values())
        session.flush()
        session.add_all(
            tables.Event(
                customer_id=people[row["customer_key"]].id, time=row["time"] + move, kind=row["kind"],
                value=row["value"], row_key=str(number),
            )
            for number, row in enumerate(shop.events.iter_rows(named=True))
        )  # fmt: skip
    return engine


def nights(engine, database_url, folder, hour, stopping=None, **settings):
    read = Settings(home=folder, database_url=database_url, night_hour=hour, _env_file=None, **settings)
    return Nights(engine, read, "a", stopping or Event())


def kept(engine):
    """Row number and customer number of each score of the night."""
    query = select(tables.Risk.id, tables.Risk.customer_id).where(tables.Risk.message_id.is_(None))
    with read_only(engine) as session:
        return sorted(tuple(row) for row in session.exec(query))


def known(engine, work="rescore"):
    with read_only(engine) as session:
        return session.get(tables.Nightly, work) or tables.Nightly(work=work)


def lease_is_over(engine):
    with read_only(engine) as session:
        return session.get_one(tables.Nightly, "rescore").lease_until <= database_now(session)


def test_a_night_whose_worker_was_killed_is_ended_by_a_later_one_and_nobody_is_scored_twice(
    filled, shop, database_url, tmp_path, model, hour
):
    night = newest_night(datetime.now(UTC), hour, UTC)
    how = {"model_dir": model, "night_hour": hour}
    with worker(tmp_path, database_url, NO_MAIL, "killed", fault_point=AFTER_BATCH, **how) as (process, log):
        assert process.wait(60) == -signal.SIGKILL, log.read_text()
    first = kept(filled)
    assert len(first) == BATCH
    assert known(filled).done_for is None
    wait_until(lambda: lease_is_over(filled), 10, "the end of the lease")
    with ExitStack() as crew:
        late = [crew.enter_context(worker(tmp_path, database_url, NO_MAIL, name, **how)) for name in "bc"]
        wait_until(lambda: known(filled).done_for == night, 60, "the end of the night", late[0][1])
        assert [end(process) for process, _ in late] == [0, 0]
    everyone = kept(filled)
    assert everyone[:BATCH] == first
    assert len({customer for _, customer in everyone}) == len(everyone) == len(shop.customers)


def test_a_worker_that_is_to_end_gives_the_night_back_at_once(
    filled, shop, database_url, tmp_path, model, hour
):
    stopping = Event()
    stopping.set()
    nights(filled, database_url, tmp_path, hour, stopping, model_dir=model).rescore()
    assert (known(filled).lease_owner, known(filled).done_for, kept(filled)) == (None, None, [])
    nights(filled, database_url, tmp_path, hour, model_dir=model).rescore()
    assert len(kept(filled)) == len(shop.customers)


def test_without_a_model_it_says_so_once_and_the_night_stays_undone(
    engine, database_url, tmp_path, hour, caplog
):
    for _ in range(3):
        nights(engine, database_url, tmp_path, hour).rescore()
    assert caplog.text.count("nobody is rescored at night") == 1
    assert str(tmp_path / "model") in caplog.text
    assert known(engine).done_for is None


def test_what_is_old_is_forgotten_once_a_night(engine, database_url, tmp_path, hour):
    def note():
        with unit_of_work(engine) as session:
            session.add(
                tables.Audit(time=datetime(2020, 1, 1, tzinfo=UTC), actor="a", action="b", subject="c")
            )

    def noted():
        with read_only(engine) as session:
            return len(session.exec(select(tables.Audit)).all())

    found = []
    for _ in range(2):
        note()
        nights(engine, database_url, tmp_path, hour, keep_audit_days=30).retain()
        found.append(noted())
    assert found == [0, 1]
    assert known(engine, "retain").done_for == newest_night(datetime.now(UTC), hour, UTC)
