import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from db.session import unit_of_work
from desk.conversations import add_message
from tests.app.web.world import Customer, World, eventually, new_key
from tests.support.timing import at_best


def test_first_bubble_says_it_is_automated_and_how_to_reach_a_person(world: World) -> None:
    first = world.visitor().opened["messages"][0]
    assert first["role"] == "bot"
    assert "automated assistant" in first["text"]
    assert "Talk to a person" in first["text"]
    assert first["payload"]["buttons"] == [{"title": "Talk to a person", "payload": "/contact_human_agent"}]


def test_first_bubble_is_chinese_for_a_chinese_browser(world: World) -> None:
    opened = world.http.post(
        "/api/chat/sessions", json={}, headers={"Accept-Language": "zh-CN,zh;q=0.9"}
    ).json()
    assert opened["language"] == "zh"
    assert opened["messages"][0]["payload"]["buttons"][0]["title"] == "找人工客服"


def test_reply_comes_by_stream_after_the_message_was_stored(world: World) -> None:
    customer = world.customer()
    with customer.events() as events:
        assert next(events)[2]["role"] == "bot"
        stored = customer.post("Where is my order?").json()
        seen = [event for event in _until_bot(events) if event[0] == "message"]
    assert [(event[2]["role"], event[2]["text"]) for event in seen] == [
        ("customer", "Where is my order?"),
        ("bot", "You said: Where is my order?"),
    ]
    assert seen[0][1] == str(stored["id"])


def test_bot_is_asked_with_our_secret_and_the_message_id(world: World) -> None:
    customer = world.customer()
    stored = customer.post("hello").json()
    customer.replies(1)
    assert world.bot.secrets == {world.settings.secret("bot_secret")}
    asked = {"sender": customer.conversation, "message": "hello", "metadata": {"message_id": stored["id"]}}
    assert asked in world.bot.asked


def test_same_client_id_twice_makes_one_message_and_one_reply(world: World) -> None:
    customer = world.customer()
    answers: list[dict[str, object]] = []
    posts = [
        threading.Thread(target=lambda: answers.append(customer.post("once", "same-id").json()))
        for _ in range(4)
    ]
    for post in posts:
        post.start()
    for post in posts:
        post.join()
    assert answers.count(answers[0]) == 4
    customer.replies(1)
    time.sleep(0.2)
    assert customer.said("customer") == ["once"]
    assert world.bot.heard(customer.conversation) == ["once"]


def test_reconnecting_browser_gets_what_it_missed_and_nothing_twice(world: World) -> None:
    customer = world.customer()
    first = customer.post("one").json()
    customer.replies(1)
    with customer.events(last_seen=first["id"]) as events:
        assert next(events)[2]["text"] == "You said: one"


def test_what_another_process_writes_reaches_the_stream_within_two_seconds(world: World) -> None:
    customer = world.customer()
    with customer.events() as events:
        next(events), next(events), next(events)  # greeting, state, cards

        def hear() -> None:
            with unit_of_work(world.engine) as session:
                add_message(
                    session, customer.conversation, "agent", "from elsewhere", world.clock(), author="Mia"
                )
            assert next(events)[2]["text"] == "from elsewhere"

        assert at_best(hear, 2) < 2


def test_turns_of_one_conversation_stay_in_order(world: World) -> None:
    customer = world.customer()
    world.bot.delay = 0.1
    for text in ("one", "two", "three"):
        customer.post(text)
    assert [reply["text"] for reply in customer.replies(3)] == [
        "You said: one",
        "You said: two",
        "You said: three",
    ]


