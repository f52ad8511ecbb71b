"""A conversation is in the customer's language: as chosen in the widget, else as they write, without flickering."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.app.web.browsing import quiet_page
from tests.app.web.world import Customer, World


def after(world: World, customer: Customer, *texts: str) -> str | None:
    for text in texts:
        assert customer.post(text).status_code == 202
    return world.conversation(customer).language


@pytest.mark.parametrize(
    ("opened", "texts", "spoken"),
    [
        ("en", ["我的订单在哪里"], "zh"),
        ("zh", ["where is my order?"], "en"),
        ("en", ["ok", "👍", "我的订单在哪里"], "zh"),
        ("zh", ["hello there", "我的订单在哪里"], "en"),
        ("zh", ["hello there", "我的订单在哪里", "什么时候到"], "zh"),
        ("en", ["我的订单在哪里", "什么时候到", "where is it?"], "zh"),
        ("en", ["我的订单在哪里", "什么时候到", "where is it?", "it is late"], "en"),
        ("en", ["我的订单在哪里", "什么时候到", "where is it?", "ok 👍", "it is late"], "en"),
        ("en", ["我的订单在哪里", "where is it?", "SL-104233", "什么时候到", "it is late"], "zh"),
        ("zh", ["我的订单在哪里", "/restart", " /order_status now please"], "zh"),
    ],
    ids=[
        "first Chinese message decides",
        "first English message decides",
        "what tells nothing is passed over",
        "one message changes nothing",
        "two in a row change it",
        "one changes nothing back",
        "two in a row change it back",
        "nothing told between two breaks no row",
        "another language between two breaks the row",
        "typed commands are no language",
    ],
)
def test_two_messages_in_a_row_change_the_language(
    world: World, opened: str, texts: list[str], spoken: str
) -> None:
    assert after(world, world.open(language=opened), *texts) == spoken


def test_a_pressed_button_tells_nothing_of_the_customers_language(world: World) -> None:
    customer = world.open(language="zh")
    after(world, customer, "我的订单在哪里", "where is it?")
    customer.post("pressed", payload="/contact_human_agent")
    assert after(world, customer, "it is late") == "en"


def choose(customer: Customer, language: object) -> int:
    answer = customer.http.post("/api/chat/language", json={"language": language}, headers=customer.headers)
    return answer.status_code


def test_choice_wins_over_what_is_written_while_messages_carry_it(world: World) -> None:
    customer = world.open(language="en")
    assert choose(customer, "zh") == 200
    assert world.conversation(customer).language == "zh"
    for text in ("hello there", "where is my order?", "it is late"):
        customer.post(text, language="zh")
    assert world.conversation(customer).language == "zh"


@pytest.mark.parametrize("wrong", ["fr", 5, ["en"], "ZH"])
def test_a_language_we_do_not_speak_is_refused_with_those_we_do(world: World, wrong: object) -> None:
    customer = world.open(language="en")
    assert choose(customer, wrong) == 422
    answer = customer.post("hello", language=wrong)
    assert answer.status_code == 422
    assert "language: expected" in answer.json()["error"]
    assert customer.said("customer") == []


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with quiet_page(browser, viewport={"width": 320, "height": 640}) as page:
        yield page


@pytest.mark.parametrize("shared_engine", ["sqlite"], indirect=True)
def test_switch_in_the_widget_counts_at_once_and_after_a_reload(world: World, page: Page) -> None:
    page.goto(world.url)
    page.get_by_role("button", name="Open chat").click()
    frame = page.frame_locator("iframe")
    switch = frame.locator("#language")
    expect(switch).to_have_text("中文")
    expect(switch).to_be_enabled()
    switch.press("Enter")
    expect(switch).to_have_text("English")
    expect(switch).to_be_focused()
    expect(frame.locator("#input")).to_have_attribute("placeholder", "请输入消息")
    world.bot.status = 500
    for text in ("hello there", "where is my order?"):
        frame.locator("#input").fill(text)
        frame.locator("#input").press("Enter")
    expect(frame.locator(".message.bot .text").last).to_contain_text("暂时无法使用")
    page.reload()
    page.get_by_role("button", name="Open chat").click()
    expect(switch).to_have_text("English")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
