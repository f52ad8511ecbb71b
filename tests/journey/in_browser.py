"""What a customer and two agents do in real browsers while every process is up."""

import time
from datetime import UTC, datetime

from playwright.sync_api import Locator, Page, expect

from app.demo.logins import AGENTS, demo_password
from app.settings import Settings
from app.web.identity import mint_identity
from tests.app.web.widget_page import Widget
from tests.support.shop import Shop

ANSWER_MS = 10_000
SEEN_MS = 2_000
UNDO_MS = 5_000
SMALL_AND_DARK = {"viewport": {"width": 320, "height": 568}, "color_scheme": "dark"}


def settings_of(shop: Shop) -> Settings:
    return Settings(home=shop.settings["home"], _env_file=None)


def open_widget(shop: Shop, page: Page, key: str) -> Widget:
    """On a page of the shop on which this customer is signed in, by keyboard."""
    address = f"{shop.url}/our-shop"
    identity = mint_identity(settings_of(shop).secret("identity_secret"), key, datetime.now(UTC))
    line = f'<script src="/widget.js" data-identity="{identity}" async></script>'
    html = f"<!doctype html><html lang='en'><title>Shop</title>{line}<h1>Tea</h1></html>"
    page.route(address, lambda route: route.fulfill(body=html, content_type="text/html"))
    page.goto(address)
    page.get_by_role("button").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    widget = Widget(page)
    expect(widget.find("#send")).to_be_enabled(timeout=ANSWER_MS)
    expect(widget.input).to_be_focused()
    return widget


def ask(widget: Widget, text: str) -> Locator:
    """Writes with the keyboard alone; the assistant's first answer to it."""
    answers = widget.find(".message.bot .text")
    before = answers.count()
    widget.page.keyboard.type(text)
    widget.page.keyboard.press("Enter")
    expect(answers.nth(before)).to_be_visible(timeout=ANSWER_MS)
    return answers.nth(before)


def accept_by_keyboard(widget: Widget) -> None:
    accept = widget.frame.get_by_role("button", name="Accept offer")
    expect(accept).to_be_visible(timeout=ANSWER_MS)
    for _ in range(12):
        if accept.evaluate("(one) => one === document.activeElement"):
            break
        widget.page.keyboard.press("Shift+Tab")
    widget.page.keyboard.press("Enter")
    expect(widget.find(".offer code")).to_contain_text("STAY-")
    widget.input.focus()


def sign_in(shop: Shop, page: Page, agent: int) -> str:
    """Leads to the queue; the agent's name."""
    email, name = AGENTS[agent]
    page.goto(f"{shop.url}/console/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(demo_password(settings_of(shop)))
    page.keyboard.press("Enter")
    page.wait_for_url(f"{shop.url}/console")
    return name


def race_for_the_claim(pages: dict[str, Page]) -> tuple[str, Page]:
    """Both press at once: the name and the page of who has the case; the other page tells that name."""
    moment = 1000 * time.time() + 500  # the same for both, before either can hear of the other
    press = "moment => setTimeout(() => document.querySelector('form.claim').requestSubmit(), moment - Date.now())"
    for page in pages.values():
        page.evaluate(press, moment)
    for page in pages.values():
        expect(page.locator("form.claim")).to_have_count(0)
    winner = next(name for name, page in pages.items() if page.locator("#reply-text").count())
    (loser,) = [page for name, page in pages.items() if name != winner]
    expect(loser.locator("#actions")).to_contain_text(winner)
    expect(loser.locator("#reply-text")).to_have_count(0)
    return winner, pages[winner]


def answer(agent: Page, text: str) -> None:
    agent.get_by_label("Your answer").fill(text)
    agent.keyboard.press("Control+Enter")


def heard(widget: Widget, text: str) -> None:
    expect(widget.find(".message.agent .text").last).to_have_text(text, timeout=UNDO_MS + ANSWER_MS)


def cut_and_return(widget: Widget, agent: Page) -> None:
    """While the customer's line is cut both sides write; nothing is lost or doubled."""
    widget.page.context.set_offline(True)
    widget.page.keyboard.type("Are you still there?")
    widget.page.keyboard.press("Enter")
    expect(widget.find(".failed")).to_be_visible()
    answer(agent, "It has left our house.")
    expect(agent.locator(".turn.held")).to_have_count(0, timeout=UNDO_MS + ANSWER_MS)
    widget.page.context.set_offline(False)
    heard(widget, "It has left our house.")
    expect(widget.find(".status")).to_have_count(0, timeout=ANSWER_MS)
    assert widget.said("agent").count("It has left our house.") == 1
    assert widget.said("customer").count("Are you still there?") == 1
    expect(agent.locator(".turn.customer .text").last).to_have_text("Are you still there?", timeout=SEEN_MS)


def resolve(agent: Page) -> None:
    agent.keyboard.press("Alt+e")
    agent.get_by_label("What became of the customer?").select_option("saved")
    agent.get_by_label("Why do you think so?").fill("a new one is on its way")
    agent.get_by_role("button", name="Resolve", exact=True).click()
    expect(agent.locator("#actions")).to_contain_text("a new one is on its way")


def the_whole_story(shop: Shop, browser_page: Page, agents: dict[str, Page], key: str, quote: str) -> None:
    """From the first question to the stars, at 320 px, in the dark, without a mouse."""
    widget = open_widget(shop, browser_page, key)
    ask(widget, "Where is my order? It is late again.")
    accept_by_keyboard(widget)
    ask(widget, quote)
    for page in agents.values():
        row = page.locator("a[href*='/console/cases/']", has_text=quote)
        expect(row).to_be_visible(timeout=SEEN_MS)
        row.click()
        expect(page.locator("form.claim")).to_be_visible()
    name, agent = race_for_the_claim(agents)
    expect(widget.find("#state")).to_have_text(f"You are talking to {name}")
    answer(agent, f"I am {name}, a new one goes out today.")
    heard(widget, f"I am {name}, a new one goes out today.")
    bot = widget.said("bot")
    browser_page.keyboard.type("Thank you")
    browser_page.keyboard.press("Enter")
    expect(agent.locator(".turn.customer .text").last).to_have_text("Thank you", timeout=SEEN_MS)
    cut_and_return(widget, agent)
    assert widget.said("bot") == bot
    resolve(agent)
    expect(widget.frame.get_by_role("group", name="How was this chat?")).to_be_visible()
    expect(widget.find("#state")).to_have_text("Automated assistant")
    assert browser_page.evaluate("document.documentElement.scrollWidth") <= 320


def chinese_question(shop: Shop, page: Page, key: str) -> None:
    widget = open_widget(shop, page, key)
    expect(widget.input).to_have_attribute("placeholder", "请输入消息")
    expect(ask(widget, "你们的退货政策是什么？")).to_contain_text("30 天")
