import polars as pl
import pytest

from risk_model.histories import Histories
from risk_model.texts import latest_texts
from tests.risk_model.small_world import AS_OF, histories

KNOWN = histories(
    [("a", 3, "order", 1.0), ("a", 2, "view", None), ("c", 9, "order", 2.0), ("d", 1, "order", 3.0)],
    [("b", 4, "chat", None, "hello"), ("d", 5, "review", 4.0, "fine"), ("d", 6, "review", 5.0, "good")],
    joined={"e": 7},
)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 9])
def test_parts_hold_every_customer_once_with_all_their_rows_and_no_others(size):
    parts = list(KNOWN.parts(size))
    for name in ("customers", "events", "texts"):
        assert pl.concat([getattr(part, name) for part in parts]).equals(getattr(KNOWN, name))
    for part in parts:
        assert len(part.customers) <= size
        alone = KNOWN.of(part.customers["customer_key"])
        assert part.events.equals(alone.events)
        assert part.texts.equals(alone.texts)


def test_rows_of_somebody_who_is_not_listed_are_left_out():
    known = Histories.build(
        AS_OF, KNOWN.customers.filter(pl.col("customer_key") != "a"), KNOWN.events, KNOWN.texts
    )
    assert known.events["customer_key"].to_list() == ["c", "d"]


def test_each_customers_latest_texts_count_by_their_age_and_sum_to_one():
    many = [("a", float(age), "chat", None, f"said {age}") for age in range(20)]
    table = latest_texts(
        histories([], [*many, ("b", 30, "chat", None, "old"), ("b", 0, "chat", None, "new")])
    )
    assert table.group_by("customer").len().sort("customer").rows() == [(0, 16), (1, 2)]
    assert table["text"][0] == "said 15"
    assert table.group_by("customer").agg(pl.col("weight").sum())["weight"].to_list() == pytest.approx([1, 1])
    assert table.filter(pl.col("customer") == 1)["weight"].to_list() == pytest.approx([1 / 3, 2 / 3])
