"""Stars after the chat over HTTP, and the chat as a file: each for the session's own conversation alone."""

from typing import Any

import pytest

from db import tables
from db.session import unit_of_work
from desk.conversations import add_message
from tests.app.web.world import Customer, World, eventually


def rate(customer: Customer, **body: Any) -> int:
    return customer.http.post("/api/chat/satisfaction", json=body, headers=customer.headers).status_code


def asked(customer: Customer) -> bool:
    with customer.events() as events:
        return next(bool(event[2]["rate"]) for event in events if event[0] == "cards")


def test_resolved_case_asks_once_in_the_open_stream(world: World) -> None:
    customer, agent = world.customer(), world.agent()
    case = world.case(customer)
    assert not asked(customer)
    with customer.events() as events:
        agent.post(f"/console/cases/{case}/claim")
        agent.post(f"/console/cases/{case}/resolve", data={"verdict": "saved", "reason": "all well"})
        assert any(event[0] == "cards" and event[2]["rate"] for event in events)
        assert rate(customer, stars=5, words=" quick ") == 201
        assert any(event[0] == "cards" and not event[2]["rate"] for event in events)
    assert rate(customer, stars=1) == 409
    with world.read() as session:
        kept = session.get_one(tables.Satisfaction, customer.conversation)
        assert (kept.stars, kept.words) == (5, "quick")


def test_goodbye_of_a_visitor_asks_too(world: World) -> None:
    visitor = world.visitor()
    visitor.post("Thanks, bye!")
    visitor.replies(1)
    eventually(lambda: asked(visitor))
    assert rate(visitor, stars=3) == 201
    assert not asked(visitor)


@pytest.mark.parametrize(
    "body",
    [{}, {"stars": 0}, {"stars": 6}, {"stars": True}, {"stars": "5"}, {"stars": 5, "words": "x" * 1001}],
)
def test_what_is_no_rating_is_refused_and_nothing_is_kept(world: World, body: dict[str, Any]) -> None:
    customer = world.customer()
    assert rate(customer, **body) == 422
    with world.read() as session:
        assert session.get(tables.Satisfaction, customer.conversation) is None


def download(customer: Customer) -> str:
    answer = customer.http.get("/api/chat/transcript", headers=customer.headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    return answer.text


def test_chat_as_a_file_holds_all_that_was_said_by_whom(world: World) -> None:
    customer, other = world.customer(), world.customer()
    other.post("not for your eyes")
    customer.post("<b>hello</b>")
    customer.replies(1)
    with unit_of_work(world.engine) as session:
        card = {"offer": {"id": 1, "title": "10 % off"}}
        add_message(session, customer.conversation, "agent", "I am Mia.", world.clock(), author="Mia")
        add_message(session, customer.conversation, "bot", "For you:", world.clock(), payload=card)
    text = download(customer)
    said = ["Your chat with", "  You\n<b>hello</b>", "  Mia\nI am Mia.", "For you:\n10 % off"]
    assert [part for part in said if part not in text] == []
    assert [text.index(part) for part in said] == sorted(text.index(part) for part in said)
    assert "not for your eyes" not in text


def test_chat_as_a_file_speaks_the_chats_language(world: World) -> None:
    assert "自动客服助手" in download(world.open(language="zh"))


def test_nobody_else_gets_the_file(world: World) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        assert world.http.get("/api/chat/transcript", headers=headers).status_code == 401
