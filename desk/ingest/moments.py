"""Times as shops write them, made UTC."""

import re
from datetime import UTC, date, datetime, timedelta

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)
NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?")
MILLISECONDS = range(10**11, 10**14)


def parse_moment(value: object) -> datetime:
    """A moment from ISO 8601 text, epoch seconds or a date; without a zone it is UTC. Raises ValueError."""
    if isinstance(value, datetime):
        return _as_utc(value)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if isinstance(value, str):
        text = value.strip()
        return _from_epoch(float(text)) if NUMBER.fullmatch(text) else _from_text(text)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _from_epoch(value)
    raise ValueError(f"expected ISO 8601 or epoch seconds, got {type(value).__name__}")


def check_moment(moment: datetime, now: datetime | None) -> datetime:
    """The moment itself. Raises ValueError when it is ancient or, where `now` is known, in the future."""
    if moment < EARLIEST:
        raise ValueError(f"{moment.isoformat()} is ancient, expected {EARLIEST:%Y-%m-%d} or later")
    if now is not None and moment > now + AHEAD:
        raise ValueError(f"{moment.isoformat()} is in the future, expected at most a day from now")
    return moment


def _from_epoch(seconds: float) -> datetime:
    try:
        if int(seconds) in MILLISECONDS:
            raise ValueError("expected epoch seconds, got what looks like milliseconds")
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError("expected epoch seconds, got a number beyond all years") from error


def _from_text(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"expected ISO 8601 or epoch seconds, got {text[:40]!r}") from error
    return _as_utc(moment)


def _as_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{moment.isoformat()} is beyond all years") from error
