import pytest

from risk_model.reasons import FACTORS
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
        (
            behaviour("season", year_ago=1.0),
            "a year ago, 1 order in the three months that followed",
            "去年此后三个月内 1 单",
        ),
        (behaviour("season"), "no customer yet a year ago", "一年前还不是顾客"),
        (behaviour("subscription", cancelled_180=1.0), "cancelled a subscription", "取消了订阅"),
        (
            behaviour("dissatisfied", dissatisfied_texts_30=3.0, dissatisfied_course=0.1),
            "wrote in anger 3 times in 30 days",
            "30 天内 3 次言语不满",
        ),
        (
            behaviour("leaving", leaving_texts_30=1.0, leaving_course=0.6),
            "wrote like someone leaving 1 time in 30 days; more so by the end of the last chat",
            "30 天内 1 次流露去意；上次聊天到最后更加明显",
        ),
        (
            behaviour("pleased", pleased_texts_30=2.0, pleased_course=-0.5),
            "wrote in praise 2 times in 30 days; less so by the end of the last chat",
            "30 天内 2 次表示满意；上次聊天到最后有所减弱",
        ),
        (
            behaviour("repeats", repeats_7=2.0, repeats_30=3.0),
            "asked the same question 3 times within 7 days",
            "7 天内把同一个问题问了 3 次",
        ),
        (
            behaviour("repeats", repeats_7=0.0, repeats_30=1.0),
            "asked the same question 2 times within 30 days",
            "30 天内把同一个问题问了 2 次",
        ),
        (behaviour("repeats", repeats_7=0.0, repeats_30=0.0), "asked no question again", "没有重复提问"),
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
