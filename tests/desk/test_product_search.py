"""Which products words name: the same found for a plural, another order or another case, and nothing guessed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.demo.shelf import shelf
from desk.product_search import search
from tests.desk.test_shop import NOW

SHELF = [(row.key, [*row.names.values(), *row.also]) for row in shelf(NOW)]


def found(words: str) -> list[str]:
    return search(words, SHELF, 5)


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("Glass Teapot", "pot-glass"),
        ("glass teapots", "pot-glass"),
        ("TEAPOT, GLASS", "pot-glass"),
        ("glass tea pot", "pot-glass"),
        ("how much is the glass teapot that you had in May?", "pot-glass"),
        ("is the slow pour kettle back in stock", "shelf-kettle"),
        ("Puerh", "tea-puer"),
        ("pu-érh", "tea-puer"),
        ("rooibos with orange", "tea-rooibos"),
        ("jasmine tea", "tea-jasmine"),
        ("tea towel", "cloth-linen"),
        ("玻璃茶壶", "pot-glass"),
        ("玻璃茶壶多少钱", "pot-glass"),
        ("茶壶 玻璃", "pot-glass"),
        ("茶壶玻璃的", "pot-glass"),
        ("请问你们的紫砂壶什么时候到货", "pot-yixing"),
        ("龙井还有货吗", "tea-longjing"),
        ("抹茶套装", "shelf-matcha"),
        ("matcha 套装", "shelf-matcha"),
    ],
)
def test_one_article_is_named(words, key):
    assert found(words) == [key]


@pytest.mark.parametrize(
    "words",
    ["", "?", "do you have it in stock", "有货吗", "coffee machine", "tea machine", "iron teapot", "咖啡机", "青瓷茶几", "🫖", "a" * 5000, "茶" * 5000],
)  # fmt: skip
def test_nothing_is_guessed(words):
    assert found(words) == []


def test_what_several_articles_are_is_all_of_them_the_closest_first_and_five_at_most():
    assert set(found("teapots")) == {"pot-yixing", "pot-glass", "pot-celadon", "shelf-pot"}
    assert found("matcha")[0] == "tea-matcha"
    assert set(found("matcha")) == {"tea-matcha", "bowl-matcha", "shelf-matcha"}
    assert set(found("茶壶")) == {"pot-glass", "pot-celadon", "shelf-pot"}
    assert len(found("tea")) == 5


def test_two_articles_in_one_question_are_both_found():
    assert set(found("how much are the matcha bowl and the bamboo whisk")) == {"bowl-matcha", "whisk-bamboo"}


def test_an_article_without_names_is_never_found():
    assert search("tea", [("nameless", [])], 5) == []


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60) | st.text(alphabet="茶壶玻璃青瓷 teapots-glass?", max_size=40))
def test_whatever_is_written_gives_five_articles_at_most_and_each_once(words):
    assert len(found(words)) == len(set(found(words))) <= 5
