"""One shop from its log to a report."""

import json
from datetime import timedelta

import numpy as np
import pytest

from risk_model.errors import NothingToLearn
from risk_model.evaluation.controls import CONTROLS
from risk_model.evaluation.evaluate import Shop, evaluate, newest_moments
from risk_model.evaluation.goals import goals
from risk_model.evaluation.line_up import LINE_UP
from risk_model.evaluation.planting import Tones
from risk_model.evaluation.report import Report
from tests.risk_model.evaluation.worlds import DISPLEASED, PLEASED, QUESTION, memory_of, shop_with_reviews
from tests.risk_model.small_world import AS_OF, histories

steps: list[tuple[str, int, int]] = []


@pytest.fixture(scope="module")
def report() -> Report:
    log = shop_with_reviews()
    languages = {
        key: "zh" if number % 3 else "en" for number, key in enumerate(log.customers["customer_key"])
    }
    moments = newest_moments(log, QUESTION)
    shop = Shop("tea", log, memory_of(log), QUESTION, moments, Tones(PLEASED, DISPLEASED), languages)
    return evaluate(shop, progress=lambda *step: steps.append(step))


def test_every_contender_is_tested_at_two_cut_offs_or_more(report):
    assert len(report.tests) == 2
    for test in report.tests:
        assert list(test.figures) == [contender.name for contender in LINE_UP]
        assert set(test.differences) == set(test.figures) - {"ours"}


def test_all_learn_from_the_planted_cause(report):
    for test in report.tests:
        assert test.figures["ours"]["auroc"] > 0.75
        assert test.figures["logistic regression"]["auroc"] > 0.75
        assert test.figures["ours, text only"]["auroc"] < 0.65


def test_the_best_baseline_is_no_part_of_ours(report):
    for test in report.tests:
        aurocs = {c.name: test.figures[c.name]["auroc"] for c in LINE_UP if c.role == "baseline"}
        assert test.best_baseline == max(aurocs, key=aurocs.get)


def test_groups_cover_everybody_once_by_each_split(report):
    for test in report.tests:
        for split in ("tenure", "language", "text"):
            assert sum(group.customers for group in test.groups if group.by == split) == test.customers


def test_all_controls_are_asked_and_those_of_the_report_itself_pass(report):
    outcome = {control.name: control.passed for control in report.controls}
    assert list(outcome) == list(CONTROLS)
    assert all(outcome[name] for name in ("the future cut away", "a leak planted", "labels permuted"))


def test_a_report_is_plain_json(report):
    assert json.loads(json.dumps(report.as_json()))["shop"] == "tea"


def test_goals_count_every_test_and_control(report):
    counted = {goal.name: goal for goal in goals([report])}
    mean = np.mean([test.differences[test.best_baseline]["auroc"][0] for test in report.tests])
    assert counted["AUROC against the best baseline of each"].reached == (mean > 0)
    assert counted["standing controls"].found.startswith(tuple("12345"))


def test_progress_of_each_cut_off_counts_up_to_its_total(report):
    first, last = (f"tea as of {test.cut_off}" for test in report.tests)
    everything = len(LINE_UP) + len(CONTROLS)
    assert [step for step in steps if step[0] == first] == [
        (first, n + 1, len(LINE_UP)) for n in range(len(LINE_UP))
    ]
    assert [step for step in steps if step[0] == last] == [
        (last, n + 1, everything) for n in range(everything)
    ]


def test_the_newest_moments_leave_a_whole_horizon_before_the_logs_end():
    log = histories([("a", 100.0, "order", 1.0), ("a", 10.0, "order", 1.0)])
    last = AS_OF - timedelta(days=10)
    assert newest_moments(log, QUESTION) == [last - timedelta(days=67.5), last - timedelta(days=45)]


def test_a_shop_without_a_cut_off_is_refused():
    log = shop_with_reviews(customers=20)
    with pytest.raises(NothingToLearn, match="no cut-off"):
        evaluate(Shop("tea", log, memory_of(log), QUESTION, ()))
