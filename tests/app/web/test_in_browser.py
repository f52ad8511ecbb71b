"""The widget and the console in a real browser: they work under their own policy, and run nothing a customer wrote."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from db import tables
from db.session import unit_of_work
from tests.app.web.world import PASSWORD, PASSWORD_HASH, World

pytestmark = pytest.mark.parametrize("shared_engine", ["sqlite"], indirect=True)

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
]
ATTACK = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script> [a](javascript:alert(1))"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*QUIET, "--disable-component-update"]
        )
        yield browser
        browser.close()


def is_complaint(message: ConsoleMessage) -> bool:
    """An error that is not just an answer with an error status, which the browser notes as well."""
    return message.type == "error" and not message.text.startswith("Failed to load resource")


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page whose script errors and policy violations fail the test."""
    with browser.new_context(locale="en-US") as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if is_complaint(message) else None)
        yield page
        assert complaints == []


def test_customer_chats_by_keyboard_and_nothing_written_runs(world: World, page: Page) -> None:
    world.bot.answer = [{"text": ATTACK, "buttons": [{"title": ATTACK, "payload": "/affirm"}]}]
    page.goto(world.url)
    page.get_by_role("button", name="Open chat").press("Enter")
    frame = page.frame_locator("iframe")
    expect(frame.locator("#input")).to_be_focused()
    expect(frame.get_by_role("button", name="Talk to a person").first).to_be_visible()
    page.keyboard.type(ATTACK)
    page.keyboard.press("Enter")
    expect(frame.locator(".message.bot .text").last).to_have_text(ATTACK)
    expect(frame.locator(".message.customer .text")).to_have_text(ATTACK)
    assert frame.locator("#messages img, #messages script, #messages a").count() == 0
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Open chat")).to_be_focused()
    assert "owned" not in page.title()


def test_message_that_could_not_be_sent_says_so_and_is_sent_once_on_retry(world: World, page: Page) -> None:
    page.goto(world.url)
    page.get_by_role("button", name="Open chat").click()
    frame = page.frame_locator("iframe")
    expect(frame.locator("#input")).to_be_focused()
    refused = {"status": 429, "json": {"error": "Please wait a moment."}}
    page.route("**/api/chat/messages", lambda route: route.fulfill(**refused), times=1)
    frame.locator("#input").fill("hello?")
    frame.locator("#input").press("Enter")
    expect(frame.locator(".status")).to_contain_text("Not sent. Please wait a moment.")
    frame.get_by_role("button", name="Try again").click()
    expect(frame.locator(".message.bot .text").last).to_have_text("You said: hello?")
    expect(frame.locator(".message.customer")).to_have_count(1)


def test_agent_sees_a_new_case_without_reload_and_the_draft_survives_news(world: World, page: Page) -> None:
    with unit_of_work(world.engine) as session:
        session.add(tables.Agent(email="mia@shop.example", name="Mia", password_hash=PASSWORD_HASH))
    page.goto(f"{world.url}/console")
    page.get_by_label("E-mail").fill("mia@shop.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    customer = world.visitor()
    customer.post(ATTACK)
    case = world.case(customer)
    line = page.locator(f'a[href="/console/cases/{case}"]')
    expect(line).to_be_visible(timeout=2500)
    line.click()
    page.get_by_role("button", name="Claim this case").click()
    page.get_by_label("Your answer").fill("half a sent")
    customer.post("more news")
    expect(page.locator(".transcript")).to_contain_text("more news", timeout=2500)
    expect(page.get_by_label("Your answer")).to_have_value("half a sent")
    page.get_by_role("button", name="Send to customer").click()
    expect(page.locator(".turn.agent .text")).to_have_text("half a sent")
    assert "owned" not in page.title()
