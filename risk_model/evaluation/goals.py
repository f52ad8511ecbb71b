"""What a report must show, counted over all shops and cut-offs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from risk_model.evaluation.line_up import LOGISTIC, OURS, OURS_BY_BEHAVIOUR, TREES
from risk_model.evaluation.report import Judged, Report
from risk_model.evaluation.season import SeasonCase

CLEARLY_WORSE = -0.005
CLEARLY_BETTER = 0.8
USUAL = (LOGISTIC.name, TREES.name)


@dataclass(frozen=True, slots=True)
class Goal:
    """One line beside a report. `reached` is None where nothing could be counted."""

    name: str
    wanted: str
    found: str
    reached: bool | None


def goals(reports: Sequence[Report], season: SeasonCase | None = None) -> list[Goal]:
    """The goals of the model, in the order of what matters."""
    tests = [test for report in reports for test in report.tests]
    return [
        _better_on_average(tests),
        _better_than_the_usual(tests),
        _nowhere_worse(tests),
        _text_never_hurts(tests),
        _brier(tests),
        _calibrated(tests),
        *([_seasonal(season)] if season else []),
        _controls(reports),
    ]


def _best(test: Judged, figure: str) -> tuple[float, float]:
    """(ours, the best baseline's) figure."""
    return test.figures[OURS.name][figure], test.figures[test.best_baseline][figure]


def _better_on_average(tests: list[Judged]) -> Goal:
    mean = float(np.mean([test.differences[test.best_baseline]["auroc"][0] for test in tests]))
    wanted = "above 0, mean over all tests"
    return Goal("AUROC against the best baseline of each", wanted, f"{mean:+.5f}", bool(mean > 0))


def _better_than_the_usual(tests: list[Judged]) -> Goal:
    """The best of many baselines is picked with hindsight; a shop would have picked one of these two before."""
    mean = float(np.mean([min(test.differences[name]["auroc"][0] for name in USUAL) for test in tests]))
    wanted = "above 0, mean over all tests"
    return Goal(f"AUROC against the better of {' and '.join(USUAL)}", wanted, f"{mean:+.5f}", mean > 0)


def _nowhere_worse(tests: list[Judged]) -> Goal:
    highest = min(test.differences[test.best_baseline]["auroc"][2] for test in tests)
    wanted = f"no 95 % interval below {CLEARLY_WORSE}"
    found = f"the lowest ends at {highest:+.4f}"
    return Goal("AUROC, worst test", wanted, found, highest >= CLEARLY_WORSE)


def _text_never_hurts(tests: list[Judged]) -> Goal:
    gains = [test.differences[OURS_BY_BEHAVIOUR.name]["auroc"] for test in tests if test.with_text_share]
    wanted = "never below behaviour only beyond noise"
    if not gains:
        return Goal("text", wanted, "nobody wrote", None)
    found = ", ".join(f"{gain[0]:+.4f}" for gain in gains)
    return Goal("text", wanted, found, all(gain[2] >= 0 for gain in gains))


def _brier(tests: list[Judged]) -> Goal:
    ours, theirs = np.mean([_best(test, "brier") for test in tests], axis=0)
    return Goal(
        "Brier, mean", "no worse than the best baseline's", f"{ours:.4f}, {theirs:.4f}", bool(ours <= theirs)
    )


def _calibrated(tests: list[Judged]) -> Goal:
    ours, theirs = np.mean([_best(test, "ece") for test in tests], axis=0)
    return Goal(
        "ECE, mean", "no worse than the best baseline's", f"{ours:.4f}, {theirs:.4f}", bool(ours <= theirs)
    )


def _seasonal(season: SeasonCase) -> Goal:
    means = season.mean_ece()
    ours, best = means.pop(OURS.name), min(means.values())
    wanted = f"at most {CLEARLY_BETTER:g} of the best baseline's"
    return Goal(
        "ECE where a season comes back (simulated), mean",
        wanted,
        f"{ours:.4f}, {best:.4f}",
        ours <= CLEARLY_BETTER * best,
    )


def _controls(reports: Sequence[Report]) -> Goal:
    asked = [control for report in reports for control in report.controls if control.passed is not None]
    failed = [control.name for control in asked if not control.passed]
    found = f"{len(asked) - len(failed)} of {len(asked)}" + (f"; not: {', '.join(failed)}" if failed else "")
    return Goal("standing controls", "all pass", found, not failed)
