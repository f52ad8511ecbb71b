"""A conversation with the action server as Rasa leads one: slots are kept, the answering action of an intent is called."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import yaml
from sqlalchemy import Engine
from sqlmodel import select

from db import tables
from db.migrate import upgrade
from db.session import make_engine, unit_of_work
from desk.conversations import add_message, open_conversation
from tests.databases import fresh_database_url
from tests.support.processes import ROOT, answers, environment, free_port, running, wait_until

SECRET = "a-secret-of-the-test-that-is-long-enough"


@dataclass
class ActionProcess:
    engine: Engine
    url: str
    home: Path

    def post(self, body: dict[str, Any]) -> httpx.Response:
        headers = {"X-Stayline-Secret": SECRET}
        return httpx.post(f"{self.url}/webhook", json=body, headers=headers, timeout=20, trust_env=False)


@dataclass
class Talk:
    """One conversation; `intent` is what the bot would have understood."""

    process: ActionProcess
    conversation_id: str
    slots: dict[str, Any] = field(default_factory=dict)
    buttons: list[dict[str, str]] = field(default_factory=list)
    events: list[tuple[str, Any]] = field(default_factory=list)

    def say(self, text: str, intent: str, **entities: str) -> str:
        """What is answered, all parts in one text; the slots and buttons are kept."""
        with unit_of_work(self.process.engine) as session:
            message = add_message(
                session, self.conversation_id, "customer", text, datetime.now(UTC), row_key=uuid4().hex
            )
        return self.answer(message.id, text, intent, entities)

    def press(self, title: str) -> str:
        """Press the button of the last answer that has this title."""
        button = next(one for one in self.buttons if one["title"].startswith(title))
        intent, _, rest = button["payload"].removeprefix("/").partition("{")
        entities = yaml.safe_load("{" + rest) if rest else {}
        with unit_of_work(self.process.engine) as session:
            message = add_message(
                session, self.conversation_id, "customer", title, datetime.now(UTC), row_key=uuid4().hex
            )
        return self.answer(message.id, button["payload"], intent, entities)

    def answer(self, message_id: int, text: str, intent: str, entities: dict[str, str]) -> str:
        if number := entities.get("order_number"):  # as the slot's mapping says
            self.slots["order_number"] = number
        response = self.process.post(self._body(message_id, text, intent, entities))
        assert response.status_code == 200, response.text
        told = response.json()
        self.events = [(event["name"], event["value"]) for event in told["events"]]
        self.slots |= dict(self.events)
        self.buttons = [button for part in told["responses"] for button in part.get("buttons") or []]
        return " | ".join(part.get("text") or part.get("response") or "" for part in told["responses"])

    @property
    def titles(self) -> list[str]:
        return [button["title"] for button in self.buttons]

    @property
    def form(self) -> dict[str, Any] | None:
        return self.slots.get("form")

    def _body(self, message_id: int, text: str, intent: str, entities: dict[str, str]) -> dict[str, Any]:
        tracker = {
            "sender_id": self.conversation_id,
            "slots": {"language": "en"} | self.slots,
            "latest_message": {
                "metadata": {"message_id": message_id},
                "text": text,
                "intent": {"name": intent},
                "entities": [{"entity": name, "value": value} for name, value in entities.items()],
            },
            "events": [],
            "paused": False,
            "followup_action": None,
            "active_loop": {},
            "latest_action_name": None,
        }
        return {
            "next_action": answering()[intent],
            "sender_id": self.conversation_id,
            "tracker": tracker,
            "domain": {"a": 1},
        }


def answering() -> dict[str, str]:
    """The action between the risk and the decision, by intent, as the bot's rules say."""
    rules = yaml.safe_load((ROOT / "bot" / "data" / "rules.yml").read_text("utf-8"))["rules"]
    return {
        step["intent"]: rule["steps"][2]["action"]
        for rule in rules
        for step in rule["steps"][0].get("or", [rule["steps"][0]])
    }


def begin_talk(process: ActionProcess, key: str | None, language: str = "en") -> Talk:
    with unit_of_work(process.engine) as session:
        who = session.exec(select(tables.Customer).where(tables.Customer.customer_key == key)).first()
        return Talk(process, open_conversation(session, who, language, datetime.now(UTC)).id)


@contextmanager
def action_process(dialect: str, home: Path) -> Iterator[ActionProcess]:
    with ExitStack() as stack:
        url = stack.enter_context(fresh_database_url(dialect, home))
        engine = make_engine(url)
        upgrade(engine)
        port = free_port()
        env = environment(home=home, database_url=url, action_secret=SECRET, actions_port=port)
        log = home / "actions.log"
        stack.enter_context(running([sys.executable, "-m", "actions.server"], log, env))
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/health"), 60, "the action server's start", log)
        yield ActionProcess(engine, f"http://127.0.0.1:{port}", home)
        engine.dispose()
