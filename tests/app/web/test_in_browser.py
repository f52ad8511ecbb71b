"""The widget and the console in a real browser: they work under their own policy, and run nothing a customer wrote."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from db import tables
from db.session import unit_of_work
from tests.app.web.browsing import quiet_page
from tests.app.web.world import PASSWORD, PASSWORD_HASH, World

pytestmark = pytest.mark.parametrize("shared_engine", ["sqlite"], indirect=True)

ATTACK = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script> [a](javascript:alert(1))"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with quiet_page(browser) as page:
        yield page


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
    expect(frame.locator(".status")).to_contain_text("Not sent yet. That was very quick")
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
    expect(line).to_be_visible()
    line.click()
    page.get_by_role("button", name="Claim this case").click()
    page.get_by_label("Your answer").fill("half a sent")
    customer.post("more news")
    expect(page.locator(".transcript")).to_contain_text("more news")
    expect(page.get_by_label("Your answer")).to_have_value("half a sent")
    page.get_by_role("button", name="Send to customer").click()
    expect(page.locator(".turn.agent .text")).to_have_text("half a sent")
    assert "owned" not in page.title()


def test_a_rules_mails_are_shown_in_frames_and_fit_a_small_screen(world: World, page: Page) -> None:
    token = world.agent().cookies["stayline_agent"]
    page.context.add_cookies([{"name": "stayline_agent", "value": token, "url": world.url}])
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto(f"{world.url}/console")
    page.get_by_role("link", name="Follow-up rules").click()
    page.get_by_role("link", name="Win back").click()
    for language, words in (("English", "Hello Ana"), ("Chinese", "小雨")):
        mail = page.frame_locator(f'iframe[title="The mail in {language}"]')
        expect(mail.locator("body")).to_contain_text(words)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(
    "wrong",
    [
        "setTimeout(() => alert('here'))",
        "setTimeout(() => { throw new Error('here') })",
        "document.body.setAttribute('onclick', 'here()')",
        "new Image().src = 'http://localhost/here.png'",
        "new Image().src = '/static/not-here.png'",
    ],
    ids=["dialog", "error", "broken policy", "request to elsewhere", "file that is not there"],
)
def test_what_goes_wrong_on_a_page_is_noticed(world: World, browser: Browser, wrong: str) -> None:
    with pytest.raises(AssertionError, match=r"here|violation"), quiet_page(browser) as page:
        page.goto(f"{world.url}/console/login")
        page.evaluate(wrong)
        page.wait_for_timeout(300)
