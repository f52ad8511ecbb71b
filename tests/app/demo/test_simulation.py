"""The demo shop keeps its promises: the same world twice, honest times, a signal to be found."""

import re
from collections import defaultdict
from dataclasses import fields
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from app.demo.causes import Causes, hazard, offer_effect
from app.demo.phrases import CHATS, REVIEWS
from app.demo.world import Row, World, simulate

UNTIL = datetime(2026, 3, 1, 12, tzinfo=UTC)
CUT = UNTIL - timedelta(days=90)
KINDS = {
    "visit", "view", "click", "cart", "order", "return", "rating", "complaint", "competitor_view",
    "subscription_started", "subscription_cancelled", "offer_made", "offer_accepted",
}  # fmt: skip
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(UNTIL)


def of(rows: list[Row], key: str) -> list[Row]:
    return [row for row in rows if row["customer_key"] == key]


def written(world: World) -> list[tuple[str, str]]:
    """(customer key, words) of everything customers wrote."""
    chats = [row for row in world.messages if row["role"] == "customer"]
    return [(str(row["customer_key"]), str(row["text"])) for row in [*world.reviews, *chats]]


def days_ago(row: Row, column: str = "time") -> float:
    time = row[column]
    assert isinstance(time, datetime)
    return (UNTIL - time) / timedelta(days=1)


def test_the_same_arguments_give_the_same_world() -> None:
    assert simulate(UNTIL, customers=60) == simulate(UNTIL, customers=60)


def test_another_seed_gives_another_world() -> None:
    assert simulate(UNTIL, customers=60, seed=8).events != simulate(UNTIL, customers=60).events


def test_a_larger_world_holds_the_lives_of_a_smaller_one() -> None:
    small, large = simulate(UNTIL, customers=40), simulate(UNTIL, customers=60)
    assert small.effects.items() <= large.effects.items()


def test_a_short_and_small_world_still_has_the_three_named_customers() -> None:
    world = simulate(UNTIL, customers=3, months=6)
    assert {row["customer_key"] for row in world.customers} == set(world.named.values())
    assert max(days_ago(row) for row in world.events) <= 184


@pytest.mark.parametrize(
    ("until", "customers", "months"),
    [
        pytest.param(datetime(2026, 3, 1), 50, 18, id="a time without zone"),
        pytest.param(UNTIL, 2, 18, id="no room for the named three"),
        pytest.param(UNTIL, 50, 2, id="too short for a story"),
    ],
)
def test_impossible_worlds_are_refused(until: datetime, customers: int, months: int) -> None:
    with pytest.raises(ValueError, match="demo world"):
        simulate(until, customers=customers, months=months)


def test_no_time_lies_after_until_or_before_joining(world: World) -> None:
    joined = {row["customer_key"]: row["joined_at"] for row in world.customers}
    timed = [(row, row["time"]) for rows in (world.events, world.reviews, world.messages) for row in rows]
    timed += [(row, row[column]) for row in world.orders for column in ("placed_at", "delivered_at")]
    for row, time in timed:
        if time is not None:
            assert isinstance(time, datetime)
            assert time.utcoffset() == timedelta(0)
            assert joined[row["customer_key"]] <= time <= UNTIL  # type: ignore[operator]


def test_rows_have_the_canonical_columns_in_order_of_time_and_unique_ids(world: World) -> None:
    columns = {
        "events": {"customer_key", "time", "kind", "value", "quantity", "item", "id"},
        "reviews": {"customer_key", "time", "rating", "text", "item", "id"},
        "messages": {"customer_key", "time", "role", "text", "conversation", "id"},
    }
    for name, expected in columns.items():
        rows: list[Row] = getattr(world, name)
        assert {frozenset(row) for row in rows} == {frozenset(expected)}
        times = [row["time"] for row in rows]
        assert times == sorted(times)  # type: ignore[type-var]
        assert len({row["id"] for row in rows}) == len(rows)
    assert {row["kind"] for row in world.events} == KINDS
    assert {row["role"] for row in world.messages} == {"customer", "bot", "agent"}
    assert {row["rating"] for row in world.reviews} == {1, 2, 3, 4, 5}


def test_every_order_is_an_event_and_a_line_of_the_order_book(world: World) -> None:
    book = {(row["order_number"], row["placed_at"], row["total"]) for row in world.orders}
    assert {(row["id"], row["time"], row["value"]) for row in world.events if row["kind"] == "order"} == book
    assert all(re.fullmatch(r"SL-\d{6}", str(row["order_number"])) for row in world.orders)
    placed = [row["placed_at"] for row in world.orders]
    assert placed == sorted(placed)  # type: ignore[type-var]
    statuses = {row["status"] for row in world.orders}
    assert statuses == {"placed", "shipped", "delivered", "delayed", "cancelled", "returned"}
    arrived = [row for row in world.orders if row["delivered_at"]]
    assert {row["status"] for row in arrived} == {"delivered", "returned"}


