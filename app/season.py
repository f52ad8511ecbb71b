"""The season that a model expects, for people: against the usual, by how much the odds of leaving are multiplied."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp

from risk_model.manifest import Manifest

CLEAR = 0.3  # in log-odds, from the lowest to the highest


@dataclass(frozen=True, slots=True)
class Week:
    starts: datetime
    level: float

    @property
    def times(self) -> str:
        return f"×{exp(self.level):.2f}"


@dataclass(frozen=True, slots=True)
class Season:
    """The year from a training on, week by week."""

    weeks: list[Week]

    @classmethod
    def of(cls, manifest: Manifest) -> "Season | None":
        """None where no season to speak of is expected, or the model is from before levels were kept."""
        levels = manifest.levels.get(manifest.serves, [])
        if not levels or max(levels) - min(levels) < CLEAR:
            return None
        since = datetime.fromisoformat(manifest.trained_until)
        return cls([Week(since + timedelta(weeks=number), level) for number, level in enumerate(levels)])

    @property
    def first(self) -> Week:
        return self.weeks[0]

    @property
    def lowest(self) -> Week:
        return min(self.weeks, key=lambda week: week.level)

    @property
    def highest(self) -> Week:
        return max(self.weeks, key=lambda week: week.level)

    def line(self, width: int, height: int) -> str:
        """The points of a line through all weeks, the usual at half the height."""
        reach = max(abs(week.level) for week in self.weeks)
        step = width / (len(self.weeks) - 1)
        return " ".join(
            f"{number * step:.1f},{height / 2 * (1 - week.level / reach):.1f}"
            for number, week in enumerate(self.weeks)
        )
