"""Writing a report's two files."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from app.report.page import render
from risk_model.evaluation.goals import Goal
from risk_model.evaluation.report import Report
from risk_model.evaluation.season import SeasonCase
from risk_model.evaluation.textbook import TextbookCase

DIGITS = 4


def write_report(
    folder: Path,
    reports: Sequence[Report],
    textbook: TextbookCase,
    season: SeasonCase | None,
    goals: Sequence[Goal],
    now: datetime,
) -> None:
    """report.json and report.html in `folder`, which is made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    figures = {
        "made": f"{now:%Y-%m-%d}",
        "goals": [asdict(goal) for goal in goals],
        "shops": [report.as_json() for report in reports],
        "textbook": textbook.as_json(),
        "season": season and season.as_json(),
    }
    text = json.dumps(_rounded(figures), indent=1, ensure_ascii=False)
    (folder / "report.json").write_text(text + "\n", encoding="utf-8")
    page = render(reports, textbook, season, goals, f"{now:%Y-%m-%d}")
    (folder / "report.html").write_text(page, encoding="utf-8")


def _rounded(value: Any) -> Any:
    """Floats to `DIGITS` places, so that a report says no more than it knows and stays small."""
    if isinstance(value, float):
        return round(value, DIGITS)
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(inner) for inner in value]
    return value
