from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from desk.policy import Policy
from desk.send_gate import Answer, Circumstances, may_send, quiet_until

POLICY = Policy()
FINE = Circumstances(
    now=datetime(2026, 3, 4, 12, tzinfo=UTC),
    has_address=True,
    consent=True,
    held_out=False,
    human_has_chat=False,
    bought_since_planned=False,
    time_zone="Europe/Berlin",
)


def test_all_is_well_so_it_goes():
    assert may_send(FINE, POLICY).answer is Answer.SEND


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"consent": None}, "no consent to follow-ups"),
        ({"consent": False}, "consent was withdrawn"),
        ({"held_out": True}, "in the hold-out"),
        ({"bought_since_planned": True}, "the customer has already come back"),
        ({"has_address": False}, "no address on this channel"),
    ],
)
def test_a_refusal_says_why(change, reason):
    decision = may_send(replace(FINE, **change), POLICY)
    assert (decision.answer, decision.reason) == (Answer.NEVER, reason)


def test_while_a_human_has_the_chat_it_waits():
    decision = may_send(replace(FINE, human_has_chat=True), POLICY)
    assert decision.answer is Answer.LATER
    assert decision.until > FINE.now


@pytest.mark.parametrize(
    ("local", "zone", "expected"),
    [
        ("2026-03-04T07:59", "Europe/Berlin", "2026-03-04T08:00"),  # early: the same morning
        ("2026-03-04T21:00", "Asia/Kolkata", "2026-03-05T08:00"),  # late: the next morning
        ("2026-03-04T23:30", "Pacific/Chatham", "2026-03-05T08:00"),  # a zone 12:45 ahead
        ("2026-03-07T22:00", "America/New_York", "2026-03-08T08:00"),  # the night the clocks go forward
        ("2026-10-31T22:00", "America/New_York", "2026-11-01T08:00"),  # the night they go back
    ],
)
def test_quiet_hours_end_at_eight_where_the_customer_lives(local, zone, expected):
    now = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone))
    assert quiet_until(now, zone, POLICY) == datetime.fromisoformat(expected).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize("hour", [8, 12, 20])
def test_the_day_is_not_quiet(hour):
    now = datetime(2026, 3, 4, hour, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert quiet_until(now, "Asia/Shanghai", POLICY) is None


def test_an_unknown_zone_counts_as_utc():
    assert quiet_until(datetime(2026, 3, 4, 3, tzinfo=UTC), "Mars/Base", POLICY) == datetime(
        2026, 3, 4, 8, tzinfo=UTC
    )
