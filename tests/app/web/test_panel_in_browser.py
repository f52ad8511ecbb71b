"""The panel and the overview in a real browser: drawn under their own policy, without an axe violation, at any width."""

import re
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from app.web.identity import hash_of
from db import tables
from db.session import unit_of_work
from tests.app.web.browsing import quiet_page
from tests.app.web.test_console import REASON, risky_case
from tests.app.web.test_panel import free_customer
from tests.app.web.world import Customer, World
from tests.support.axe import violations

pytestmark = pytest.mark.parametrize("shared_engine", ["sqlite"], indirect=True)

SAID = "I am done waiting <img src=x onerror=alert(1)>."
LOOKS = {
    "light": {"viewport": {"width": 1280, "height": 900}, "locale": "en-GB"},
    "dark and Chinese": {
        "viewport": {"width": 1280, "height": 900},
        "color_scheme": "dark",
        "locale": "zh-CN",
    },
    "narrow": {"viewport": {"width": 320, "height": 800}, "locale": "en-GB"},
}


@pytest.fixture(params=LOOKS.values(), ids=LOOKS.keys())
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    with quiet_page(browser, **request.param) as page:
        yield page


def sign_in(world: World, page: Page, role: str = "agent", name: str = "Mia") -> httpx.Client:
    agent = world.agent(name)
    token = agent.cookies["stayline_agent"]
    with unit_of_work(world.engine) as session:
        found = session.get_one(tables.AgentSession, hash_of(token))
        session.get_one(tables.Agent, found.agent_id).role = role
    page.context.add_cookies([{"name": "stayline_agent", "value": token, "url": world.url}])
    return agent


def case_with_a_past(world: World, customer: Customer) -> int:
    """Two scored turns, the second quoted, and what the customer did before."""
    risky_case(world, customer, "Where is my parcel?", probability=0.5)
    case = risky_case(world, customer, SAID)
    with unit_of_work(world.engine) as session:
        escalation = session.get_one(tables.Escalation, case)
        quoted = {
            **REASON,
            "kind": "text",
            "factor": "words",
            "contribution": 0.6,
            "quote": SAID,
            "source": "chat",
        }
        risk = session.get_one(tables.Risk, escalation.risk_id)
        risk.reasons = [REASON, quoted, REASON | {"contribution": -0.4}]
        for days, kind, value in (
            (3, "visit", None),
            (20, "order", 30.0),
            (41, "order", 20.0),
            (9, "rating", 2.0),
        ):
            when = world.clock() - timedelta(days=days)
            event = tables.Event(
                customer_id=escalation.customer_id, time=when, kind=kind, value=value, row_key=f"b{days}"
            )
            session.add(event)
    return case


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_panel_draws_the_past_and_leads_from_a_reason_to_its_sentence(world: World, page: Page) -> None:
    case = case_with_a_past(world, free_customer(world))
    agent = sign_in(world, page)
    agent.post(f"/console/cases/{case}/claim")
    page.goto(f"{world.url}/console/cases/{case}")
    expect(page.locator("#past canvas")).to_be_visible()
    expect(page.locator("#risk .curve circle")).to_have_count(2)
    page.locator("#reasons a").click()
    expect(page).to_have_url(re.compile(r"#m\d+$"))
    said = page.locator(
        f"#{page.url.rpartition('#')[2]}"
    )  # not :target, which a list that updates itself loses
    expect(said.locator("mark")).to_have_text(SAID)
    expect(said).to_be_in_viewport()
    page.locator("#past summary").click()
    expect(page.locator("#weeks tbody tr")).to_have_count(26)
    for summary in page.locator("#act summary").all():
        summary.click()
    assert violations(page) == []
    assert fits(page)


def test_an_agent_gives_an_offer_and_the_panel_shows_it(world: World, page: Page) -> None:
    customer = free_customer(world)
    case = case_with_a_past(world, customer)
    agent = sign_in(world, page)
    agent.post(f"/console/cases/{case}/claim")
    page.goto(f"{world.url}/console/cases/{case}")
    page.locator("#act input[name=days]").fill("5")
    page.locator("#act form[action*='/offer'] button").first.click()
    expect(page.locator("#offers li")).to_have_count(1)
    expect(page.locator("#act form[action*='/offer']")).to_have_count(0)
    assert customer.transcript()[-1]["payload"]["offer"]["percent"] == 15
    assert violations(page) == []


def test_a_contest_is_written_down_and_shown_while_a_draft_in_the_panel_survives_news(
    world: World, page: Page
) -> None:
    customer = free_customer(world)
    case = case_with_a_past(world, customer)
    agent = sign_in(world, page)
    agent.post(f"/console/cases/{case}/claim")
    page.goto(f"{world.url}/console/cases/{case}")
    form = page.locator("#act form[action*='/contest']")
    page.locator("#act details", has=page.locator("form[action*='/contest']")).locator("summary").click()
    form.locator("textarea").fill("I only moved")
    customer.post("more news")
    expect(page.locator(".transcript")).to_contain_text("more news")
    expect(form.locator("textarea")).to_have_value("I only moved")
    form.locator("button").click()
    expect(page.locator("#risk .notice")).to_be_visible()
    expect(page.locator("#act .contest")).to_contain_text("I only moved")
    assert violations(page) == []


@pytest.mark.parametrize("path", ["/console/overview?days=90", "/console/models"])
def test_the_leads_pages_have_no_violation_and_fit(world: World, page: Page, path: str) -> None:
    case_with_a_past(world, free_customer(world))
    sign_in(world, page, "lead")
    page.goto(world.url + path)
    expect(page.locator("h1")).to_be_visible()
    for summary in page.locator("main summary").all():
        summary.click()
    assert violations(page) == []
    assert fits(page)
