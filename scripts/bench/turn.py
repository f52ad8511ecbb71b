"""A chat turn as a customer waits for it, through the gateway with every process up: from the post to the bot's first
word by SSE. Alone in one conversation, and in twenty conversations at once.
"""

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx

from app.web.identity import mint_identity
from scripts.bench.figures import Figure, Report, p50, p95
from scripts.bench.shop import Shop, customers, running_shop

TURNS, WARM, AT_ONCE, ROUNDS = 45, 5, 20, 5
GOAL_P50, GOAL_P95, GOAL_AT_ONCE = 80.0, 160.0, 1500.0  # ms
PATIENCE_SECONDS = 20
SAID = (
    "Where is my order?",
    "what is your return policy",
    "thanks, that helps",
    "我的包裹到哪了",
    "hello again",
)


@dataclass
class Browser:
    """One customer's chat. `said_by_bot` is set whenever the bot says something."""

    http: httpx.AsyncClient
    newest: int = 0
    said_by_bot: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    async def open(cls, shop: Shop, key: str) -> "Browser":
        identity = mint_identity(shop.settings.secret("identity_secret"), key, datetime.now(UTC))
        http = httpx.AsyncClient(base_url=shop.url, timeout=PATIENCE_SECONDS, trust_env=False)
        opened = (
            (await http.post("/api/chat/sessions", json={"identity": identity})).raise_for_status().json()
        )
        http.headers["Authorization"] = f"Bearer {opened['token']}"
        return cls(http, max(message["id"] for message in opened["messages"]))

    async def listen(self) -> None:
        patient = httpx.Timeout(PATIENCE_SECONDS, read=None)
        async with self.http.stream(
            "GET", f"/api/chat/events?after={self.newest}", timeout=patient
        ) as stream:
            async for line in stream.aiter_lines():
                if line.startswith("data:"):
                    self._heard(json.loads(line.removeprefix("data:")))

    def _heard(self, event: dict[str, Any]) -> None:
        if event.get("role") == "bot":
            self.said_by_bot.set()

    async def turn(self, text: str) -> float:
        """Milliseconds until the bot's first word. Who has said too much in a minute waits, and that does not count."""
        await asyncio.sleep(0.3)  # what else the bot had to say of the last turn
        self.said_by_bot.clear()
        while True:
            began = time.perf_counter()
            posted = await self.http.post("/api/chat/messages", json={"text": text, "client_id": uuid4().hex})
            if posted.status_code != httpx.codes.TOO_MANY_REQUESTS:
                break
            await asyncio.sleep(int(posted.headers["Retry-After"]))
        posted.raise_for_status()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.said_by_bot.wait()
        return 1000 * (time.perf_counter() - began)


def _said(number: int) -> str:
    """Words that nobody said before, as customers' are: a text that was met already is not encoded again."""
    return f"{SAID[number % len(SAID)]} {number}"


def measure(report: Report) -> Iterator[Figure]:
    with running_shop(report) as shop:
        before = shop.cpu_seconds()
        alone = asyncio.run(_alone(shop, report))
        used = {name: seconds - before.get(name, 0) for name, seconds in shop.cpu_seconds().items()}
        yield Figure("one conversation, p50", p50(alone[WARM:]), "ms", at_most=GOAL_P50)
        yield Figure("one conversation, p95", p95(alone[WARM:]), "ms", at_most=GOAL_P95)
        for name in ("web", "bot", "actions", "worker"):
            yield Figure(f"  {name}", 1000 * used.get(name, 0) / len(alone), "ms CPU a turn")
        together, errors = asyncio.run(_together(shop, report))
        fallbacks = _fallbacks(shop)
    yield Figure(f"{AT_ONCE} conversations at once, p95", p95(together), "ms", at_most=GOAL_AT_ONCE)
    yield Figure(f"{AT_ONCE} conversations at once, errors", errors + fallbacks, "", at_most=0)


async def _alone(shop: Shop, report: Report) -> list[float]:
    browser = await Browser.open(shop, customers(shop.engine, 1)[0])
    listening = asyncio.create_task(browser.listen())
    taken = []
    for number in range(WARM + TURNS):
        report("one conversation", number, WARM + TURNS)
        taken.append(await browser.turn(_said(number)))
    listening.cancel()
    await browser.http.aclose()
    return taken


async def _together(shop: Shop, report: Report) -> tuple[list[float], int]:
    """Milliseconds of the turns that came to an end, and how many did not."""
    keys = customers(shop.engine, AT_ONCE + 1)[1:]
    browsers = [await Browser.open(shop, key) for key in keys]
    listening = [asyncio.create_task(browser.listen()) for browser in browsers]
    outcomes: list[float | BaseException] = []
    for number in range(ROUNDS):
        report(f"{AT_ONCE} at once", number, ROUNDS)
        outcomes += await asyncio.gather(
            *(browser.turn(f"{_said(number)} {place}") for place, browser in enumerate(browsers)),
            return_exceptions=True,
        )
    for each in listening:
        each.cancel()
    taken = [each for each in outcomes if isinstance(each, float)]
    return taken or [float("inf")], len(outcomes) - len(taken)


def _fallbacks(shop: Shop) -> float:
    """How often the gateway answered for the bot."""
    text = httpx.get(f"{shop.url}/metrics", trust_env=False).raise_for_status().text
    counts = [
        line.rsplit(" ", 1)[1] for line in text.splitlines() if line.startswith("stayline_fallbacks_total{")
    ]
    return sum(map(float, counts))
