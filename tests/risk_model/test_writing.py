"""What customers wrote as features: point-in-time, absent for who wrote nothing, one number for what the desk tells."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from desk.repetition import repetition
from risk_model.features import FEATURES
from risk_model.texts import LatestTexts
from risk_model.writing import FACTORS, WRITTEN, written
from tests.risk_model.small_world import AS_OF, histories

ANGRY = "This is the third broken cup, I am fed up with you."
GOING = "I am cancelling my account and will buy elsewhere."
GLAD = "Wonderful tea, thank you so much!"
PLAIN = "Which cards do you accept?"
SAME = [
    "What is your return policy?",
    "I'd like to know your return policy",
    "Can you tell me your rules for returns?",
]


@pytest.fixture(scope="module")
def told(encoder):
    """The features of each customer, by name; `texts` are (key, age in days, source, text)."""

    def ask(*texts, orders=(), tone=True, known=None):
        events = [("silent", 3.0, "order", 5.0), *((key, age, "order", 5.0) for key, age in orders)]
        known = known or histories(
            events, [(key, age, source, None, text) for key, age, source, text in texts]
        )
        read = LatestTexts.read(known, encoder.encode, encoder.dimensions)
        rows = written(read, known, tone=tone)
        keys = known.customers["customer_key"]
        return {
            key: dict(zip(WRITTEN, row.tolist(), strict=True)) for key, row in zip(keys, rows, strict=True)
        }

    return ask


def absent(values):
    return all(np.isnan(value) for value in values.values())


def test_who_wrote_nothing_has_none_of_them_and_nobody_has_without_an_encoder_that_tone_reads(told):
    assert absent(told(("ana", 1, "chat", ANGRY))["silent"])
    assert absent(told()["silent"])
    assert absent(told(("ana", 1, "chat", ANGRY), tone=False)["ana"])


def test_tone_is_summed_with_the_half_life_in_the_name_and_the_last_text_and_the_strongest_are_told(told):
    values = told(("ana", 40, "review", ANGRY), ("ana", 7, "chat", GOING), ("bo", 40, "review", ANGRY))
    ana, alone = values["ana"], values["bo"]["dissatisfied_last"]
    assert alone > 0.5
    fresh = ana["dissatisfied_last"]  # of the newer text
    assert ana["dissatisfied_rate_7"] == pytest.approx(fresh / 2 + alone * 0.5 ** (40 / 7), rel=1e-4)
    assert ana["dissatisfied_rate_30"] < ana["dissatisfied_rate_90"]
    assert ana["leaving_most_30"] == pytest.approx(ana["leaving_last"])
    assert ana["leaving_texts_30"] == 1
    assert values["bo"]["dissatisfied_texts_30"] == values["bo"]["dissatisfied_most_30"] == 0


def test_the_course_is_that_of_the_last_conversation_alone(told):
    soured = [("ana", 9.0, "chat", GLAD), ("ana", 2.002, "chat", PLAIN), ("ana", 2.001, "chat", ANGRY)]
    values = told(
        *soured, ("bo", 9.0, "chat", ANGRY), ("bo", 2.0, "chat", PLAIN), ("cy", 1.0, "review", ANGRY)
    )
    assert values["ana"]["dissatisfied_course"] > 0.5
    assert np.isnan(values["bo"]["dissatisfied_course"])  # one message, nine days after the other
    assert np.isnan(values["cy"]["dissatisfied_course"])


def test_questions_asked_again_count_in_their_days_and_since_the_last_order(told):
    chat = [(20.0, SAME[0]), (3.0, SAME[1]), (2.0, PLAIN), (1.0, SAME[2]), (0.9, "ok thanks")]
    texts = [(key, age, "chat", text) for key in ("ana", "bo") for age, text in chat]
    values = told(*texts, ("cy", 1.0, "chat", PLAIN), orders=[("ana", 30.0), ("bo", 2.5)])
    assert (values["ana"]["repeats_7"], values["ana"]["repeats_30"]) == (1, 2)
    assert (values["bo"]["repeats_7"], values["bo"]["repeats_30"]) == (0, 0)
    assert values["cy"]["repeats_7"] == 0


def test_the_feature_and_the_desk_count_the_same(told, encoder):
    chat = [("ana", 3.0, "chat", SAME[0]), ("ana", 2.0, "chat", PLAIN), ("ana", 0.0, "chat", SAME[1])]
    known = histories([], [(key, age, source, None, text) for key, age, source, text in chat])
    found = repetition(known, SAME[1], AS_OF, encoder.encode, timedelta(days=7))
    assert found.times - 1 == told(known=known)["ana"]["repeats_7"] == 1


def test_what_is_written_after_a_moment_changes_nothing_of_it(told):
    before = [("ana", 9.0, "chat", PLAIN), ("ana", 8.0, "review", GLAD)]
    later = [("ana", 2.0, "chat", GOING), ("bo", 1.0, "chat", ANGRY)]
    moment = AS_OF - timedelta(days=5)
    short, long = (
        histories([], [(key, age, source, None, text) for key, age, source, text in texts]).until(moment)
        for texts in (before, before + later)
    )
    assert told(known=short)["ana"] == pytest.approx(told(known=long)["ana"], abs=0, nan_ok=True)


def test_a_customer_alone_has_the_numbers_they_have_among_all(told):
    texts = [
        (key, age, "chat", text) for key in ("ana", "bo") for age, text in enumerate([ANGRY, *SAME, GLAD])
    ]
    everyone = histories([], [(key, age, source, None, text) for key, age, source, text in texts])
    alone = told(known=everyone.of(pl.Series(["bo"])))["bo"]
    assert alone == pytest.approx(told(known=everyone)["bo"], abs=1e-6, nan_ok=True)


def test_each_belongs_to_one_factor_and_none_to_behaviour():
    assert len(WRITTEN) == len(set(WRITTEN)) == sum(map(len, FACTORS.values()))
    assert not set(WRITTEN) & set(FEATURES)
