"""Answers to follow-ups, in the chat and by SMS, become feedback, and by SMS also a case for a person."""

import itertools
from datetime import timedelta

import httpx
import pytest
from sqlmodel import select

from app.settings import Settings
from app.web import create_app
from db import tables
from db.session import unit_of_work
from desk.consent import Purpose, overview
from desk.conversations import add_message
from tests.app.web.serving import running_app
from tests.app.web.world import Customer, World, new_key

TOKEN = "a token of the shop's own, 32 letters".replace(" ", "-")
numbers = itertools.count(10_000)


def events(world: World, customer_id: int) -> list[str]:
    query = select(tables.Event.kind).where(tables.Event.customer_id == customer_id)
    with world.read() as session:
        return list(session.exec(query.order_by(tables.Event.id)))


def sent(session, customer_id: int, channel: str, now) -> tables.FollowUp:
    """A follow-up that went out now."""
    row = tables.FollowUp(
        idempotency_key=f"care:{next(numbers)}", customer_id=customer_id, rule="care", channel=channel, details={},
        planned_at=now, due_at=now, not_after=now + timedelta(days=1), status="sent", sent_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def shown_in_chat(world: World, customer: Customer) -> int:
    """Writes a follow-up into the customer's chat, as the worker does; gives the customer's id."""
    with unit_of_work(world.engine) as session:
        conversation = session.get_one(tables.Conversation, customer.conversation)
        assert conversation.customer_id is not None
        row = sent(session, conversation.customer_id, "in_chat", world.clock())
        key, words = row.idempotency_key, "Did we put it right?"
        add_message(
            session, conversation.id, "bot", words, world.clock(), payload={"follow_up": True}, row_key=key
        )
        return conversation.customer_id


def test_the_first_word_after_a_follow_up_in_the_chat_is_its_reply(world: World) -> None:
    customer = world.customer()
    customer.post("hello")
    customer_id = shown_in_chat(world, customer)
    assert events(world, customer_id) == []
    customer.post("Yes, thank you")
    customer.post("all is well")
    assert events(world, customer_id) == ["replied"]


def test_stop_is_no_reply(world: World) -> None:
    customer = world.customer()
    customer_id = shown_in_chat(world, customer)
    customer.post("STOP")
    assert events(world, customer_id) == ["unsubscribed"]


@pytest.mark.parametrize(
    ("visits", "expected"),
    [((6,), ["replied"]), ((8,), []), ((2, 10), [])],
    ids=["a week is not over", "seen while the chat was open", "seen at an earlier visit"],
)
def test_after_a_week_what_is_said_is_no_reply_any_more(
    world: World, visits: tuple[int, ...], expected: list[str]
) -> None:
    key = new_key()
    customer = world.customer(key)
    customer_id = shown_in_chat(world, customer)
    for days in visits:
        world.clock.ahead = timedelta(days=days)
        customer = world.customer(key)
    customer.post("hello again")
    assert events(world, customer_id) == expected


def test_a_follow_up_first_seen_after_ten_days_can_still_be_answered(world: World) -> None:
    key = new_key()
    customer = world.customer(key)
    world.clock.ahead = timedelta(days=1)  # the first visit is over
    customer_id = shown_in_chat(world, customer)
    world.clock.ahead = timedelta(days=11)
    world.customer(key).post("Sorry, I was away")
    assert events(world, customer_id) == ["replied"]


@pytest.fixture
def sms(world: World, tmp_path):
    """Posts an SMS to an app that takes them."""
    settings = Settings(**world.settings.model_dump() | {"sms_hook_token": TOKEN}, _env_file=None)
    with (
        running_app(create_app(settings, world.engine, clock=world.clock)) as url,
        httpx.Client(base_url=url, trust_env=False) as client,
    ):
        yield lambda token=TOKEN, **asked: client.post(f"/hooks/sms/{token}", **asked)


@pytest.fixture
def ana(world: World):
    """A customer with a number written as people write it, and an SMS of ours; with the number as services send it."""
    digits = f"1512{next(numbers)}78"
    with unit_of_work(world.engine) as session:
        phone = f"(0{digits[:3]}) {digits[3:6]}-{digits[6:]}"
        who = tables.Customer(customer_key=new_key(), phone=phone, country="DE")
        session.add(who)
        session.flush()
        sent(session, who.id, "sms", world.clock())
    return who, f"+49{digits}"


@pytest.mark.parametrize("form", [False, True], ids=["json", "form"])
def test_an_sms_is_a_reply_that_a_person_sees(world: World, sms, ana, form: bool) -> None:
    who, number = ana
    fields = {"from": number, "text": "Nobody called me <b>back</b>", "id": f"SM-{number}"}
    answers = [sms(**({"data": fields} if form else {"json": fields})) for _ in range(2)]
    assert [(answer.status_code, answer.content) for answer in answers] == [(202, b"")] * 2
    assert events(world, who.id) == ["replied"]
    with world.read() as session:
        (case,) = session.exec(select(tables.Escalation).where(tables.Escalation.customer_id == who.id))
        said = session.exec(
            select(tables.Message).where(tables.Message.conversation_id == case.conversation_id)
        ).all()
    assert (case.cause, [message.text for message in said]) == ("follow_up", ["Nobody called me <b>back</b>"])
    page = world.agent().get(f"/console/cases/{case.id}").text
    assert "Nobody called me &lt;b&gt;back" in page
    assert "by SMS" in page


@pytest.mark.parametrize("words", ["STOP", "退订"])
def test_stop_by_sms_ends_follow_ups_at_once_and_needs_no_person(world: World, sms, ana, words: str) -> None:
    who, number = ana
    assert sms(json={"from": number.removeprefix("+"), "text": words}).status_code == 202
    with world.read() as session:
        given = [one.granted for one in overview(session, who.id) if one.purpose is Purpose.FOLLOW_UP]
        cases = session.exec(select(tables.Escalation).where(tables.Escalation.customer_id == who.id)).all()
    assert (given, cases, events(world, who.id)) == ([False] * 4, [], ["unsubscribed"])


def test_a_number_that_is_nobody_s_is_answered_like_any_other(world: World, sms) -> None:
    answer = sms(json={"from": "+442079460000", "text": "hello"})
    assert (answer.status_code, answer.content) == (202, b"")


@pytest.mark.parametrize(
    ("asked", "status", "sentence"),
    [
        ({"json": {"text": "hi"}}, 422, "from: expected a phone number"),
        ({"json": {"from": "+4915112345678"}}, 422, "empty"),
        ({"json": ["+49"]}, 400, "Expected a JSON object"),
        ({"content": b"\xff\xfe"}, 400, "neither JSON nor a form"),
        ({"data": {"text": "x" * 20_000}}, 413, "larger than"),
        ({"json": {"from": "+4915112345678", "text": "hi"}, "token": "guess"}, 404, "no such address"),
    ],
    ids=["no sender", "no text", "no object", "no text at all", "too large", "wrong token"],
)
def test_what_is_no_sms_is_refused_in_a_sentence(sms, asked, status: int, sentence: str) -> None:
    answer = sms(**asked)
    assert (answer.status_code, sentence in answer.json()["error"]) == (status, True)


def test_without_a_token_of_the_shop_s_own_there_is_no_such_address(world: World) -> None:
    for token in ("x", world.settings.demo_secret("sms_hook_token")):
        answer = world.http.post(f"/hooks/sms/{token}", json={"from": "+4915112345678", "text": "hi"})
        assert answer.status_code == 404
