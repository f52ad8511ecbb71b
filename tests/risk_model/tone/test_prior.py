"""The prior: bounded, decaying, exact in its reasons, the same live and at night, and gone once a shop has data."""

import math
from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from risk_model.manifest import read_model
from risk_model.risk import Status
from risk_model.scorer import Scorer
from risk_model.tone.prior import (
    ENOUGH_TO_LEARN,
    LARGEST_FACTOR,
    LIMIT,
    applies,
    labelled_texts,
    prior_log_odds,
    with_tone,
)
from risk_model.words import REPEATS_PRIOR, TONE_PRIOR, in_words
from tests.risk_model.small_world import histories

HORIZON = timedelta(days=45)
LEAVING, ANGRY, GLAD, NEUTRAL = (0.2, 1.0, 0), (1.0, 0, 0), (0, 0, 1.0), (0.4, 0.1, 0.3)
NOW = 0.0


def shares(tones, ages):
    return prior_log_odds(np.array(tones, np.float32), np.array(ages, np.float32))


def log_odds(probability):
    return math.log(probability / (1 - probability))


@pytest.fixture(scope="module")
def model(slow_model):
    return slow_model


@pytest.fixture(scope="module")
def scorer(model, encoder):
    return Scorer.load(model, encoder)


def shop(*texts):
    """Three customers with orders; `texts` are (key, age, text)."""
    orders = [(key, age, "order", 20.0) for key in ("a", "b", "c") for age in (5.0, 25.0, 47.0, 66.0)]
    return histories(orders, [(key, age, "chat", None, text) for key, age, text in texts])


def risks(scorer, *texts):
    return {risk.customer_key: risk for risk in scorer.score(shop(*texts))}


@pytest.mark.parametrize(("tone", "factor"), [(LEAVING, 3.0), (ANGRY, 2.0), (GLAD, 2 / 3), (NEUTRAL, 1.0)])
def test_one_fresh_text_moves_the_odds_towards_its_factor_and_never_beyond(tone, factor):
    moved = math.exp(shares([tone], [NOW]).sum())
    assert min(1, factor) <= moved <= max(1, factor)
    assert (moved == 1) == (factor == 1)


def test_any_number_of_texts_moves_the_odds_by_at_most_the_limit():
    assert shares([LEAVING] * 100, [NOW] * 100).sum() == pytest.approx(LIMIT, abs=1e-3)
    assert shares([GLAD] * 100, [NOW] * 100).sum() == pytest.approx(-LIMIT, abs=1e-3)


def test_an_old_text_counts_less():
    fresh, month, year = (shares([ANGRY], [age])[0] for age in (NOW, 30, 365))
    assert fresh > month > year >= 0
    assert month == pytest.approx(math.log(2) / 2, rel=0.05)


def test_praise_and_anger_of_equal_weight_leave_the_risk_alone():
    tones = [(1.0, 0, 0), (0, 0, 1.0)]
    even = shares(tones, [30 * math.log2(math.log(2) / math.log(1.5)), NOW])
    assert even.sum() == pytest.approx(0, abs=1e-6)
    assert even[0] > 0 > even[1]


def test_a_message_that_means_to_leave_raises_the_risk_and_is_quoted_as_a_prior(scorer):
    sentence = "I'm cancelling everything and going to your competitor."
    before, after = risks(scorer)["a"], risks(scorer, ("a", NOW, sentence))["a"]
    shift = log_odds(after.probability) - log_odds(before.probability)
    assert 0.5 < shift <= LIMIT
    assert before.low <= before.probability < after.probability <= after.high
    reason = next(reason for reason in after.reasons if reason.factor == TONE_PRIOR)
    assert (reason.kind, reason.quote, reason.source) == ("text", sentence, "chat")
    assert reason.contribution == pytest.approx(shift, abs=1e-5)
    assert "as a prior" in after.reliability_reason
    assert after.inputs["tone_prior_log_odds"] == pytest.approx(shift, abs=1e-5)


def test_chinese_words_move_it_as_english_ones_do(scorer):
    found = risks(scorer, ("a", NOW, "太差劲了，退会员，我去别家买。"), ("b", NOW, "非常满意，谢谢你们！"))
    assert found["b"].probability < found["c"].probability < found["a"].probability


def test_a_neutral_question_moves_nobody_and_is_no_reason(scorer):
    question = ("a", NOW, "Where can I change my delivery address?")
    found = risks(scorer, question)["a"]
    assert found.inputs["tone_prior_log_odds"] == 0
    assert TONE_PRIOR not in {reason.factor for reason in found.reasons}


