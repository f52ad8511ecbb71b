"""The count after a drill excuses a second copy only where an outcome was unknown; nothing else hides a doubling."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from app.drill import plan
from app.tally import count, tally
from db import tables
from db.session import unit_of_work

NOW = datetime(2026, 3, 4, tzinfo=UTC)
MAIL = "<check_back.1@shop.example>"


def counted(status, history, copies):
    row = tables.FollowUp(
        id=1, idempotency_key="check_back:1", customer_id=1, rule="check_back", channel="email", details={},
        planned_at=NOW, due_at=NOW, not_after=NOW, status=status,
    )  # fmt: skip
    return count([row], {1: history.split()}, 1, Counter({MAIL: copies}))


@pytest.mark.parametrize(
    ("status", "history", "copies"),
    [
        ("sent", "send sent", 1),
        ("sent", "send retry send sent", 1),
        ("sent", "send uncertain send sent", 1),  # died before the mail was out
        ("uncertain", "send uncertain", 1),
        ("dead", "send uncertain send dead", 2),  # given up at a rescue: each outcome unknown
        ("pending", "send uncertain", 1),  # taken, and the line was cut
        ("failed", "send failed", 0),
        ("expired", "expired", 0),
    ],
)
def test_what_the_history_explains_is_clean(status, history, copies):
    found = counted(status, history, copies)
    assert found.clean, found


@pytest.mark.parametrize(
    ("status", "history", "copies", "repeated", "doubled"),
    [
        ("sent", "send sent", 2, 0, 1),
        ("sent", "send uncertain send sent", 2, 1, 0),
        ("sent", "send uncertain send sent", 3, 1, 1),
        ("sent", "send retry send sent", 2, 0, 1),  # refused, or never connected: nobody had it
        ("sent", "later send sent", 2, 0, 1),
        ("failed", "send failed", 1, 0, 1),
        ("cancelled", "cancelled", 1, 0, 1),
    ],
)
def test_only_an_unknown_outcome_excuses_a_second_copy(status, history, copies, repeated, doubled):
    found = counted(status, history, copies)
    assert (found.repeated, found.doubled, found.clean) == (repeated, doubled, doubled == 0)


def test_a_row_called_sent_that_never_arrived_is_lost():
    assert counted("sent", "send sent", 0).lost == 1


def test_a_row_in_two_hands_at_once_is_not_clean():
    found = counted("sent", "send send sent", 1)
    assert (found.begun_twice, found.clean) == (1, False)


@pytest.mark.parametrize("status", ["leased", "sending"])
def test_a_row_left_in_the_hands_of_a_worker_is_not_accounted_for(status):
    assert not counted(status, "", 0).accounted


def test_a_row_that_is_gone_is_lost_and_a_mail_of_no_row_is_one_too_many(engine):
    plan(engine, 2)
    with unit_of_work(engine) as session:
        session.delete(session.get_one(tables.FollowUp, 2))
    found = tally(engine, 2, Counter({"<check_back.2@shop.example>": 1}))
    assert (found.lost, found.doubled, found.accounted) == (1, 1, False)
