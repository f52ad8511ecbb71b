"""What a network reads of the last events: their order, kinds and gaps, and nothing of anybody else."""

import numpy as np
import polars as pl
import pytest

from risk_model.features import ORDER
from risk_model.sequences import LAST_EVENTS, NUMBER_OF, OTHER, event_sequences
from tests.risk_model.small_world import histories


def test_events_and_texts_stand_in_their_order_the_newest_last():
    shop = histories(
        [("a", 30, ORDER, 9.0), ("a", 10, "wished upon a star", None), ("b", 5, "return", -9.0)],
        [("a", 20, "review", 4.0, "nice")],
    )
    ana, bo = event_sequences(shop)
    assert ana[:-3].tolist() == [[0, 0, 0, 0]] * (LAST_EVENTS - 3)
    assert ana[-3:, 0].tolist() == [NUMBER_OF[ORDER], NUMBER_OF["review"], OTHER]
    assert np.expm1(ana[-3:, 1]) == pytest.approx([30, 20, 10], abs=1e-3)
    assert np.expm1(ana[-3:, 2]) == pytest.approx([0, 10, 10], abs=1e-3)
    assert np.expm1(ana[-3:, 3]) == pytest.approx([9, 4, 0], abs=1e-3)
    assert bo[-1, 3] == pytest.approx(-np.log(10))


def test_only_the_last_events_count_and_a_customer_alone_has_the_same_as_among_others():
    shop = histories([(key, float(age), ORDER, 1.0) for key in ("a", "b") for age in range(1, 40)])
    together = event_sequences(shop)
    assert np.expm1(together[0, 0, 1]) == pytest.approx(LAST_EVENTS, abs=1e-3)
    assert np.array_equal(together[1], event_sequences(shop.of(pl.Series(["b"])))[0])


def test_who_did_nothing_has_an_empty_sequence():
    assert not event_sequences(histories([], joined={"new": 1})).any()
