"""Times where the customer lives. Pure: nothing here reads a clock.

"09:00 local" is the first valid instant once a day: in the hour that clocks skip it is the moment after the
gap, in the hour that comes twice it is the first of the two.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

QUARTER = timedelta(minutes=15)  # every offset in use is a multiple of it
QUARTERS_A_DAY = 96
USUAL_NAMES = {
    "uk": "gb",
    "united kingdom": "gb",
    "great britain": "gb",
    "usa": "us",
    "eire": "ie",
    "south korea": "kr",
}


def first_valid(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The first instant, in UTC, at which a clock in this zone shows this local time, or has just skipped it."""
    wall = datetime.combine(day, at)
    instant = wall.replace(tzinfo=zone).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall:
        return instant
    return _end_of_gap(wall.replace(tzinfo=zone, fold=1).astimezone(UTC), instant, zone)


def next_at(after: datetime, at: time, zone: ZoneInfo) -> datetime:
    """The first "`at` local" at or after a moment, in UTC. A day that a zone skipped whole has none."""
    day = after.astimezone(zone).date()
    while True:
        instant = first_valid(day, at, zone)
        if instant >= after and instant.astimezone(zone).date() == day:
            return instant
        day += timedelta(days=1)


def zone_named(name: str | None) -> ZoneInfo | None:
    """The IANA zone of this name, or None for a name that is none."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def candidate_zones(time_zone: str | None, country: str | None) -> tuple[ZoneInfo, ...]:
    """Where the customer may be: the known zone alone, else the zones of the country (a code such as DE, or its
    English name), else all inhabited zones of the world.
    """
    if (zone := zone_named(time_zone)) is not None:
        return (zone,)
    return _zones_of_country((country or "").strip().casefold()) or _zones_of_world()


def quiet_until(
    now: datetime, zones: tuple[ZoneInfo, ...], from_hour: int, until_hour: int
) -> datetime | None:
    """The first moment after the quiet hours, in UTC, or None when it is not quiet now.

    It is day when it is day in every candidate zone. Zones of the whole world have no such moment; then it is day
    when it is day in as many of them as it ever is.
    """
    hours = (until_hour, from_hour)
    if len(zones) == 1:
        return _end_of_night(now, zones[0], hours)
    quarter = _quarter_of(now)
    ahead = [quarter + step * QUARTER for step in range(QUARTERS_A_DAY + 1)]
    days = [_zones_by_day(moment, zones, hours) for moment in ahead]
    most = max(days)
    return None if days[0] == most else ahead[days.index(most)]


def _end_of_night(now: datetime, zone: ZoneInfo, hours: tuple[int, int]) -> datetime | None:
    local = now.astimezone(zone)
    if hours[0] <= local.hour < hours[1]:
        return None
    return next_at(now, time(hours[0]), zone)


@lru_cache(maxsize=2048)
def _zones_by_day(moment: datetime, zones: tuple[ZoneInfo, ...], hours: tuple[int, int]) -> int:
    return sum(hours[0] <= moment.astimezone(zone).hour < hours[1] for zone in zones)


def _quarter_of(now: datetime) -> datetime:
    moment = now.astimezone(UTC)
    return moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)


def _end_of_gap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which the clocks were put forward, between two instants around it, to the second."""
    offset = after.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after


@cache
def _zones_of_country(country: str) -> tuple[ZoneInfo, ...]:
    """No zones for a country that the tz database does not know."""
    codes = {name.casefold(): code for code, name in _rows("iso3166.tab")}
    word = USUAL_NAMES.get(country, country)
    code = codes.get(word, word.upper())
    return _zones(row[2] for row in _rows("zone1970.tab") if code in row[0].split(","))


@cache
def _zones_of_world() -> tuple[ZoneInfo, ...]:
    return _zones(row[2] for row in _rows("zone1970.tab") if not row[2].startswith("Antarctica/"))


def _zones(names: Iterable[str]) -> tuple[ZoneInfo, ...]:
    return tuple(zone for name in names if (zone := zone_named(name)) is not None)


@cache
def _rows(table: str) -> tuple[tuple[str, ...], ...]:
    """A table of the tz database, which the tzdata package carries."""
    lines = files("tzdata").joinpath("zoneinfo", table).read_text("utf-8").splitlines()
    return tuple(tuple(line.split("\t")) for line in lines if line and not line.startswith("#"))
