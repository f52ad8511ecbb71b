"""A report's files and its table, made from figures, without training anything."""

import io
import json
import re
from contextlib import redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.report.files import write_report
from app.report.table import show
from risk_model.evaluation.goals import goals
from risk_model.evaluation.line_up import LINE_UP
from risk_model.evaluation.report import Control, Group, Judged, Report
from risk_model.evaluation.season import SeasonCase, SeasonTest
from risk_model.evaluation.textbook import TextbookCase

NOW = datetime(2026, 3, 4, tzinfo=UTC)
FIGURES = {
    "auroc": 0.75, "average_precision": 0.8, "brier": 0.2, "log_loss": 0.5, "ece": 0.0123456, "lift": 1.5, "empc": 20.0,
}  # fmt: skip
NAMES = [contender.name for contender in LINE_UP]
JUDGED = Judged(
    cut_off="2026-01-01",
    learned_from=900,
    learned_left_share=0.4,
    customers=300,
    left_share=0.45,
    with_text_share=0.5,
    best_baseline="LightGBM",
    figures=dict.fromkeys(NAMES, FIGURES),
    differences={
        name: dict.fromkeys(("auroc", "brier", "log_loss"), (0.01, -0.02, 0.04)) for name in NAMES[:-1]
    },
    reliability={name: [(0.2, 0.25, 150), (0.6, 0.65, 150)] for name in ("ours", "LightGBM")},
    groups=[Group("language", "zh", 30, 0.4, 0.5, None, None)],
)
CONTROL = Control("a leak planted", "it is seen", "AUROC 1.000", True, {"auroc": 1.0})
REPORT = Report("Tea & <b>more</b>", 91, 1, 500, "2025-01-01", "2026-04-01", [JUDGED], [CONTROL], 40, True)
TEXTBOOK = TextbookCase(
    1000, 10_000, 0.55, 0.76, 0.69, 0.73, 0.69, 0.73, {"views": 5.0, "rating": 4.0}, 0.39, 0.38, 0.46
)
SEASON = SeasonCase(
    [
        SeasonTest(
            day,
            2800,
            0.61,
            {"logistic regression": 0.55, "LightGBM": 0.54, "ours": 0.6},
            {"logistic regression": 0.0512, "LightGBM": 0.0634, "ours": ece},
        )
        for day, ece in (("2023-12-01", 0.0213), ("2024-03-01", 0.0333))
    ]
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("out") / "a" / "b"
    write_report(made, [REPORT], TEXTBOOK, SEASON, goals([REPORT]), NOW)
    return made


def test_the_page_needs_no_network_no_script_and_no_other_file(folder):
    page = (folder / "report.html").read_text()
    assert "<script" not in page
    assert not re.findall(r"""(?:src|href|@import|url\()\s*=?\s*["']?(?!#)\w""", page)


def test_a_shops_name_is_text_and_no_markup(folder):
    page = (folder / "report.html").read_text()
    assert "Tea &amp; &lt;b&gt;more&lt;/b&gt;" in page
    assert "<b>more" not in page


def test_the_page_draws_each_test_and_tells_every_contender_and_control(folder):
    page = (folder / "report.html").read_text()
    assert page.count("<svg") == 2
    for words in (*NAMES, "a leak planted", "5 views and a rating of 4", "2026-01-01"):
        assert words in page


def test_the_prior_of_tone_is_marked_where_words_are_too_few_to_learn_from(folder, tmp_path):
    words = "by the tone of words as a prior"
    assert words in (folder / "report.html").read_text()
    enough = replace(REPORT, labelled_texts=600, tone_prior=False)
    write_report(tmp_path, [enough], TEXTBOOK, None, goals([REPORT]), NOW)
    assert words not in (tmp_path / "report.html").read_text()


def test_the_simulated_season_is_told_where_it_was_asked(folder, tmp_path):
    words = "A season that comes back"
    page = (folder / "report.html").read_text()
    assert words in page and "0.027" in page  # the mean of ours
    write_report(tmp_path, [REPORT], TEXTBOOK, None, goals([REPORT]), NOW)
    assert words not in (tmp_path / "report.html").read_text()
    assert json.loads((tmp_path / "report.json").read_text())["season"] is None


def test_the_figures_are_json_with_four_places(folder):
    figures = json.loads((folder / "report.json").read_text())
    assert figures["shops"][0]["tests"][0]["figures"]["ours"]["ece"] == 0.0123
    assert figures["textbook"]["five_counts"] == 0.73
    assert figures["season"]["mean_ece"]["ours"] == 0.0273
    assert [goal["name"] for goal in figures["goals"]] == [goal.name for goal in goals([REPORT])]


def test_six_tests_fit_a_pipe_and_the_best_stand_beside_ours():
    shown = io.StringIO()
    with redirect_stdout(shown):
        show([replace(REPORT, tests=[JUDGED] * 6)], goals([REPORT]))
    lines = shown.getvalue().splitlines()
    assert max(map(len, lines)) <= 120
    assert any(line.startswith("logistic regression") and line.count(".750") == 6 for line in lines)
    assert any(line.count("-.020 … +.040") == 6 for line in lines)
    assert "\x1b" not in shown.getvalue()


def test_the_simulated_season_has_a_table_of_its_own():
    shown = io.StringIO()
    with redirect_stdout(shown):
        show([REPORT], goals([REPORT]), SEASON)
    assert any(line.split() == ["ours", ".021", ".033", ".027"] for line in shown.getvalue().splitlines())


def test_a_contender_that_nobody_could_ask_is_left_out_of_the_table():
    silent = replace(JUDGED, figures={name: FIGURES for name in NAMES if "text" not in name})
    shown = io.StringIO()
    with redirect_stdout(shown):
        show([replace(REPORT, tests=[silent])], goals([REPORT]))
    assert "text only" not in shown.getvalue()


@pytest.mark.parametrize("interval", [(-0.02, -0.04, -0.01)])
def test_a_test_that_is_clearly_worse_fails_its_goal(interval):
    worse = {name: dict.fromkeys(own, interval) for name, own in JUDGED.differences.items()}
    counted = {
        goal.name: goal.reached
        for goal in goals([replace(REPORT, tests=[replace(JUDGED, differences=worse)])])
    }
    assert counted["AUROC, worst test"] is False
    assert counted["text"] is False


@pytest.mark.parametrize(("ece", "reached"), [(0.0333, True), (0.07, False)])
def test_a_simulated_season_is_a_goal_that_can_be_missed(ece, reached):
    last = SEASON.tests[1]
    season = SeasonCase([SEASON.tests[0], replace(last, ece={**last.ece, "ours": ece})])
    found = [goal.reached for goal in goals([REPORT], season) if "season" in goal.name]
    assert found == [reached]


def test_a_failed_control_is_named_in_its_goal():
    failed = replace(REPORT, controls=[replace(CONTROL, passed=False), replace(CONTROL, passed=None)])
    goal = goals([failed])[-1]
    assert (goal.reached, goal.found) == (False, "0 of 1; not: a leak planted")
