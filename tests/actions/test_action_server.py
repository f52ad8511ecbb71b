"""The action server as Rasa sees it: a real process, its exact events and responses."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine
from sqlmodel import select

from db import tables
from db.migrate import upgrade
from db.session import make_engine, unit_of_work
from desk.conversations import open_conversation, post_customer_message
from tests.databases import fresh_database_url
from tests.support.processes import answers, environment, free_port, running, wait_until

SECRET = "a-secret-of-the-test-that-is-long-enough"


@dataclass
class Server:
    engine: Engine
    url: str
    secret: str
    home: Path

    def call(
        self,
        action: str,
        message: tables.Message,
        *,
        secret: str | None = None,
        entities: dict[str, str] | None = None,
        intent: str | None = None,
    ):
        tracker = {
            "sender_id": message.conversation_id,
            "slots": {"language": "en"},
            "latest_message": {
                "metadata": {"message_id": message.id},
                "text": message.text,
                "intent": {"name": intent},
                "entities": [{"entity": name, "value": value} for name, value in (entities or {}).items()],
            },
            "events": [],
            "paused": False,
            "followup_action": None,
            "active_loop": {},
            "latest_action_name": None,
        }
        body = {
            "next_action": action,
            "sender_id": message.conversation_id,
            "tracker": tracker,
            "domain": {"a": 1},
        }
        headers = {"X-Stayline-Secret": self.secret if secret is None else secret}
        return httpx.post(f"{self.url}/webhook", json=body, headers=headers, timeout=20, trust_env=False)

    def said(self, text: str, key: str | None = "ana", language: str = "en") -> tables.Message:
        with unit_of_work(self.engine) as session:
            who = session.exec(select(tables.Customer).where(tables.Customer.customer_key == key)).first()
            conversation = open_conversation(session, who, language, datetime.now(UTC))
            return post_customer_message(session, conversation, text, "c1", datetime.now(UTC))[0]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(request, tmp_path_factory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("actions")
    with ExitStack() as stack:
        url = stack.enter_context(fresh_database_url(request.param, home))
        engine = make_engine(url)
        upgrade(engine)
        fill(engine)
        port = free_port()
        env = environment(home=home, database_url=url, action_secret=SECRET, actions_port=port)
        log = home / "actions.log"
        stack.enter_context(running([sys.executable, "-m", "actions.server"], log, env))
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/health"), 60, "the action server's start", log)
        yield Server(engine, f"http://127.0.0.1:{port}", SECRET, home)
        engine.dispose()


def fill(engine: Engine) -> None:
    now = datetime.now(UTC)
    with unit_of_work(engine) as session:
        people = [tables.Customer(customer_key=key, language="en") for key in ("ana", "bo")]
        session.add_all(people)
        session.flush()
        for who, number, status in ((0, "SL-1", "delivered"), (0, "SL-2", "delayed"), (1, "SL-9", "shipped")):
            session.add(
                tables.Order(
                    order_number=number,
                    customer_id=people[who].id,
                    placed_at=now - timedelta(days=9),
                    status=status,
                    expected_at=now + timedelta(days=2),
                    delivered_at=now if status == "delivered" else None,
                    total=20,
                    items="1 × Teapot",
                )
            )


def words(response: httpx.Response) -> str:
    assert response.status_code == 200, response.text
    return " ".join(part["text"] or "" for part in response.json()["responses"])


def test_without_the_secret_it_is_401_and_tells_nothing(server):
    refused = server.call("action_assess_risk", server.said("my secret words"), secret="wrong")
    assert (refused.status_code, refused.content) == (401, b"")
    assert httpx.get(f"{server.url}/actions", trust_env=False).status_code == 401


def test_it_listens_on_loopback_only(server):
    assert "0.0.0.0" not in (server.home / "actions.log").read_text()


def test_assessing_returns_exactly_language_and_decision(server):
    events = server.call("action_assess_risk", server.said("hello")).json()["events"]
    assert [(event["event"], event["name"], event["value"]) for event in events] == [
        ("slot", "language", "en"),
        ("slot", "decision", "nothing"),
    ]


def test_without_a_model_the_risk_is_stored_as_unknown_and_health_says_so(server):
    message = server.said("hello")
    server.call("action_assess_risk", message)
    with unit_of_work(server.engine) as session:
        stored = session.exec(select(tables.Risk).where(tables.Risk.message_id == message.id)).one()
    assert (stored.status, stored.probability) == ("unknown", None)
    health = httpx.get(f"{server.url}/health", trust_env=False).json()
    assert health["model"] is None
    assert "No churn model found" in health["cause"]


def test_the_order_most_likely_meant_is_the_one_underway(server):
    told = words(server.call("action_order_status", server.said("where is it?")))
    assert "SL-2" in told
    assert "running late" in told


def test_a_named_order_is_told_and_somebody_elses_is_not_found(server):
    assert "delivered" in words(
        server.call("action_order_status", server.said("?"), entities={"order_number": "sl-1"})
    )
    other = words(server.call("action_order_status", server.said("?"), entities={"order_number": "SL-9"}))
    assert "cannot find that order number" in other
    assert "SL-9" not in other


def test_an_anonymous_visitor_is_told_no_order(server):
    answer = server.call(
        "action_order_status", server.said("where is SL-2", key=None), entities={"order_number": "SL-2"}
    )
    assert "signed in" in words(answer)
    assert answer.json()["responses"][0]["buttons"][0]["payload"] == "/contact_human_agent"


def test_a_message_of_another_conversation_is_not_answered_from(server):
    message, other = server.said("?"), server.said("?", key="bo")
    message.conversation_id = other.conversation_id
    assert "signed in" in words(server.call("action_order_status", message))


def test_asking_for_a_person_opens_one_case(server):
    message = server.said("a human please")
    for _ in range(2):
        assert "asked a colleague" in words(server.call("action_talk_to_person", message))
    with unit_of_work(server.engine) as session:
        cases = session.exec(
            select(tables.Escalation).where(tables.Escalation.conversation_id == message.conversation_id)
        )
        assert [(case.cause, case.status) for case in cases] == [("asked", "open")]


def test_the_shops_facts_are_told_in_the_language_of_who_asks(server):
    english = server.call("action_shop_fact", server.said("returns?"), intent="check_refund_policy")
    chinese = server.call(
        "action_shop_fact", server.said("退货", key="ana", language="zh"), intent="check_refund_policy"
    )
    assert "within 30 days" in words(english)
    assert "30 天" in words(chinese)
    assert chinese.json()["responses"][0]["buttons"][0]["payload"] == "/contact_human_agent"


def test_what_the_shop_did_not_say_is_not_made_up(server):
    answer = server.call("action_shop_fact", server.said("do you sell insurance"), intent="insurance")
    assert "I don't know that" in words(answer)
    assert answer.json()["responses"][0]["buttons"][0]["payload"] == "/contact_human_agent"


def test_no_discount_is_promised_without_an_offer(server):
    assert "no discount" in words(server.call("action_present_offer", server.said("give me 50% off")))


def test_an_action_that_fails_answers_truthfully_and_shows_no_tracker(server):
    with unit_of_work(server.engine) as session:
        session.connection().exec_driver_sql("ALTER TABLE customer_order RENAME TO away")
    try:
        answer = server.call("action_order_status", server.said("very private text"))
        (apology,) = answer.json()["responses"]
        assert "Something on our side is not working" in apology["custom"]["text"]
        assert apology["custom"]["fallback"] is True  # which has the gateway ask for a person
        assert [(event["name"], event["value"]) for event in answer.json()["events"]] == [("form", None)]
        assert "very private text" not in answer.text
    finally:
        with unit_of_work(server.engine) as session:
            session.connection().exec_driver_sql("ALTER TABLE away RENAME TO customer_order")
    assert "very private text" not in (server.home / "actions.log").read_text()


def test_a_compressed_body_is_refused(server):
    headers = {"X-Stayline-Secret": SECRET, "Content-Encoding": "deflate"}
    answer = httpx.post(f"{server.url}/webhook", content=b"x" * 10, headers=headers, trust_env=False)
    assert answer.status_code == 415
