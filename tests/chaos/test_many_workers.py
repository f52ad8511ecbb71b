"""Many workers on one database: each key once, and no lock error that nobody handled."""

from contextlib import ExitStack

from app.drill import Inbox, plan
from tests.chaos.crew import (
    assert_nothing_lost_or_doubled,
    errors_in,
    states,
    wait_until_at_work,
    worker,
)
from tests.support.mail import postbox
from tests.support.processes import end, wait_until

ROWS = 1000
WORKERS = {"sqlite": 4, "postgresql": 8}  # SQLite has one writer at a time: more workers only wait longer


def test_a_thousand_due_rows_go_once_each_without_an_error_in_any_log(engine, database_url, tmp_path):
    number = WORKERS[engine.dialect.name]
    with Inbox() as inbox, ExitStack() as crew:
        started = [
            crew.enter_context(worker(tmp_path, database_url, inbox.url, f"w{one}", lease_seconds=60))
            for one in range(number)
        ]
        processes, logs = zip(*started, strict=True)
        wait_until_at_work(*logs)
        plan(engine, ROWS)
        wait_until(lambda: states(engine) == {"sent": ROWS}, 90, "the sending of all", logs[0])
        assert [process.poll() for process in processes] == [None] * number
        assert [end(process) for process in processes] == [0] * number
        assert_nothing_lost_or_doubled(engine, ROWS, inbox.taken)
    assert errors_in(*logs) == []
    unwanted = ("did not answer", "is no longer ours")  # nothing was stopped here, so nobody may be late
    assert [word for log in logs for word in unwanted if word in log.read_text()] == []


def test_a_slow_mail_server_costs_time_but_no_lease_and_so_no_second_copy(engine, database_url, tmp_path):
    plan(engine, 32)
    with postbox() as box, ExitStack() as crew:
        box.seconds = 1  # all of them one after the other would take four leases
        logs = [
            crew.enter_context(worker(tmp_path, database_url, box.url, name, lease_seconds=8))[1]
            for name in ("one", "other")
        ]
        wait_until(lambda: states(engine) == {"sent": 32}, 90, "the sending of all", logs[0])
        assert_nothing_lost_or_doubled(engine, 32, box.taken)
    assert errors_in(*logs) == []
