"""Many workers on one database: each key once, and no lock error that nobody handled."""

from contextlib import ExitStack

from app.drill import Inbox, plan
from tests.chaos.crew import assert_nothing_lost_or_doubled, states, worker
from tests.support.processes import wait_until

ROWS = 1000
WORKERS = {"sqlite": 3, "postgresql": 6}
UNWANTED = ("Traceback", "locked", "deadlock", "did not answer", "is no longer ours")


def test_a_thousand_due_rows_go_once_each_without_an_error_in_any_log(engine, database_url, tmp_path):
    plan(engine, ROWS)
    number = WORKERS[engine.dialect.name]
    with Inbox() as inbox, ExitStack() as crew:
        logs = [
            crew.enter_context(worker(tmp_path, database_url, inbox.url, f"w{one}", lease_seconds=60))[1]
            for one in range(number)
        ]
        wait_until(lambda: states(engine) == {"sent": ROWS}, 90, "the sending of all", logs[0])
        crew.close()
        assert_nothing_lost_or_doubled(engine, ROWS, inbox.taken)
    assert [word for log in logs for word in UNWANTED if word in log.read_text()] == []
