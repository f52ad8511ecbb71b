"""A report on a terminal: contenders beside each other, then the goals."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from risk_model.evaluation.goals import Goal
from risk_model.evaluation.line_up import LINE_UP, OURS
from risk_model.evaluation.report import Judged, Report
from risk_model.evaluation.season import SeasonCase

WIDEST = 120


def show(reports: Sequence[Report], goals: Sequence[Goal], season: SeasonCase | None = None) -> None:
    """The table on stdout, as wide as it needs to be where nobody watches."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDEST)
    console.print(_figures(reports))
    if season:
        console.print(_season(season))
    console.print(_goals(goals))


def _figures(reports: Sequence[Report]) -> Table:
    table = Table(box=None, pad_edge=False, title="AUROC", title_justify="left")
    table.add_column("", no_wrap=True)
    tests = [(report, test) for report in reports for test in report.tests]
    for report, test in tests:
        table.add_column(f"{report.shop}\n{test.cut_off}", justify="right")
    table.add_row("customers", *(f"{test.customers:,}" for _, test in tests))
    table.add_row("left", *(f"{test.left_share:.0%}" for _, test in tests), end_section=True)
    for contender in LINE_UP:
        found = [_auroc(test, contender.name) for _, test in tests]
        if any(str(cell) != "–" for cell in found):
            table.add_row(contender.name, *found)
    table.add_row("ours minus the best", *(_difference(test, "auroc") for _, test in tests))
    table.add_row("Brier, the same", *(_difference(test, "brier") for _, test in tests))
    for name, key in (("ECE, ours", OURS.name), ("ECE, the best's", None)):
        table.add_row(
            name, *(_short(test.figures[key or test.best_baseline]["ece"], "") for _, test in tests)
        )
    return table


def _auroc(test: Judged, name: str) -> Text:
    """The best baseline is underlined, ours is bold."""
    if name not in test.figures:
        return Text("–")
    style = "bold" if name == OURS.name else "underline" if name == test.best_baseline else ""
    return Text(_short(test.figures[name]["auroc"], ""), style=style)


def _difference(test: Judged, figure: str) -> str:
    middle, low, high = (_short(number, "+") for number in test.differences[test.best_baseline][figure])
    return f"{middle}\n{low} … {high}"


def _short(number: float, sign: str) -> str:
    """Three places without the zero before the point: six tests fit a terminal."""
    return f"{number:{sign}.3f}".replace("0.", ".", 1)


def _season(season: SeasonCase) -> Table:
    table = Table(
        box=None, pad_edge=False, title="ECE where a season comes back (simulated)", title_justify="left"
    )
    table.add_column("", no_wrap=True)
    for test in season.tests:
        table.add_column(test.cut_off, justify="right")
    table.add_column("mean", justify="right")
    for name, mean in season.mean_ece().items():
        told = [_short(test.ece[name], "") for test in season.tests]
        table.add_row(name, *told, _short(mean, ""), style="bold" if name == OURS.name else "")
    return table


def _goals(goals: Sequence[Goal]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("", "goal", "wanted", "found"):
        table.add_column(name)
    for goal in goals:
        mark = {True: "✓", False: "✗", None: "–"}[goal.reached]
        table.add_row(mark, goal.name, goal.wanted, goal.found)
    return table
