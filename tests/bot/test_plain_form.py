"""What the classifier is spared."""

import pytest

from bot.components.plain_form import plain_form


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("WHERE IS MY ORDER!!!", "where is my order"),
        ("Where is SL-104233?", "where is 1234?"),
        ("Where is order #113542617735902.", "where is order 1234"),
        ("订单SL-104233到哪了。", "订单1234到哪了"),
        ("two mugs for 35 euros", "two mugs for 35 euros"),
        ("...", "..."),
        ("", ""),
        ("Good morning, where is my order, please?", "where is my order"),
        ("Hello. I want to cancel my order. Thank you in advance!", "i want to cancel my order"),
        ("can someone help? my parcel never came", "my parcel never came"),
        ("where do I cancel asap", "where do i cancel"),
        ("你好，请问我的订单到哪了，谢谢！", "我的订单到哪了"),
        ("麻烦帮我看下，运费谁出", "运费谁出"),
        ("Hello there!", "hello there"),
        ("hi, anybody home", "hi, anybody home"),
        ("ok that helped, thanks", "ok that helped, thanks"),
        ("yes please", "yes please"),
        ("where is my parcel ??? \U0001f621\U0001f621", "where is my parcel ?"),
        ("\U0001f44d\ufe0f", "\U0001f44d\ufe0f"),
        ("好的，谢谢", "好的，谢谢"),
        ("thanks for nothing, where is my money", "thanks for nothing, where is my money"),
    ],
    ids=[
        "shouted",
        "our numbers",
        "other numbers",
        "between Chinese signs",
        "short numbers",
        "only stops",
        "empty",
        "asked politely",
        "a letter",
        "a cry before the wish",
        "in a hurry",
        "polite Chinese",
        "asked in Chinese to look",
        "a greeting",
        "a greeting and a call",
        "thanks",
        "yes",
        "a frown",
        "only a thumb",
        "Chinese thanks",
        "no thanks at all",
    ],
)
def test_the_wish_is_left(text: str, plain: str) -> None:
    assert plain_form(text) == plain


@pytest.mark.timeout(60)
@pytest.mark.parametrize("sign", ["!", " ", "? ", "hi ", "please ", "thanks, ", "请问", "谢谢！", "1-", "a"])
def test_a_hundred_thousand_signs_are_read_once(sign: str) -> None:
    """A search that began anew at each sign would take hours."""
    text = sign * (100_000 // len(sign))
    assert 0 < len(plain_form(text)) <= len(text)
