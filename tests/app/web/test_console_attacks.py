"""Whatever a customer is called, writes, buys or says when asked, and whatever an agent is called: no page of the console
runs it.
"""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from db import tables
from db.session import unit_of_work
from desk.conversations import add_message
from tests.app.web.attacks import ATTACKS
from tests.app.web.browsing import quiet_page
from tests.app.web.test_console import REASON, risky_case
from tests.app.web.test_panel import free_customer
from tests.app.web.test_panel_in_browser import sign_in
from tests.app.web.world import Customer, World

pytestmark = pytest.mark.parametrize("shared_engine", ["sqlite"], indirect=True)

SMUGGLED = (
    "main img:not(.mark), main :is(script, iframe, style, math), a[href^='javascript'], meta[http-equiv]"
)


def case_of_attacks(world: World, customer: Customer) -> int:
    """Every attack as a message of each role, as the quote and the value of a reason, and in all that is told beside it."""
    for attack in ATTACKS[:3]:
        case = risky_case(world, customer, attack)
    now = world.clock()
    with unit_of_work(world.engine) as session:
        for attack in ATTACKS:
            for role in ("customer", "bot", "agent", "note"):
                add_message(session, customer.conversation, role, attack, now, author=attack)
        escalation = session.get_one(tables.Escalation, case)
        who = session.get_one(tables.Customer, escalation.customer_id)
        who.name = who.country = who.time_zone = who.email_refused = ATTACKS[1]
        risk = session.get_one(tables.Risk, escalation.risk_id)
        quoted = REASON | {"kind": "text", "factor": "words", "source": "chat"}
        risk.reasons = [REASON, *(quoted | {"quote": attack} for attack in ATTACKS)]
        risk.reliability_reason = ATTACKS[1]
        session.add(
            tables.Order(
                order_number=f"SL-{case}<b onclick=x>",
                customer_id=who.id,
                placed_at=now,
                status="shipped",
                total=5,
                items=ATTACKS[1],
            )
        )
        session.add(
            tables.Satisfaction(
                conversation_id=customer.conversation,
                customer_id=who.id,
                stars=1,
                words=ATTACKS[1],
                time=now,
            )
        )
        session.add(
            tables.FollowUp(
                idempotency_key=f"attack:{case}",
                customer_id=who.id,
                rule="win_back",
                channel="email",
                details={"reason": ATTACKS[1]},
                planned_at=now,
                due_at=now,
                not_after=now + timedelta(days=1),
                status="cancelled",
                status_reason=ATTACKS[1],
            )
        )
    return case


@pytest.fixture
def page(browser: Browser):  # the fixture
    with quiet_page(browser, viewport={"width": 1280, "height": 900}) as page:
        yield page


def test_nothing_that_anybody_is_called_or_says_runs_in_the_console(world: World, page: Page) -> None:
    customer = free_customer(world)
    case = case_of_attacks(world, customer)
    agent = sign_in(world, page, "lead", name=ATTACKS[1])
    agent.post(f"/console/cases/{case}/claim")
    with world.read() as session:
        escalation = session.get_one(tables.Escalation, case)
        key = session.get_one(tables.Customer, escalation.customer_id).customer_key
    at = f"{world.url}/console"
    for path in (
        "",
        f"?search={ATTACKS[1]}",
        f"/cases/{case}",
        f"/customers/{key}/why",
        "/overview?days=90",
        "/models",
        "/rules",
        "/cases/<img src=x onerror=alert(1)>",
    ):
        page.goto(at + path)
        expect(page.locator("h1").first).to_be_attached()
        assert page.locator(SMUGGLED).count() == 0, path
    page.goto(f"{at}/cases/{case}")
    shown = [text.replace("\n", "") for text in page.locator(".turn .text").all_text_contents()]
    assert set(ATTACKS) <= set(shown)
    customer.post(ATTACKS[2])  # by the stream, into the open page
    expect(page.locator(".turn.customer .text").last).to_have_text(ATTACKS[2])
    page.get_by_label("Your answer").press_sequentially("/hel")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your answer")).to_have_value(f"Hello {ATTACKS[1]}, this is {ATTACKS[1]}. I have read what you wrote and I am looking into it now.")  # fmt: skip
    page.keyboard.press("Control+Enter")
    expect(page.locator(".turn.agent .text").last).to_contain_text("Hello <img")
    assert page.title() != "owned"