def test_reasons_still_sum_to_the_whole_difference(scorer):
    texts = [("a", 3.0, "It broke again, I'm so tired of this."), ("a", 20.0, "Lovely, thank you so much!")]
    before, after = risks(scorer, ("a", 3.0, "ok"), ("a", 20.0, "ok"))["a"], risks(scorer, *texts)["a"]
    told = {
        side: sum(reason.contribution for reason in risk.reasons)
        for side, risk in (("x", before), ("y", after))
    }
    moved = log_odds(after.probability) - log_odds(before.probability)
    assert told["y"] - told["x"] == pytest.approx(moved, abs=1e-5)


def test_a_question_asked_again_raises_the_risk_within_the_same_limit_and_is_told_as_a_prior(scorer):
    asked = [
        "What is your return policy?",
        "I'd like to know your return policy",
        "What is your return policy?",
    ]
    texts = [("a", 2.0 - number / 2, text) for number, text in enumerate(asked)]
    again = risks(scorer, *texts)["a"]
    told = {reason.factor: reason for reason in again.reasons}
    assert told[REPEATS_PRIOR].values == {"repeats_7": 2}
    shift = log_odds(again.probability) - log_odds(risks(scorer, ("a", 2.0, "ok"))["a"].probability)
    assert told[REPEATS_PRIOR].contribution == pytest.approx(shift, abs=1e-5)
    assert 1.25 < math.exp(shift) < 1.25**2
    assert prior_log_odds(np.array([LEAVING] * 9), np.zeros(9), 50.0).sum() == pytest.approx(LIMIT, abs=1e-3)
    reason = {"kind": "behaviour", "factor": REPEATS_PRIOR, "values": told[REPEATS_PRIOR].values}
    assert (
        in_words(reason, "en")
        == "asked the same question 3 times within 7 days (assumed to matter, not learned here)"
    )
    assert in_words(reason, "zh") == "7 天内把同一个问题问了 3 次（预设有影响，尚未由本店数据验证）"


def test_night_and_chat_agree(scorer):
    texts = [
        ("a", 1.0, "No one answers me, what a mess."),
        ("b", 2.0, "退货太麻烦了，失望。"),
        ("c", 9.0, "perfect!"),
    ]
    night = risks(scorer, *texts)
    for key in night:
        alone = shop(*texts).of(pl.Series([key]))
        assert next(scorer.score(alone)).probability == pytest.approx(night[key].probability, abs=1e-4)


def test_each_text_is_encoded_once(scorer, encoder):
    read = []

    def counting(texts):
        read.extend(texts)
        return encoder.encode(texts)

    list(scorer.score(shop(("a", 1.0, "one"), ("b", 2.0, "two")), counting))
    assert sorted(read) == ["one", "two"]


def test_an_unknown_risk_stays_unknown(scorer, encoder):
    world = shop(("a", NOW, "I'm leaving you for good."))
    unknown = [replace(risk, status=Status.UNKNOWN, probability=None) for risk in scorer.score(world)]
    assert list(with_tone(unknown, world, encoder.encode)) == unknown


def test_without_the_encoder_there_is_no_prior(model):
    scorer = Scorer.load(model, None)
    assert not scorer.has_prior
    quiet, angry = risks(scorer)["a"], risks(scorer, ("a", NOW, "I'm leaving."))["a"]
    assert angry.probability == quiet.probability


@pytest.mark.parametrize(
    ("known", "uses_text", "encoder_version", "expected"),
    [
        (0, False, "e5-small-1", True),
        (ENOUGH_TO_LEARN - 1, False, "e5-small-1", True),
        (ENOUGH_TO_LEARN, False, "e5-small-1", False),
        (0, True, "e5-small-1", False),
        (0, False, "minilm-1", False),
    ],
)
def test_the_prior_ends_where_the_shop_has_taught_its_model(
    model, known, uses_text, encoder_version, expected
):
    manifest = replace(read_model(model), uses_text=uses_text, metrics={"labelled_texts": known})
    assert applies(manifest, encoder_version) is expected


def test_a_model_from_before_the_prior_has_none(model):
    assert not applies(replace(read_model(model), metrics={}), "e5-small-1")


def test_texts_count_as_labelled_once_their_horizon_has_passed():
    world = shop(("a", 100.0, "x"), ("a", 46.0, "y"), ("b", 44.0, "z"))
    assert labelled_texts(world, HORIZON) == 2
    assert LARGEST_FACTOR == 3


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "wrote in the chat: “bye” (sounds like leaving; assumed, not learned here)"),
        ("zh", "聊天：「bye」（听起来想离开；预设，尚未由本店数据验证）"),
        ("fr", "wrote in the chat: “bye” (sounds like leaving; assumed, not learned here)"),
    ],
)
def test_a_reason_says_that_it_was_assumed(language, expected):
    values = {"dissatisfied": 0.3, "leaving": 0.9, "pleased": 0.0}
    reason = {"kind": "text", "factor": TONE_PRIOR, "quote": "bye", "source": "chat", "values": values}
    assert in_words(reason, language) == expected
