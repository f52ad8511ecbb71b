"""Whatever happens to the bot, the customer is told the truth in time, a human is asked for, and nothing is lost."""

import time
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app.web import create_app
from tests.app.web.conftest import BOT_DEADLINE, demo_settings
from tests.app.web.serving import FakeBot, free_port, running_app, running_bot
from tests.app.web.world import Clock, World, eventually

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


def test_bot_whose_action_failed_is_heard_and_a_human_is_asked_for(world: World) -> None:
    customer = world.customer()
    world.bot.answer = [{"custom": {"text": "Something is not working.", "buttons": [], "fallback": True}}]
    customer.post("help")
    assert customer.replies(1)[0]["text"] == "Something is not working."
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
    assert time.monotonic() - started < 10
    time.sleep(0.3)
    assert len(customer.said("bot")) == 2
    assert customer.said("customer") == ["one", "two", "three"]


def test_bot_that_does_not_run_is_answered_for(shared_engine: Engine, tmp_path: Path, bot: FakeBot) -> None:
    settings = demo_settings(tmp_path, FakeBot(port=free_port()))
    with running_app(create_app(settings, shared_engine, bot_deadline=BOT_DEADLINE)) as url:
        world = World(url, shared_engine, settings, bot, Clock())
        customer = world.visitor()
        started = time.monotonic()
        customer.post("anyone?")
        assert customer.replies(1)[0]["text"].startswith(SORRY)
        assert time.monotonic() - started < BOT_DEADLINE + 5
        assert world.escalation(customer) is not None
        world.close()


def test_bot_that_starts_within_the_deadline_answers_what_was_asked_before(
    shared_engine: Engine, tmp_path: Path, bot: FakeBot
) -> None:
    port = free_port()
    settings = demo_settings(tmp_path, FakeBot(port=port))
    with running_app(create_app(settings, shared_engine, bot_deadline=6)) as url:
        world = World(url, shared_engine, settings, bot, Clock())
        customer = world.visitor()
        customer.post("good morning")
        with customer.events() as events:
            next(event for event in events if event[0] == "state" and event[2]["typing"])
        with running_bot(port) as late:
            assert customer.replies(1)[0]["text"] == "You said: good morning"
            assert late.heard(customer.conversation) == ["good morning"]
        assert world.escalation(customer) is None
        world.close()


def test_bot_that_serves_nobody_yet_is_asked_again_and_answers_once(world: World) -> None:
    customer = world.customer()
    world.bot.status = 503
    customer.post("good morning")
    eventually(lambda: len(world.bot.heard(customer.conversation)) >= 2)
    world.bot.status = 200
    assert [reply["text"] for reply in customer.replies(1)] == ["You said: good morning"]
    assert world.escalation(customer) is None


def test_bot_that_failed_in_the_turn_is_not_asked_twice(world: World) -> None:
    customer = world.customer()
    world.bot.status = 500
    customer.post("good morning")
    assert customer.replies(1)[0]["text"].startswith(SORRY)
    assert world.bot.heard(customer.conversation) == ["good morning"]
