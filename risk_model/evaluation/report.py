"""What an evaluation found, as plain values: what report.json holds, and report.html draws."""

from dataclasses import asdict, dataclass
from typing import Any

Interval = tuple[float, float, float]  # a difference, and the ends of its 95 % interval


@dataclass(frozen=True, slots=True)
class Group:
    """Some customers of a test: how they were told apart. AUROC is None where they are too few."""

    by: str
    name: str
    customers: int
    left_share: float
    predicted: float
    auroc: float | None
    best_baseline_auroc: float | None


@dataclass(frozen=True, slots=True)
class Judged:
    """One cut-off. `figures` has every contender's metrics; `differences` ours minus each other's."""

    cut_off: str
    learned_from: int
    learned_left_share: float
    customers: int
    left_share: float
    with_text_share: float
    best_baseline: str
    figures: dict[str, dict[str, float]]
    differences: dict[str, dict[str, Interval]]
    reliability: dict[str, list[tuple[float, float, int]]]
    groups: list[Group]


@dataclass(frozen=True, slots=True)
class Control:
    """A check whose outcome is known beforehand; `passed` is None where the shop could not be asked, and
    `found` says why.
    """

    name: str
    expected: str
    found: str
    passed: bool | None
    figures: dict[str, float]


@dataclass(frozen=True, slots=True)
class Report:
    """All tests and controls of one shop. `labelled_texts` are those by the newest cut-off whose outcome was known
    then; with `tone_prior` they are too few to learn from, so that live risks also move by the tone of words.
    """

    shop: str
    horizon_days: float
    at_least: int
    customers: int
    first: str
    last: str
    tests: list[Judged]
    controls: list[Control]
    labelled_texts: int
    tone_prior: bool

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
