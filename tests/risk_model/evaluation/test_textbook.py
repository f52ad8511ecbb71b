"""The textbook case as the report tells it."""

import numpy as np
import pytest

from risk_model.evaluation.textbook import simulate, textbook_case


@pytest.fixture(scope="module")
def case():
    return textbook_case(20)


def test_two_counts_beat_the_larger_class_and_five_beat_two(case):
    assert case.larger_class_share + 0.05 < case.two_counts < case.five_counts


def test_nothing_beats_knowing_the_true_risk(case):
    assert max(case.five_counts, case.ours_five_counts) <= case.best_possible + 0.005


def test_ours_does_as_well_as_the_textbooks_network(case):
    assert case.ours_five_counts > case.five_counts - 0.01


def test_the_asked_customer_gets_an_answer_near_the_truth(case):
    assert case.asked == {"views": 5.0, "rating": 4.0}
    assert case.answer == pytest.approx(case.true_share, abs=0.15)


def test_the_same_seed_simulates_the_same_customers():
    first, again = (simulate(50, np.random.default_rng(3)) for _ in range(2))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
