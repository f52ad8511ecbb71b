"""The clock of a case: first answer, then resolution, broken at its time."""

from datetime import timedelta

import pytest

from db import tables
from desk.promises import Promise, Promised, clock_of
from tests.desk.people import NOW

PROMISED = Promised(answer=timedelta(minutes=15), resolution=timedelta(days=1))


@pytest.mark.parametrize(
    ("answered", "after", "promise", "broken"),
    [
        (False, timedelta(minutes=14), Promise.ANSWER, False),
        (False, timedelta(minutes=15), Promise.ANSWER, True),
        (True, timedelta(minutes=15), Promise.RESOLUTION, False),
        (True, timedelta(days=1), Promise.RESOLUTION, True),
    ],
)
def test_the_promise_that_runs_next_is_told_and_when_it_is_broken(answered, after, promise, broken):
    case = tables.Escalation(
        conversation_id="c", cause="asked", opened_at=NOW, answered_at=NOW if answered else None
    )
    clock = clock_of(case, PROMISED, NOW + after)
    assert (clock.promise, clock.broken) == (promise, broken)


def test_nothing_runs_for_a_resolved_case():
    case = tables.Escalation(conversation_id="c", cause="asked", opened_at=NOW, status="resolved")
    assert clock_of(case, PROMISED, NOW) is None
