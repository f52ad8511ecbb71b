import pytest

from risk_model.features import FACTORS
from risk_model.words import CHINESE, ENGLISH, in_words


def behaviour(factor, **values):
    return {"kind": "behaviour", "factor": factor, "values": values}


@pytest.mark.parametrize(
    ("reason", "english", "chinese"),
    [
        (
            behaviour("overdue", recency_days=74.2, usual_gap_days=21.1),
            "no order for 74 days; usual gap 21",
            "已 74 天没有下单；平时间隔约 21 天",
        ),
        (behaviour("overdue"), "no order yet", "还没有下过单"),
        (
            behaviour("complaints", complaints_30=1.0, complaints_180=2.0),
            "1 complaint in 30 days, 2 in 180",
            "30 天内投诉 1 次，180 天内 2 次",
        ),
        (
            behaviour("ratings", rating_last=2.0, rating_mean=4.25),
            "last rating 2 of 5, average 4.2",
            "最近一次评分 2 分，平均 4.2 分",
        ),
        (behaviour("subscription", cancelled_180=1.0), "cancelled a subscription", "取消了订阅"),
    ],
)
def test_a_behaviour_reason_is_told_with_its_values(reason, english, chinese):
    assert in_words(reason, "en") == english
    assert in_words(reason, "zh") == chinese
    assert in_words(reason, "fr") == english


def test_a_text_reason_quotes_the_customer_and_says_where():
    reason = {"kind": "text", "factor": "words", "values": {}, "quote": "算了，我去别家", "source": "chat"}
    assert in_words(reason, "en") == "wrote in the chat: “算了，我去别家”"
    assert in_words(reason, "zh") == "聊天：「算了，我去别家」"


@pytest.mark.parametrize("factor", FACTORS)
def test_every_factor_has_words_in_both_languages_even_without_values(factor):
    assert ENGLISH[factor]({})
    assert CHINESE[factor]({})


def test_a_factor_of_another_models_version_keeps_its_name():
    assert in_words(behaviour("moon_phase"), "en") == "moon_phase"
