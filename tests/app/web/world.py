"""The web process on loopback with its database and bot, and what customers and agents do with it."""

import itertools
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

import httpx
from sqlalchemy import Engine
from sqlmodel import Session, select

from app.settings import Settings
from app.web.identity import hash_of, mint_identity, new_token
from app.web.login import hash_password
from db import tables
from db.session import read_only, unit_of_work
from desk.escalations import Cause, open_escalation
from tests.app.web.serving import FakeBot

_numbers = itertools.count(1)
PASSWORD = "correct horse battery"
PASSWORD_HASH = hash_password(PASSWORD)
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


class Clock:
    """The real time, moved by `ahead`; it can stand still, for what a slow machine must not change."""

    ahead = timedelta()
    _stands_at: datetime | None = None

    def __call__(self) -> datetime:
        return (self._stands_at or datetime.now(UTC)) + self.ahead

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        self._stands_at = datetime.now(UTC)
        try:
            yield
        finally:
            self._stands_at = None


@dataclass
class Customer:
    """A browser with a chat session."""

    http: httpx.Client
    opened: dict[str, Any]

    @property
    def token(self) -> str:
        return str(self.opened["token"])

    @property
    def conversation(self) -> str:
        return str(self.opened["conversation"])

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def post(self, text: object, client_id: str | None = None, **more: object) -> httpx.Response:
        body = {"text": text, "client_id": client_id or f"c{next(_numbers)}", **more}
        return self.http.post("/api/chat/messages", json=body, headers=self.headers)

    def transcript(self) -> list[dict[str, Any]]:
        answer = self.http.get(f"/api/chat/conversations/{self.conversation}", headers=self.headers)
        messages: list[dict[str, Any]] = answer.json()["messages"]
        return messages

    def said(self, role: str) -> list[str]:
        return [message["text"] for message in self.transcript() if message["role"] == role]

    def replies(self, count: int) -> list[dict[str, Any]]:
        """The bot's answers after the greeting, once there are at least so many."""

        def bot_messages() -> list[dict[str, Any]]:
            return [message for message in self.transcript() if message["role"] == "bot"][1:]

        eventually(lambda: len(bot_messages()) >= count)
        return bot_messages()

    @contextmanager
    def events(self, last_seen: int | None = None) -> Iterator[Iterator[tuple[str, str | None, Any]]]:
        headers = self.headers if last_seen is None else {**self.headers, "Last-Event-ID": str(last_seen)}
        with self.http.stream("GET", "/api/chat/events", headers=headers, timeout=8) as stream:
            assert stream.status_code == 200
            yield read_events(stream.iter_lines())


@dataclass
class World:
    """One app with its database; every test makes customers and agents of its own."""

    url: str
    engine: Engine
    settings: Settings
    bot: FakeBot
    clock: Clock
    http: httpx.Client = field(init=False)
    browsers: list[httpx.Client] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.http = self.browser()

    def browser(self, **headers: str) -> httpx.Client:
        """A client with cookies of its own, closed with the world."""
        made = httpx.Client(base_url=self.url, timeout=15, trust_env=False, headers=headers)
        self.browsers.append(made)
        return made

    def close(self) -> None:
        for browser in self.browsers:
            browser.close()

    def identity(self, key: str) -> str:
        return mint_identity(self.settings.secret("identity_secret"), key, self.clock())

    def open(self, **body: object) -> Customer:
        """A session from a place of its own, as the proxy in front would tell it."""
        place = {"X-Forwarded-For": str(ip_address(0x0A000000 + next(_numbers)))}
        answer = self.http.post("/api/chat/sessions", json=body, headers=place)
        assert answer.status_code == 201, answer.text
        return Customer(self.http, answer.json())

    def visitor(self) -> Customer:
        return self.open()

    def customer(self, key: str | None = None) -> Customer:
        return self.open(identity=self.identity(key or new_key()))

    def agent(self, name: str = "Mia") -> httpx.Client:
        """An agent's browser, signed in (without the login form, which counts how often it is used)."""
        token, now = new_token(), self.clock()
        email = f"agent{next(_numbers)}@shop.example"
        with unit_of_work(self.engine) as session:
            agent = tables.Agent(email=email, name=name, password_hash=PASSWORD_HASH)
            session.add(agent)
            session.flush()
            assert agent.id is not None
            ends = now + timedelta(hours=1)
            session.add(
                tables.AgentSession(
                    token_hash=hash_of(token), agent_id=agent.id, created_at=now, expires_at=ends
                )
            )
        browser = self.browser(**SAME_ORIGIN)
        browser.cookies.set("stayline_agent", token)
        return browser

    @contextmanager
    def read(self) -> Iterator[Session]:
        with read_only(self.engine) as session:
            yield session

    def conversation(self, customer: Customer) -> tables.Conversation:
        with self.read() as session:
            return session.get_one(tables.Conversation, customer.conversation)

    def escalation(self, customer: Customer) -> tables.Escalation | None:
        query = select(tables.Escalation).where(tables.Escalation.conversation_id == customer.conversation)
        with self.read() as session:
            return session.exec(query).first()

    def audits(self, subject: str) -> list[tables.Audit]:
        with self.read() as session:
            return list(session.exec(select(tables.Audit).where(tables.Audit.subject == subject)))

    def case(self, customer: Customer) -> int:
        """A case of this customer's conversation, opened because they asked for a person."""
        with unit_of_work(self.engine) as session:
            conversation = session.get_one(tables.Conversation, customer.conversation)
            escalation, _ = open_escalation(session, conversation, Cause.ASKED, self.clock())
            assert escalation.id is not None
            return escalation.id


def new_key() -> str:
    return f"customer-{next(_numbers)}"


def eventually(holds: Callable[[], object], within: float = 20.0) -> None:
    until = time.monotonic() + within
    while not holds():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.03)


def read_events(lines: Iterator[str]) -> Iterator[tuple[str, str | None, Any]]:
    """(event, id, data) of a stream; heartbeats are left out."""
    found: dict[str, str] = {}
    for line in lines:
        if line and (match := re.match(r"(event|id|data): ?(.*)", line)):
            found[match[1]] = match[2]
        elif not line and "data" in found:
            yield found.get("event", "message"), found.get("id"), json.loads(found["data"])
            found = {}
