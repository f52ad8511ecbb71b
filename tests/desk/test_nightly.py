"""One worker does the work of a night, and another goes on where it was killed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from db.session import unit_of_work
from desk.nightly import NightEnds, Shift, is_done, newest_night

NIGHT = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)
LONG, OVER = timedelta(minutes=2), timedelta(0)


def shift(engine, owner, lease=LONG, night=NIGHT, **how):
    return Shift(engine, "rescore", night, owner, lease, **how)


def test_of_many_workers_at_once_one_has_the_night(engine):
    with ThreadPoolExecutor(6) as pool:
        taken = list(pool.map(lambda number: shift(engine, f"w{number}").take(), range(12)))
    assert taken.count(True) == 1


def test_a_night_that_is_done_is_not_taken_again_and_the_next_one_is(engine):
    first = shift(engine, "a")
    assert first.take()
    assert not is_done(engine, "rescore", NIGHT)
    first.finish()
    assert is_done(engine, "rescore", NIGHT)
    assert not shift(engine, "b").take()
    assert shift(engine, "b", night=NIGHT + timedelta(days=1)).take()


def test_a_stalled_worker_is_overtaken_and_then_goes_on_no_more(engine):
    stalled, second = shift(engine, "a", OVER), shift(engine, "b")
    assert stalled.take()
    assert second.take()
    with pytest.raises(NightEnds, match="another worker"):
        stalled.beat()
    stalled.finish()
    assert not is_done(engine, "rescore", NIGHT)
    second.beat()


def test_a_worker_that_is_to_end_gives_the_night_back(engine):
    ending = shift(engine, "a", stopping=lambda: True)
    assert ending.take()
    with pytest.raises(NightEnds, match="to end"):
        ending.beat()
    ending.give_back()
    assert shift(engine, "b").take()


def test_every_step_of_long_work_is_told(engine):
    steps = []
    told = shift(engine, "a", got_on=lambda: steps.append("step"))
    told.take()
    told.beat()
    with unit_of_work(engine) as session:
        told.go_on(session)
    assert steps == ["step", "step"]


@pytest.mark.parametrize(
    ("now", "zone", "night"),
    [
        ("2026-03-04T02:59", "UTC", "2026-03-03T03:00"),  # before the hour it is still yesterday's
        ("2026-03-04T03:00", "UTC", "2026-03-04T03:00"),
        ("2026-03-04T01:30", "Asia/Shanghai", "2026-03-03T19:00"),
        ("2026-03-29T12:00", "Europe/Berlin", "2026-03-29T01:00"),  # the clocks went forward at 2
        ("2026-10-25T12:00", "Europe/Berlin", "2026-10-25T02:00"),  # and back at 3
        ("2026-03-08T12:00", "America/New_York", "2026-03-08T07:00"),
    ],
)
def test_a_night_begins_at_the_shops_own_hour(now, zone, night):
    begun = newest_night(datetime.fromisoformat(now).replace(tzinfo=UTC), 3, ZoneInfo(zone))
    assert begun == datetime.fromisoformat(night).replace(tzinfo=UTC)


def test_an_hour_that_the_clocks_skip_begins_the_night_when_they_have_skipped_it():
    assert newest_night(datetime(2026, 3, 29, 12, tzinfo=UTC), 2, ZoneInfo("Europe/Berlin")) == datetime(
        2026, 3, 29, 1, tzinfo=UTC
    )