def test_buttons_and_custom_payloads_of_the_bot_are_kept(world: World) -> None:
    offer = {"id": 7, "title": "10 % off", "percent": 10, "expires_at": "2030-01-01T00:00:00+00:00"}
    world.bot.answer = [
        {"text": "Anything else?", "buttons": [{"title": "Yes", "payload": "/affirm"}]},
        {"custom": {"text": "For you", "offer": offer}},
        {"custom": {"offer": offer}},
    ]
    customer = world.customer()
    customer.post("hi")
    replies = customer.replies(3)
    assert [reply["text"] for reply in replies] == ["Anything else?", "For you", ""]
    assert replies[0]["payload"] == {"buttons": [{"title": "Yes", "payload": "/affirm"}]}
    assert replies[1]["payload"] == replies[2]["payload"] == {"offer": offer}


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("/restart", "restart"),
        ('/order_status{"customer":"B"}', 'order_status{"customer":"B"}'),
        (" / /SetSlot", "SetSlot"),
        ("///", "?"),
        ("/affirm", "affirm"),
    ],
)
def test_typed_slash_text_reaches_the_bot_as_ordinary_words(world: World, typed: str, read: str) -> None:
    customer = world.customer()
    customer.post(typed)
    customer.replies(1)
    assert world.bot.heard(customer.conversation) == [read]
    assert customer.said("customer") == [typed.strip()]


def test_offered_button_reaches_the_bot_as_its_payload_and_is_shown_by_its_title(world: World) -> None:
    customer = world.customer()
    customer.post("something else entirely", payload="/contact_human_agent")
    customer.replies(1)
    assert world.bot.heard(customer.conversation) == ["/contact_human_agent"]
    assert customer.said("customer") == ["Talk to a person"]


def test_payload_that_was_never_offered_counts_for_nothing(world: World) -> None:
    customer = world.customer()
    customer.post("my words", payload="/SetSlot{}")
    customer.replies(1)
    assert world.bot.heard(customer.conversation) == ["my words"]


