"""What became of cases, counted by the database: only figures leave it, however many cases there are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col

from db import tables
from db.seconds import seconds

UNMEASURED = "closed unanswered"
DAY = timedelta(days=1)
DAY_SECONDS = 24 * 60 * 60
MEDIAN, MOST = 0.5, 0.9


@dataclass(frozen=True, slots=True)
class Span:
    """From `since` to `until`, by days of the shop's zone."""

    since: datetime
    until: datetime
    zone: ZoneInfo

    @classmethod
    def last(cls, days: int, now: datetime, zone: ZoneInfo) -> "Span":
        """The last so many days with today as the last one."""
        first = now.astimezone(zone).date() - timedelta(days=days - 1)
        return cls(_start(first, zone), now, zone)

    def days(self) -> list[date]:
        first, last = self.since.astimezone(self.zone).date(), self.until.astimezone(self.zone).date()
        return [first + timedelta(days=number) for number in range((last - first).days + 1)]


@dataclass(frozen=True, slots=True)
class Waits:
    """How long something took, of `n` to which it happened: the median, and what nine of ten stay below."""

    n: int
    median: timedelta | None = None
    most: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Cases:
    """Of the cases opened in the span: by day opened and resolved, and what they came to."""

    opened: dict[date, int]
    resolved: dict[date, int]
    n: int
    still_open: int
    answers: Waits
    resolutions: Waits
    verdicts: dict[str, int]


def cases(session: Session, span: Span) -> Cases:
    row = tables.Escalation
    opened, resolved = _by_day(session, row.opened_at, span), _by_day(session, row.resolved_at, span)
    verdict = func.coalesce(col(row.verdict), UNMEASURED)
    became = (
        select(verdict, func.count()).where(*_in(span), col(row.resolved_at).is_not(None)).group_by(verdict)
    )
    n = sum(opened.values())
    return Cases(
        opened=opened,
        resolved=resolved,
        n=n,
        still_open=n - sum(resolved.values()),
        answers=_waits(session, row.answered_at, span),
        resolutions=_waits(session, row.resolved_at, span),
        verdicts=dict(session.execute(became).all()),
    )


def _in(span: Span) -> tuple[ColumnElement[bool], ...]:
    opened = col(tables.Escalation.opened_at)
    return opened >= span.since, opened <= span.until


def _by_day(session: Session, moment: datetime | None, span: Span) -> dict[date, int]:
    """How many of the span's cases have this moment on each day."""
    day = _day_of(col(moment), span)
    query = select(day, func.count()).where(*_in(span), col(moment).is_not(None)).group_by(day)
    found = dict(session.execute(query).all())
    return {one: found.get(number, 0) for number, one in enumerate(span.days())}


def _waits(session: Session, end: datetime | None, span: Span) -> Waits:
    took = seconds(col(end)) - seconds(col(tables.Escalation.opened_at))
    ended = (*_in(span), col(end).is_not(None))
    n = session.execute(select(func.count()).where(*ended)).scalar_one()
    if not n:
        return Waits(0)
    lengths = select(took).where(*ended).order_by(took)
    return Waits(n, *(_quantile(session, lengths, share * (n - 1)) for share in (MEDIAN, MOST)))


def _quantile(session: Session, lengths: Select[int], place: float) -> timedelta:
    """What stands at this place of the sorted lengths; between two, as far as the place is between theirs."""
    found: Sequence[int] = session.execute(lengths.offset(int(place)).limit(2)).scalars().all()
    low, high = found[0], found[-1]
    return timedelta(seconds=low + (high - low) * (place % 1))


def _day_of(moment: Mapped[Any], span: Span) -> ColumnElement[int]:
    """The number of the moment's day in the span, by the shop's clock."""
    whens = [
        (moment < until, first + _least((seconds(moment) - start) // DAY_SECONDS, most))
        for first, start, most, until in _stretches(span)
    ]
    return case(*whens)


def _least(number: ColumnElement[int], most: int) -> ColumnElement[int]:
    return case((number > most, most), else_=number)


def _stretches(span: Span) -> Iterator[tuple[int, int, int, datetime]]:
    """Days that follow each other after 24 hours: the first one's number and start, how many come after it,
    and the end. A day that is longer or shorter ends its stretch.
    """
    days = span.days()
    starts = [_start(day, span.zone) for day in [*days, days[-1] + DAY]]
    first = 0
    for number, (start, following) in enumerate(pairwise(starts)):
        is_odd = following.timestamp() - start.timestamp() != DAY_SECONDS
        if is_odd or number == len(days) - 1:
            yield first, int(starts[first].timestamp()), number - first, following
            first = number + 1


def _start(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)
