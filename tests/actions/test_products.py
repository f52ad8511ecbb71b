"""Stock, prices and what is sold: found in the customer's words, never guessed."""

from datetime import UTC, datetime

import pytest

from db import tables
from db.session import unit_of_work
from tests.actions.talking import ActionProcess, begin_talk

SHELF = (
    ("pot", {"en": "Moonlit Teapot", "zh": "月光茶壶"}, 39.0, 12, None, {"en": "Stoneware, 0.8 l.", "zh": "炻器，0.8 升。"}),
    ("bowl", {"en": "Rice Bowl", "zh": "饭碗"}, 12.5, 2, None, {}),
    ("flask", {"en": "Steel Flask", "zh": "保温杯"}, 25.0, 0, datetime(2027, 5, 2, tzinfo=UTC), {}),
    ("whisk", {"en": "Bamboo Whisk", "zh": "茶筅"}, 15.0, 0, None, {}),
    ("gong", {"en": "Gong", "zh": "铜锣"}, 80.0, None, None, {}),
)  # fmt: skip


@pytest.fixture(autouse=True)
def shelf(process: ActionProcess) -> None:
    with unit_of_work(process.engine) as session:
        for key, names, price, stock, back_at, about in SHELF:
            if session.get(tables.Product, key) is None:
                session.add(
                    tables.Product(
                        key=key, names=names, also=["teapot", "茶壶"] if key == "pot" else [], about=about, price=price, currency="EUR", stock=stock, back_at=back_at
                    )
                )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "intent", "answer"),
    [
        ("is the moonlit teapot in stock?", "stock_question", "Moonlit Teapot is in stock."),
        ("any rice bowl left?", "stock_question", "Rice Bowl is in stock, 2 left."),
        (
            "when is the steel flask back",
            "stock_question",
            "Steel Flask is sold out and expected back on 2 May.",
        ),
        (
            "bamboo whisk?",
            "stock_question",
            "Bamboo Whisk is sold out, and I do not know when it comes back.",
        ),
        ("do you have the gong", "stock_question", "I do not know whether Gong is in stock."),
        ("how much is the gong", "price_question", "Gong costs €80.00."),
        (
            "how much is the rice bowl and is it in stock",
            "price_question",
            "Rice Bowl costs €12.50. Rice Bowl is in stock, 2 left.",
        ),
        ("月光茶壶有货吗，多少钱", "stock_question", "月光茶壶 有货。 月光茶壶 的价格是"),
        ("tell me about the moonlit teapot", "product_question", "Moonlit Teapot: Stoneware, 0.8 l."),
        ("is the gong loud", "product_question", "I know no more about Gong than its price"),
        (
            "recommend me a rice bowl",
            "recommendation",
            "Rice Bowl, €12.50. Rice Bowl is in stock, 2 left.",
        ),
        ("recommend me a teapot", "recommendation", "Moonlit Teapot, €39.00. Stoneware, 0.8 l."),
        ("月光茶壶有货吗", "stock_question", "月光茶壶 有货。"),
        ("铜锣多少钱", "price_question", "铜锣 的价格是 €80.00。"),
    ],
)
def test_a_product_is_found_and_told_to_anybody(
    process: ActionProcess, text: str, intent: str, answer: str
) -> None:
    talk = begin_talk(process, None, "en" if text.isascii() else "zh")
    assert talk.say(text, intent).startswith(answer)
    assert talk.form is None


def test_when_none_is_found_the_customer_is_asked_which_and_then_offered_a_person(
    process: ActionProcess,
) -> None:
    talk = begin_talk(process, None)
    assert talk.say("do you still have it?", "stock_question").endswith("such as “teapot”.")
    assert talk.say("the zzkx", "nlu_fallback").startswith("I find nothing by that name")
    assert "A colleague can do it with you" in talk.say("vvq", "nlu_fallback")
    assert talk.form is None


def test_the_name_alone_then_answers_the_question(process: ActionProcess) -> None:
    talk = begin_talk(process, None)
    talk.say("how much is it?", "price_question")
    assert talk.say("the gong", "nlu_fallback") == "Gong costs €80.00."


def test_another_question_instead_of_a_product_is_answered(process: ActionProcess) -> None:
    talk = begin_talk(process, None)
    talk.say("how much is it?", "price_question")
    assert talk.say("how can I pay?", "check_payment_methods").startswith("You can pay by")