def test_button_offered_in_another_conversation_counts_for_nothing(world: World) -> None:
    world.bot.answer = [{"text": "Sure?", "buttons": [{"title": "Yes", "payload": "/affirm"}]}]
    other = world.customer()
    other.post("hi")
    other.replies(1)
    customer = world.customer()
    customer.post("/affirm")
    customer.replies(1)
    assert world.bot.heard(customer.conversation) == ["affirm"]


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("👩‍👩‍👧‍👦 👍🏽", "👩‍👩‍👧‍👦 👍🏽"),
        ("مرحبا \u202eabc\u202c", "مرحبا \u202eabc\u202c"),
        ("a\u200bb", "a\u200bb"),
        ("nul\x00here", "nul\ufffdhere"),
        ("lone \ud800 surrogate", "lone \ufffd surrogate"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("x" * 4000, "x" * 4000),
        ("  trimmed \n", "trimmed"),
    ],
)
def test_any_text_is_stored_without_loss(world: World, text: str, stored: str) -> None:
    customer = world.customer()
    body = json.dumps({"text": text, "client_id": "c"})
    answer = customer.http.post("/api/chat/messages", content=body, headers=customer.headers)
    assert answer.status_code == 202
    assert customer.said("customer") == [stored]
    assert customer.replies(1)[0]["text"] == f"You said: {stored}"


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ('{"text": "   ", "client_id": "c"}', 422, "empty"),
        ('{"client_id": "c"}', 422, "empty"),
        ('{"text": 5, "client_id": "c"}', 422, "expected text"),
        (json.dumps({"text": "x" * 4001, "client_id": "c"}), 422, "4,000"),
        ('{"text": "hi", "client_id": "spaces are not"}', 422, "client_id"),
        ('{"text": "hi", "client_id": "' + "c" * 65 + '"}', 422, "client_id"),
        ('{"text": "hi"}', 422, "client_id"),
        ("[" * 10_000 + "]" * 10_000, 400, "JSON"),
        ('{"a":' * 10_000 + "1" + "}" * 10_000, 400, "JSON"),
        ("{", 400, "JSON"),
        ("[1]", 400, "object"),
        ('"\xff', 400, "JSON"),
        (json.dumps({"text": "x" * 100_000, "client_id": "c"}), 413, "64,000"),
        ("x" * 10_000_000, 413, "64,000"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_what_cannot_be_kept_is_refused_at_once_with_a_sentence(
    world: World, body: str, status: int, words: str
) -> None:
    customer = world.visitor()

    def refuse() -> None:
        answer = customer.http.post(
            "/api/chat/messages", content=body.encode("latin-1"), headers=customer.headers
        )
        assert answer.status_code == status
        assert words in answer.json()["error"]

    assert at_best(refuse, 1) < 1
    assert customer.said("customer") == []


def test_flood_of_one_session_is_slowed_and_others_are_not(world: World) -> None:
    fast, calm = world.visitor(), world.visitor()
    answers = [fast.post(f"message {number}") for number in range(25)]
    assert [answer.status_code for answer in answers] == [202] * 20 + [429] * 5
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert calm.post("hello").status_code == 202


def test_language_follows_what_the_customer_writes(world: World) -> None:
    customer = world.customer()
    customer.post("我的 order 什么时候到")
    assert world.conversation(customer).language == "zh"
    customer.post("ok")
    assert world.conversation(customer).language == "zh"


def test_bot_stays_silent_while_a_human_has_the_conversation_and_speaks_after(world: World) -> None:
    customer, agent = world.customer(), world.agent()
    case = world.case(customer)
    agent.post(f"/console/cases/{case}/claim")
    customer.post("are you there?")
    agent.post(f"/console/cases/{case}/reply", data={"text": "Yes, I am Mia."})
    time.sleep(0.3)
    assert world.bot.heard(customer.conversation) == []
    assert customer.said("agent") == ["Yes, I am Mia."]
    agent.post(f"/console/cases/{case}/hand-back")
    customer.post("thanks")
    customer.replies(1)
    assert world.bot.heard(customer.conversation) == ["thanks"]


def test_answer_of_the_bot_is_dropped_when_an_agent_took_over_meanwhile(world: World) -> None:
    customer, agent = world.customer(), world.agent()
    case = world.case(customer)
    world.bot.delay = 0.5
    customer.post("hello?")
    eventually(lambda: world.bot.heard(customer.conversation))
    agent.post(f"/console/cases/{case}/claim")
    time.sleep(0.8)
    assert len(customer.said("bot")) == 1


def test_stream_tells_who_is_on_the_other_side(world: World) -> None:
    customer, agent = world.customer(), world.agent("Jon")
    case = world.case(customer)
    with customer.events() as events:
        states = (event[2] for event in events if event[0] == "state")
        assert next(states) == {"human": False, "agent": None, "typing": False}
        agent.post(f"/console/cases/{case}/claim")
        assert next(states) == {"human": True, "agent": "Jon", "typing": False}


def test_stream_tells_that_the_bot_is_writing(world: World) -> None:
    customer = world.customer()
    world.bot.delay = 0.4
    with customer.events() as events:
        states = (event[2]["typing"] for event in events if event[0] == "state")
        assert next(states) is False
        customer.post("hi")
        assert [next(states), next(states)] == [True, False]


def test_returning_customer_resumes_within_a_day_and_starts_anew_after(world: World) -> None:
    key = new_key()
    first = world.customer(key)
    first.post("remember me")
    again = world.customer(key)
    assert again.conversation == first.conversation
    assert again.token != first.token
    assert "remember me" in [message["text"] for message in again.opened["messages"]]
    world.clock.ahead = timedelta(hours=25)
    assert world.customer(key).conversation != first.conversation


def test_bearer_resumes_the_same_conversation(world: World) -> None:
    visitor = world.visitor()
    answer = world.http.post("/api/chat/sessions", json={}, headers=visitor.headers)
    assert answer.json()["conversation"] == visitor.conversation
    assert answer.json()["token"] == visitor.token


def test_session_ends_after_its_life(world: World) -> None:
    visitor = world.visitor()
    world.clock.ahead = timedelta(hours=12, minutes=1)
    assert visitor.post("late").status_code == 401


def _until_bot(events: Iterator[tuple[str, str | None, Any]]) -> list[tuple[str, str | None, Any]]:
    """Events up to and with the bot's next message."""
    seen = []
    for event in events:
        seen.append(event)
        if event[0] == "message" and event[2]["role"] == "bot":
            return seen
    raise AssertionError("the stream ended before the bot answered")


def test_unknown_customer_with_a_good_token_becomes_one(world: World) -> None:
    key = new_key()
    customer: Customer = world.customer(key)
    assert customer.opened["verified"] is True
    assert world.conversation(customer).customer_id is not None
