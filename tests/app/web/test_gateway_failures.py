"""Whatever happens to the bot, the customer is told the truth in time, a human is asked for, and nothing is lost."""

import time
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app.web import create_app
from tests.app.web.conftest import demo_settings
from tests.app.web.serving import FakeBot, free_port, running_app
from tests.app.web.world import Clock, World

SORRY = "Our assistant is not available right now."


@pytest.mark.parametrize(
    ("answer", "status", "delay"),
    [
        ([], 200, 0.0),
        (b"<html>loading</html>", 200, 0.0),
        ([{"text": "never seen"}], 500, 0.0),
        ([{"text": "too late"}], 200, 1.8),
        ({"not": "a list"}, 200, 0.0),
        ([{"image": "only"}, "words", {"text": 5}], 200, 0.0),
    ],
    ids=["empty list", "not JSON", "server error", "hanging", "not a list", "nothing to show"],
)
def test_bot_that_fails_is_answered_for(world: World, answer: object, status: int, delay: float) -> None:
    customer = world.customer()
    world.bot.answer, world.bot.status, world.bot.delay = answer, status, delay
    started = time.monotonic()
    customer.post("help")
    reply = customer.replies(1)[0]
    assert time.monotonic() - started < 10
    assert reply["text"].startswith(SORRY)
    assert reply["payload"]["buttons"][0]["payload"] == "/contact_human_agent"
    escalation = world.escalation(customer)
    assert escalation is not None
    assert escalation.cause == "failure"


def test_next_message_works_once_the_bot_is_back(world: World) -> None:
    customer = world.customer()
    world.bot.status = 503
    customer.post("first")
    customer.replies(1)
    world.bot.status = 200
    customer.post("second")
    assert customer.replies(2)[1]["text"] == "You said: second"
    assert customer.said("customer") == ["first", "second"]


def test_apology_is_in_the_language_of_the_conversation(world: World) -> None:
    customer = world.customer()
    world.bot.status = 503
    customer.post("请问我的订单在哪里")
    assert "暂时无法使用" in customer.replies(1)[0]["text"]


def test_messages_that_wait_behind_a_hanging_bot_get_one_apology_in_time(world: World) -> None:
    customer = world.customer()
    world.bot.delay = 1.8
    started = time.monotonic()
    for text in ("one", "two", "three"):
        customer.post(text)
    customer.replies(1)
    assert time.monotonic() - started < 4
    time.sleep(0.3)
    assert len(customer.said("bot")) == 2
    assert customer.said("customer") == ["one", "two", "three"]


def test_bot_that_does_not_run_is_answered_for(shared_engine: Engine, tmp_path: Path, bot: FakeBot) -> None:
    settings = demo_settings(tmp_path, FakeBot(port=free_port()))
    with running_app(create_app(settings, shared_engine)) as url:
        world = World(url, shared_engine, settings, bot, Clock())
        customer = world.visitor()
        customer.post("anyone?")
        assert customer.replies(1)[0]["text"].startswith(SORRY)
        world.close()
