from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from desk.local_time import candidate_zones, first_valid, next_at, quiet_until

NEW_YORK, BERLIN, KOLKATA, CHATHAM = (
    ZoneInfo(name) for name in ("America/New_York", "Europe/Berlin", "Asia/Kolkata", "Pacific/Chatham")
)


@pytest.mark.parametrize(
    ("zone", "day", "at", "expected"),
    [
        (NEW_YORK, "2026-03-08", "02:30", "2026-03-08T07:00"),  # skipped: the moment after the gap, 03:00 EDT
        (BERLIN, "2026-03-29", "02:15", "2026-03-29T01:00"),
        (CHATHAM, "2026-09-27", "03:00", "2026-09-26T14:00"),  # a gap at 02:45, not on the hour
        (NEW_YORK, "2026-11-01", "01:30", "2026-11-01T05:30"),  # twice: the first of the two, EDT
        (BERLIN, "2026-10-25", "02:30", "2026-10-25T00:30"),
        (CHATHAM, "2026-04-05", "03:15", "2026-04-04T13:30"),
        (KOLKATA, "2026-03-29", "09:00", "2026-03-29T03:30"),  # no such thing there
        (NEW_YORK, "2026-03-08", "09:00", "2026-03-08T13:00"),
        (NEW_YORK, "2026-03-07", "09:00", "2026-03-07T14:00"),
    ],
)
def test_a_local_time_is_its_first_valid_instant(zone, day, at, expected):
    instant = first_valid(date.fromisoformat(day), time.fromisoformat(at), zone)
    assert instant == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize("zone", [NEW_YORK, BERLIN, KOLKATA, CHATHAM], ids=str)
@pytest.mark.parametrize("at", ["09:00", "02:30", "02:50", "00:00"])
def test_it_comes_once_a_day_all_year(zone, at):
    moment, days = datetime(2026, 1, 1, tzinfo=zone).astimezone(UTC), []
    while moment < datetime(2027, 1, 1, tzinfo=zone):
        moment = next_at(moment, time.fromisoformat(at), zone)
        days.append(moment.astimezone(zone).date())
        moment += timedelta(microseconds=1)
    assert days[:365] == [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]


def test_a_day_that_a_zone_skipped_whole_has_none():
    apia = ZoneInfo("Pacific/Apia")  # went from the 29th of December 2011 to the 31st
    after = datetime(2011, 12, 29, 12, tzinfo=apia)
    assert next_at(after, time(9), apia).astimezone(apia).date() == date(2011, 12, 31)


@pytest.mark.parametrize(
    ("zone", "country", "expected"),
    [
        ("Asia/Tokyo", "DE", ["Asia/Tokyo"]),  # what is known wins
        (None, "JP", ["Asia/Tokyo"]),
        (None, "japan", ["Asia/Tokyo"]),
        ("Mars/Base", "United Kingdom", ["Europe/London"]),  # no zone, and a country by another name
    ],
)
def test_where_a_customer_may_be(zone, country, expected):
    assert [str(found) for found in candidate_zones(zone, country)] == expected


@pytest.mark.parametrize("country", ["Atlantis", "", None])
def test_without_zone_and_country_it_may_be_anywhere(country):
    assert len(candidate_zones(None, country)) > 250


@pytest.mark.parametrize(
    ("utc", "until"),
    [
        ("2026-03-04T17:00", "2026-03-04T18:00"),  # noon in New York, 07:00 in Honolulu
        ("2026-03-04T18:00", None),
        ("2026-03-05T01:45", None),  # 20:45 in New York
        ("2026-03-05T02:00", "2026-03-05T18:00"),  # 21:00 in New York, 16:00 in Honolulu
    ],
)
def test_in_a_country_of_many_zones_it_must_be_day_in_all(utc, until):
    now = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    expected = datetime.fromisoformat(until).replace(tzinfo=UTC) if until else None
    assert quiet_until(now, candidate_zones(None, "US"), 21, 8) == expected


def test_anywhere_in_the_world_still_has_a_time_each_day():
    zones = candidate_zones(None, None)
    until = quiet_until(datetime(2026, 3, 4, 0, tzinfo=UTC), zones, 21, 8)
    assert until is not None
    assert quiet_until(until, zones, 21, 8) is None


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
    now, zones = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)), (ZoneInfo(zone),)
    assert quiet_until(now, zones, 21, 8) == datetime.fromisoformat(expected).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize("hour", [8, 12, 20])
def test_the_day_is_not_quiet(hour):
    zone = ZoneInfo("Asia/Shanghai")
    assert quiet_until(datetime(2026, 3, 4, hour, 59, tzinfo=zone), (zone,), 21, 8) is None
