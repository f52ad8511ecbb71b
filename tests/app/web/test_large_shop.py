"""The console of a shop with much to do: 5,000 open cases, and a conversation of 2,000 messages."""

from collections.abc import Callable
from datetime import timedelta
from time import process_time

import httpx
import pytest
from playwright.sync_api import Browser
from sqlalchemy import insert
from sqlmodel import select

from db import tables
from db.session import unit_of_work
from tests.app.web.browsing import quiet_page
from tests.app.web.test_console import REASON
from tests.app.web.world import World

CASES, MESSAGES = 5000, 2000
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


@pytest.fixture
def long_case(world: World) -> int:
    """The open cases are there; gives the one with the long conversation, each customer turn of it scored."""
    now, named = world.clock(), f"large-{world.engine.dialect.name}"
    with unit_of_work(world.engine) as session:
        keys = [f"{named}-{number}" for number in range(CASES)]
        session.execute(
            insert(tables.Customer), [{"customer_key": key, "name": key, "value": 100.0} for key in keys]
        )
        found = select(tables.Customer.id).where(tables.Customer.customer_key.in_(keys))
        customers = session.exec(found).all()
        session.execute(
            insert(tables.Conversation),
            [
                {"id": f"{named}-{who}", "customer_id": who, "language": "en", "opened_at": now}
                for who in customers
            ],
        )
        long = customers[0]
        session.execute(
            insert(tables.Message),
            [
                {"conversation_id": f"{named}-{long}", "time": now - timedelta(seconds=MESSAGES - number),
                 "role": "bot" if number % 2 else "customer", "text": f"line {number}"}
                for number in range(MESSAGES)
            ]
            + [{"conversation_id": f"{named}-{who}", "time": now, "role": "customer", "text": "Where is it?"} for who in customers],
        )  # fmt: skip
        turns = select(tables.Message.id, tables.Conversation.customer_id).where(
            tables.Message.conversation_id == tables.Conversation.id,
            tables.Message.role == "customer",
            tables.Conversation.customer_id.in_(customers),
        )
        session.execute(
            insert(tables.Risk),
            [
                {"customer_id": who, "message_id": message, "as_of": now, "status": "scored", "horizon_days": 60,
                 "probability": (message % 97) / 97, "reliability": "medium", "reliability_reason": "few texts",
                 "reasons": [REASON], "inputs": {}}
                for message, who in session.exec(turns)
            ],
        )  # fmt: skip
        scored = select(tables.Risk.customer_id, tables.Risk.id).where(tables.Risk.customer_id.in_(customers))
        newest = dict(session.exec(scored).all())
        session.execute(
            insert(tables.Escalation),
            [
                {"conversation_id": f"{named}-{who}", "customer_id": who, "risk_id": newest[who], "cause": "risk",
                 "priority": who % 89, "opened_at": now}
                for who in customers
            ],
        )  # fmt: skip
        case = select(tables.Escalation.id).where(tables.Escalation.conversation_id == f"{named}-{long}")
        return session.exec(case).one()


def work_of(ask: Callable[[], httpx.Response]) -> float:
    """The fewest seconds that the processor worked on one of three such requests after the first, whatever else the
    machine did meanwhile; with the asking client, which is in this process too.
    """
    ask()
    spent = []
    for _ in range(3):
        before = process_time()
        assert ask().status_code == 200
        spent.append(process_time() - before)
    return min(spent)


@pytest.mark.parametrize("shared_engine", ["sqlite"], indirect=True)
def test_pages_stay_fast_with_5000_open_cases_and_2000_messages(
    world: World, browser: Browser, long_case: int
) -> None:
    agent = world.agent()
    for path in ("", "?page=100", "?band=high&search=large", f"/cases/{long_case}"):
        assert work_of(lambda path=path: agent.get(f"/console{path}")) < 0.2, path
    with quiet_page(browser) as page:
        token = agent.cookies["stayline_agent"]
        page.context.add_cookies([{"name": "stayline_agent", "value": token, "url": world.url}])
        for path in ("", f"/cases/{long_case}"):
            paints = []
            for _ in range(3):
                page.goto(f"{world.url}/console{path}")
                page.wait_for_function(f"() => {FIRST_PAINT}")
                paints.append(page.evaluate(FIRST_PAINT))
            assert min(paints) < 1000, path
