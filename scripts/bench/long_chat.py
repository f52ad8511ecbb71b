"""What a late turn of a long chat costs beside an early one: the real bot and action server, a scored demo customer.

Each turn is a stored message that the bot is asked about, as the gateway does it, without the gateway's rate limit. The
turns that are compared take turns themselves, so that whatever else the machine does weighs on both alike.
"""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

import httpx
from sqlalchemy import Engine
from sqlmodel import select

from app.web.bot import Bot
from db import tables
from db.session import unit_of_work
from desk.conversations import add_message, open_conversation
from scripts.bench.figures import Figure, Report, p50
from scripts.bench.shop import Shop, running_shop

BEFORE_EARLY, BEFORE_LATE, COMPARED, GOAL = 5, 295, 20, 1.5
SAID = (
    "Where is my order?",
    "what is your return policy",
    "hello again",
    "thanks, that helps",
    "我的包裹到哪了",
)
PATIENCE_SECONDS = 30


@dataclass
class Chat:
    """One conversation with the bot, and the seconds that each of its turns took."""

    bot: Bot
    engine: Engine
    conversation_id: str
    seconds: list[float] = field(default_factory=list)

    @classmethod
    def begin(cls, bot: Bot, engine: Engine) -> "Chat":
        maya = select(tables.Customer).where(tables.Customer.customer_key == "demo-maya")
        with unit_of_work(engine) as session:
            conversation = open_conversation(session, session.exec(maya).one(), "en", datetime.now(UTC))
            return cls(bot, engine, conversation.id)

    async def turn(self) -> float:
        said = SAID[len(self.seconds) % len(SAID)]
        message_id = self._store("customer", said)
        started = time.perf_counter()
        replies = await self.bot.ask(self.conversation_id, message_id, said, PATIENCE_SECONDS)
        self.seconds.append(time.perf_counter() - started)
        for reply in replies:
            self._store("bot", reply.text)
        return self.seconds[-1]

    def _store(self, role: str, text: str) -> int:
        now = datetime.now(UTC)
        with unit_of_work(self.engine) as session:
            return add_message(session, self.conversation_id, role, text, now, row_key=uuid4().hex).id


def measure(report: Report) -> Iterator[Figure]:
    with running_shop(report) as shop:
        early, late = map(p50, asyncio.run(_compare(shop, report)))
    yield Figure(f"a turn in turns {BEFORE_EARLY + 1} to {BEFORE_EARLY + COMPARED}", early * 1000, "ms")
    yield Figure(f"a turn in turns {BEFORE_LATE + 1} to {BEFORE_LATE + COMPARED}", late * 1000, "ms")
    yield Figure("the late turn, to the early one", late / early, "times", at_most=GOAL)


async def _compare(shop: Shop, report: Report) -> tuple[list[float], list[float]]:
    """Seconds of early turns, and of late ones."""
    settings = shop.settings
    async with httpx.AsyncClient(timeout=PATIENCE_SECONDS, trust_env=False) as client:
        url = f"http://127.0.0.1:{settings.bot_port}/webhooks/rest/webhook"
        bot = Bot(client, url, settings.secret("bot_secret"))
        long, short = Chat.begin(bot, shop.engine), Chat.begin(bot, shop.engine)
        for chat, turns in ((long, BEFORE_LATE), (short, BEFORE_EARLY)):
            for number in range(turns):
                report("long chat", number, turns)
                await chat.turn()
        pairs = [(await short.turn(), await long.turn()) for _ in range(COMPARED)]
    return [early for early, _ in pairs], [late for _, late in pairs]
