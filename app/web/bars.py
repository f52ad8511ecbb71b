"""Bars and lines as numbers for SVG: the templates draw them in the page's own colours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT = 600, 150
FOOT = 4  # below the bars
MOST_BARS = 100


@dataclass(frozen=True, slots=True)
class Bar:
    """Two numbers side by side above one place of the axis, in the picture's coordinates."""

    label: str
    first: int
    second: int
    x: float
    width: float
    first_y: float
    second_y: float


@dataclass(frozen=True, slots=True)
class Bars:
    """All bars and the number at the top of the scale."""

    bars: Sequence[Bar]
    top: int
    weekly: bool = False


def by_day(first: Mapping[date, int], second: Mapping[date, int]) -> Bars:
    """Both by day; by week where days would be too narrow to tell apart."""
    days = list(first)
    step = 1 if len(days) <= MOST_BARS else 7
    groups = [days[start : start + step] for start in range(0, len(days), step)]
    pairs = [(sum(first[day] for day in group), sum(second[day] for day in group)) for group in groups]
    top = max((max(pair) for pair in pairs), default=0) or 1
    width = WIDTH / max(len(groups), 1)
    bars = [
        Bar(f"{group[0]:%Y-%m-%d}", *pair, number * width, width, _y(pair[0], top), _y(pair[1], top))
        for number, (group, pair) in enumerate(zip(groups, pairs, strict=True))
    ]
    return Bars(bars, top, step == 7)


def _y(number: int, top: int) -> float:
    return (HEIGHT - FOOT) * (1 - number / top)
