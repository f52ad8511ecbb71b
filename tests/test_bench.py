"""What `make bench` prints, and how it is asked. What it measures is no test: a busy machine would fail it."""

import subprocess
import sys

import pytest

from scripts.bench.figures import Figure, p50, p95
from tests.support.processes import ROOT


@pytest.mark.parametrize(
    ("figure", "missed"),
    [
        (Figure("a turn", 79.9, "ms", at_most=80), False),
        (Figure("a turn", 80.1, "ms", at_most=80), True),
        (Figure("mails", 199, "a second", at_least=200), True),
        (Figure("mails", 200, "a second", at_least=200), False),
        (Figure("unbounded", 1e9, "ms"), False),
    ],
)
def test_a_figure_stands_beside_its_goal_and_says_when_it_misses_it(figure, missed):
    assert figure.missed == missed
    assert ("missed" in str(figure)) == missed
    assert ("goal" in str(figure)) == (figure.what != "unbounded")


def test_percentiles_of_a_hundred_turns():
    turns = list(range(1, 101))
    assert p50(turns) == 50.5
    assert p95(turns) == 95
    assert p95([7.0]) == 7.0


def test_an_unknown_part_is_refused_with_those_there_are():
    ended = subprocess.run(
        [sys.executable, "-m", "scripts.bench", "turns"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert (
        "expected parts among encoder, outbox, parse, risk, scoring, training, turn, long-chat, got turns"
        in ended.stderr
    )
