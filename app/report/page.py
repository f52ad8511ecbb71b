"""report.html: one page that needs no network, no script and no other file."""

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from app.report import charts
from risk_model.evaluation.goals import Goal
from risk_model.evaluation.line_up import LINE_UP, OURS, OURS_BY_BEHAVIOUR
from risk_model.evaluation.metrics import BINS, CONTACT, CUSTOMER_VALUE, OFFER
from risk_model.evaluation.report import Report
from risk_model.evaluation.season import SeasonCase
from risk_model.evaluation.textbook import TextbookCase
from risk_model.tone.prior import ENOUGH_TO_LEARN, LARGEST_FACTOR

APP = Path(__file__).parent.parent
COLUMNS = {
    "auroc": "AUROC",
    "average_precision": "average precision",
    "brier": "Brier",
    "log_loss": "log-loss",
    "ece": "ECE",
    "lift": "lift at 10 %",
    "empc": "EMPC",
}
LESS_IS_BETTER = {"brier", "log_loss", "ece"}


def render(
    reports: Sequence[Report],
    textbook: TextbookCase,
    season: SeasonCase | None,
    goals: Sequence[Goal],
    made: str,
) -> str:
    """The page. `made` says when and by which version."""
    templates = Environment(
        loader=FileSystemLoader(APP / "templates" / "report"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    templates.filters |= {"percent": lambda share: f"{share:.0%}", "signed": lambda number: f"{number:+.3f}"}
    templates.globals |= {
        "best": best_of,
        "differences": lambda test: _safe(charts.differences(test)),
        "reliability": lambda test: _safe(charts.reliability(test)),
    }
    return templates.get_template("report.html").render(
        reports=reports, textbook=textbook, season=season, goals=goals, made=made, columns=COLUMNS, ours=OURS.name,
        behaviour_only=OURS_BY_BEHAVIOUR.name, roles={c.name: c.role for c in LINE_UP},
        tokens=_safe((APP / "web" / "static" / "tokens.css").read_text()),
        prior_factor=LARGEST_FACTOR, enough_texts=ENOUGH_TO_LEARN,
        bins=BINS, value=CUSTOMER_VALUE, offer=OFFER, contact=CONTACT,
    )  # fmt: skip


def best_of(figures: dict[str, dict[str, float]], column: str) -> float:
    """The best value of a column, whichever way better is."""
    values = [own[column] for own in figures.values()]
    return min(values) if column in LESS_IS_BETTER else max(values)


def _safe(markup: str) -> Markup:
    """What we drew ourselves, names escaped by the drawing; everything else on the page is escaped."""
    return Markup(markup)  # noqa: S704 - our own SVG and CSS