def test_the_world_is_as_large_as_a_demo_can_ingest_quickly(world: World) -> None:
    assert len(world.customers) == 2000
    assert 60_000 <= len(world.events) <= 150_000


def test_addresses_and_numbers_reach_nobody(world: World) -> None:
    domains = {str(row["email"]).split("@")[1] for row in world.customers}
    assert domains <= {"example.com", "example.org", "example.net"}
    assert all(str(row["email"]).isascii() for row in world.customers)
    kept_for_fiction = re.compile(r"\+1 \d{3} 555 01\d\d|\+44 7700 900\d{3}|\+86 100 0000 \d{4}")
    assert all(kept_for_fiction.fullmatch(str(row["phone"])) for row in world.customers if row["phone"])


def test_each_customer_writes_in_their_own_script(world: World) -> None:
    language = {row["customer_key"]: row["language"] for row in world.customers}
    long = [(key, text) for key, text in written(world) if len(text) > 12]
    assert long
    for key, text in long:
        assert bool(CHINESE.search(text)) == (language[key] == "zh"), text
    assert 0.28 <= np.mean([spoken == "zh" for spoken in language.values()]) <= 0.4


def test_no_mark_of_a_pattern_is_left_in_a_text(world: World) -> None:
    texts = [str(row["text"]) for row in [*world.reviews, *world.messages]]
    assert not [text for text in texts if set("[]{}|") & set(text) or not text.strip()]


def test_most_customers_wrote_something_and_a_quarter_never_did(world: World) -> None:
    assert 0.65 <= len({key for key, _ in written(world)}) / len(world.customers) <= 0.8
    assert 2_500 <= len(written(world)) <= 6_000


def test_reviews_rarely_repeat_each_other(world: World) -> None:
    # People do repeat each other ("ok", "推荐"), so a few may; a third would show the machine.
    texts = [str(row["text"]) for row in world.reviews]
    assert len(set(texts)) / len(texts) > 0.8


def test_every_tone_has_at_least_25_patterns_in_each_language() -> None:
    for phrases in (REVIEWS, CHATS):
        for bank in phrases.values():
            for tone in ("-2", "-1", "0", "1", "2"):
                patterns = [pattern for topic in bank[tone].values() for pattern in topic]
                assert len(set(patterns)) >= 25


def behaviour(events: list[Row]) -> list[float]:
    """Recency, frequency, tenure, overdue, complaints, rival looks, visits of the last month and before."""

    def count(kind: str, start: int, end: int = 0) -> int:
        since, to = CUT - timedelta(days=start), CUT - timedelta(days=end)
        return sum(row["kind"] == kind and since < row["time"] <= to for row in events)  # type: ignore[operator]

    times = [row["time"] for row in events if row["kind"] == "order"]
    recency, tenure = ((CUT - time).days + 1 for time in (times[-1], times[0]))  # type: ignore[operator]
    return [
        np.log(recency), np.log(len(times)), np.log(tenure), recency / (tenure / len(times) + 5),
        count("complaint", 120), count("competitor_view", 60), np.log1p(count("visit", 30)),
        np.log1p(count("visit", 90, 30)),
    ]  # fmt: skip


def auroc(features: np.ndarray, label: np.ndarray) -> float:
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    scores = cross_val_predict(model, features, label, cv=5, method="predict_proba")[:, 1]
    return float(roc_auc_score(label, scores))


@pytest.fixture(scope="module")
def question(world: World) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """As of 90 days before the end: features, true satisfaction, and who then bought nothing for 90 days."""
    events: dict[str, list[Row]] = defaultdict(list)
    for row in world.events:
        events[str(row["customer_key"])].append(row)
    features, truth, label = [], [], []
    for key, planted in world.effects.items():
        past = [row for row in events[key] if row["time"] <= CUT]  # type: ignore[operator]
        ordered = [row["time"] for row in past if row["kind"] == "order"]
        if ordered and ordered[-1] > CUT - timedelta(days=365):  # type: ignore[operator]
            features.append(behaviour(past))
            truth.append([planted.satisfaction_at(CUT)])
            label.append(not any(row["kind"] == "order" for row in events[key][len(past) :]))
    return np.array(features), np.array(truth), np.array(label)


def test_between_a_quarter_and_three_fifths_stop_buying(question: tuple[np.ndarray, ...]) -> None:
    assert 0.25 <= question[2].mean() <= 0.6


