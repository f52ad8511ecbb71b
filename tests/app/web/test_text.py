import pytest

from app.web.text import is_chinese, known_language, language_told, neutral


@pytest.mark.parametrize(
    ("text", "chinese"),
    [
        ("我的订单在哪里", True),
        ("我的order 12345在哪里？", True),
        ("I bought the 茉莉花茶 tea last week", False),
        ("12345 !!!", False),
        ("注文はどこですか", False),
        ("", False),
    ],
)
def test_chinese_is_told_by_its_share_of_the_letters(text: str, chinese: bool) -> None:
    assert is_chinese(text) is chinese


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("我的订单在哪里", "zh"),
        ("好", "zh"),
        ("where is it", "en"),
        ("hello", "en"),
        ("ok", None),
        ("SL-104233", None),
        ("👍", None),
        ("12345 !!!", None),
        ("注文はどこですか", None),
        ("", None),
    ],
)
def test_only_words_tell_a_language(text: str, told: str | None) -> None:
    assert language_told(text) == told


@pytest.mark.parametrize(
    ("wishes", "language"),
    [
        ((None, "zh-CN,zh;q=0.9"), "zh"),
        (("fr", "de"), "en"),
        (("zh_TW",), "zh"),
        ((None,), "en"),
        (("fr,zh",), "zh"),
    ],
)
def test_first_language_we_speak_is_taken(wishes: tuple[str | None, ...], language: str) -> None:
    assert known_language(*wishes) == language


@pytest.mark.parametrize("text", ["/a", " /a", "//a", "/ / a", "\u3000/a", "\n/a"])
def test_no_text_keeps_a_leading_slash(text: str) -> None:
    assert neutral(text) == "a"
