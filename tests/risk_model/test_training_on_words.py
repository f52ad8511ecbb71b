"""A shop whose customers say what they will do: what they wrote is learned from, served and told, and only with text."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from risk_model.manifest import read_model
from risk_model.scorer import Scorer
from risk_model.training import train
from risk_model.writing import WRITTEN
from tests.risk_model.small_world import AS_OF, histories
from tests.trained import HORIZON_DAYS

ANGRY = (
    "I am fed up with these broken cups.",
    "Nobody answers me, what a mess.",
    "Fed up, I will buy elsewhere.",
)
CALM = ("Which cards do you accept?", "Lovely tea, thank you!", "Is the green teapot in stock?")


def told(random, key, ends):
    """Orders at random until the end, and a word a fortnight: four times in five an angry one in the last two months."""
    ages = ends + np.cumsum(random.exponential(18, 40))
    events = [(key, age, "order", 20.0) for age in ages if age < 190]
    texts = []
    for age in np.arange(max(ends, 0) + random.uniform(1, 10), 190, 14):
        goes = ends > 0 and age < ends + 60
        words = ANGRY if goes == (random.random() < 0.8) else CALM
        texts.append((key, float(age), "chat", None, str(random.choice(words))))
    return events, texts


@pytest.fixture(scope="module")
def shop():
    random, events, texts = np.random.default_rng(5), [], []
    for number in range(400):
        own = told(random, f"c{number:04d}", random.uniform(0, 130) if number % 2 else -30.0)
        events += [event for event in own[0] if event[1] > 0]
        texts += own[1]
    return histories(events, texts)


class Remembering:
    """Each sentence is encoded once, as with the cache that training reads through."""

    def __init__(self, encoder):
        self.version, self.dimensions = encoder.version, encoder.dimensions
        self.known = dict(zip((*ANGRY, *CALM), encoder.encode([*ANGRY, *CALM]), strict=True))

    def encode(self, texts):
        return np.stack([self.known[text] for text in texts])


@pytest.fixture(scope="module")
def reader(encoder):
    return Remembering(encoder)


@pytest.fixture(scope="module")
def model(shop, reader, tmp_path_factory):
    folder = tmp_path_factory.mktemp("words") / "model"
    train(shop, HORIZON_DAYS, reader, folder)
    return folder


def test_what_was_written_is_among_the_features_of_the_way_that_reads_text_and_of_no_other(
    shop, model, encoder, reader
):
    manifest = read_model(model)
    assert manifest.uses_text
    assert {"dissatisfied_rate_30", "dissatisfied_last"} <= set(manifest.text_features) <= set(WRITTEN)
    assert not set(manifest.features) & set(WRITTEN)
    assert len(manifest.averages) == len(manifest.features) + len(manifest.text_features)
    assert set(manifest.feature_shares) == {*manifest.features, *manifest.text_features}
    reads, blind = (next(Scorer.load(model, read).score(shop, reader.encode)) for read in (encoder, None))
    assert "dissatisfied_rate_30" in reads.inputs["features"]
    assert not set(blind.inputs["features"]) & set(WRITTEN)


def test_what_was_learned_has_no_prior_beside_it(shop, model, encoder, reader):
    """So a text counts once: by its words and the tone of all, or by the prior."""
    scorer = Scorer.load(model, encoder)
    assert not scorer.has_prior
    assert "tone_prior_log_odds" not in next(scorer.score(shop, reader.encode)).inputs


def test_reasons_of_words_of_their_tone_and_of_behaviour_sum_to_the_difference_from_the_average(
    shop, model, encoder, reader, monkeypatch
):
    """So those of two customers differ by as much as their log-odds do."""
    monkeypatch.setattr("risk_model.scorer.SMALLEST_CONTRIBUTION", 0.0)
    some = shop.of(shop.customers["customer_key"][:40])
    risks = [
        risk
        for risk in Scorer.load(model, encoder).score(some, reader.encode)
        if 1e-4 < risk.probability < 1 - 1e-4
    ]
    moved = np.array([np.log(risk.probability / (1 - risk.probability)) for risk in risks])
    sums = np.array([sum(reason.contribution for reason in risk.reasons) for risk in risks])
    assert len(risks) > 20
    assert np.ptp(moved - sums) < 1e-3
    assert {"dissatisfied", "words"} <= {reason.factor for risk in risks for reason in risk.reasons}


def test_the_night_and_the_chat_score_the_same_with_what_was_written(shop, model, encoder, reader):
    scorer = Scorer.load(model, encoder)
    keys = shop.customers["customer_key"][:10]
    together = {risk.customer_key: risk.probability for risk in scorer.score(shop.of(keys), reader.encode)}
    for key in keys:
        alone = next(scorer.score(shop.of(pl.Series([key])), reader.encode))
        assert alone.probability == pytest.approx(together[key], abs=1e-4)


def test_what_was_written_after_the_moment_changes_no_score(shop, model, encoder, reader):
    moment = AS_OF - timedelta(days=20)
    scorer, key = Scorer.load(model, encoder), pl.Series(["c0001", "c0002"])
    silenced = shop.of(key).until(moment)
    spoken = histories(
        [], [(name, 1.0, "chat", None, ANGRY[0]) for name in key]
    )  # a day before the end, long after the moment
    with_later = (
        type(shop)
        .build(AS_OF, shop.customers, shop.events, pl.concat([shop.texts, spoken.texts]))
        .of(key)
        .until(moment)
    )
    before, after = (list(scorer.score(known, reader.encode)) for known in (silenced, with_later))
    assert [risk.probability for risk in before] == [risk.probability for risk in after]