def test_behaviour_tells_who_stops_but_not_everything(question: tuple[np.ndarray, ...]) -> None:
    features, truth, label = question
    known = auroc(features, label)
    assert 0.7 <= known <= 0.9
    # What words can add at most: deeds must leave room for it.
    assert auroc(np.hstack([features, truth]), label) > known + 0.03


def test_stars_agree_with_satisfaction_mostly_but_not_always(world: World) -> None:
    pairs = [
        (row["rating"], world.effects[str(row["customer_key"])].satisfaction_at(row["time"]))  # type: ignore[arg-type]
        for row in world.reviews
        if row["customer_key"] in world.effects
    ]
    assert 0.5 <= np.corrcoef(np.array(pairs, dtype=float).T)[0, 1] <= 0.95


def test_some_leave_without_a_word_and_some_who_are_angry_stay(world: World) -> None:
    voices = {key for key, _ in written(world)}
    gone = {key: truth for key, truth in world.effects.items() if truth.left_at}
    assert sum(key not in voices for key in gone) > 100
    complained = {str(row["customer_key"]) for row in world.events if row["kind"] == "complaint"}
    assert len(complained - set(gone)) > 100
    assert {truth.left_why for truth in gone.values()} == {"unhappy", "silent"}


def test_nobody_orders_after_leaving(world: World) -> None:
    last = {row["customer_key"]: row["placed_at"] for row in world.orders}
    left = {key: truth.left_at for key, truth in world.effects.items() if truth.left_at}
    assert all(last[key] <= at for key, at in left.items())  # type: ignore[operator]


def test_an_accepted_offer_lowers_the_hazard_while_it_lasts() -> None:
    causes = Causes()
    assert [offer_effect(causes, weeks) for weeks in (None, 0, causes.offer_weeks)] == [1.0, 0.6, 1.0]
    plain = hazard(causes, 0.0, 0.0)
    assert hazard(causes, 0.0, 0.0, offer_effect(causes, 3)) == pytest.approx(0.6 * plain)
    assert hazard(causes, -2.0, 0.0) > plain > hazard(causes, 2.0, 0.0)


def test_the_offer_campaign_was_a_coin_toss(world: World) -> None:
    offers = [truth.offer for truth in world.effects.values() if truth.offer != "none"]
    assert 0.44 <= offers.count("held_out") / len(offers) <= 0.56
    made = [row for row in world.events if row["kind"] == "offer_made"]
    assert len(made) == len(offers) - offers.count("held_out")


def test_maya_was_loyal_and_is_about_to_leave(world: World) -> None:
    key = world.named["leaving"]
    events, orders = of(world.events, key), of(world.orders, key)
    (maya,) = of(world.customers, key)
    assert (maya["name"], maya["time_zone"]) == ("Maya Okafor", "America/New_York")
    ages = sorted(days_ago(row, "placed_at") for row in orders)
    assert 65 < ages[0] < 75
    assert 17 < np.median(np.diff(ages[2:])) < 23
    recent = {row["kind"] for row in events if days_ago(row) < 30}
    assert {"complaint", "competitor_view", "subscription_cancelled"} <= recent
    assert [row["rating"] for row in of(world.reviews, key) if days_ago(row) < 30] == [2]
    assert any("disappointed" in str(row["text"]) for row in of(world.messages, key))
    late = [row for row in orders if row["delivered_at"] and row["delivered_at"] > row["expected_at"]]  # type: ignore[operator]
    assert [13 < days_ago(row, "delivered_at") < 16 for row in late] == [True]
    assert [row["status"] for row in orders].count("delayed") == 1


def test_shuning_is_drifting_and_says_little(world: World) -> None:
    key = world.named["drifting"]
    ages = [days_ago(row, "placed_at") for row in of(world.orders, key)]
    gaps = -np.diff(ages)
    assert gaps[-1] > 1.5 * np.median(gaps)
    visits = [days_ago(row) for row in of(world.events, key) if row["kind"] == "visit"]
    assert sum(age < 90 for age in visits) < 0.5 * sum(200 < age < 290 for age in visits)
    assert [row["rating"] for row in of(world.reviews, key)][-1] == 3


def test_ana_buys_on_and_is_pleased(world: World) -> None:
    key = world.named["content"]
    assert min(days_ago(row, "placed_at") for row in of(world.orders, key)) < 15
    assert {row["rating"] for row in of(world.reviews, key)} == {5}
    assert not {"complaint", "competitor_view"} & {str(row["kind"]) for row in of(world.events, key)}


def test_the_world_names_every_part_of_its_contract() -> None:
    names = ["customers", "events", "reviews", "messages", "orders", "named", "effects"]
    assert [field.name for field in fields(World)] == names
