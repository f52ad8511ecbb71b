"""One measured number beside its goal, and the progress that a person at a terminal sees."""

import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

Report = Callable[[str, int, int], object]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its unit. `at_most` or `at_least` is the goal, where there is one."""

    what: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def missed(self) -> bool:
        return (self.at_most is not None and self.value > self.at_most) or (
            self.at_least is not None and self.value < self.at_least
        )

    def __str__(self) -> str:
        line = f"  {self.what:<46} {self.value:>10,.{1 if abs(self.value) < 100 else 0}f} {self.unit:<15}"
        if self.at_most is None and self.at_least is None:
            return line.rstrip()
        goal = f"at most {self.at_most:g}" if self.at_most is not None else f"at least {self.at_least:g}"
        return f"{line} goal: {goal}{', missed' if self.missed else ''}"


Part = Callable[[Report], Iterator[Figure]]


def p50(numbers: Sequence[float]) -> float:
    return statistics.median(numbers)


def p95(numbers: Sequence[float]) -> float:
    return sorted(numbers)[math.ceil(0.95 * len(numbers)) - 1]
