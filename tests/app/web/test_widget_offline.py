"""A network that fails loses and doubles nothing: drafts, messages on their way, and what was missed."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from db.session import unit_of_work
from desk.conversations import add_message
from tests.app.web.browsing import quiet_page
from tests.app.web.widget_page import Widget, show_shop
from tests.app.web.world import World, new_key
from tests.support.proxy import Proxy, proxy

pytestmark = pytest.mark.parametrize("shared_engine", ["sqlite"], indirect=True)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:  # the fixture
    with quiet_page(browser) as page:
        yield page


@pytest.fixture
def line(world: World) -> Iterator[Proxy]:
    """A line to the web process that can be cut."""
    with proxy(urlsplit(world.url).port or 0) as between:
        yield between


def conversation_of(world: World, page: Page) -> str:
    frame = next(frame for frame in page.frames if frame.url.endswith("/widget"))
    token = frame.evaluate("JSON.parse(sessionStorage.getItem('stayline-session')).token")
    answer = world.http.post("/api/chat/sessions", json={}, headers={"Authorization": f"Bearer {token}"})
    return str(answer.json()["conversation"])


def agent_says(world: World, conversation: str, text: str) -> None:
    with unit_of_work(world.engine) as session:
        add_message(session, conversation, "agent", text, world.clock(), author="Mia")


def test_draft_survives_a_reload_and_is_forgotten_once_sent(world: World, page: Page) -> None:
    widget = Widget(page).open(world.url)
    widget.input.press_sequentially("half a sent")
    page.reload()
    widget.press_launcher()
    expect(widget.input).to_have_value("half a sent")
    widget.input.press_sequentially("ence")
    widget.input.press("Enter")
    expect(widget.find(".message.bot .text").last).to_have_text("You said: half a sentence")
    page.reload()
    widget.press_launcher()
    expect(widget.input).to_have_value("")


def test_draft_of_one_conversation_is_not_shown_in_another(world: World, page: Page) -> None:
    widget = Widget(page).open(world.url)
    widget.input.press_sequentially("my secret")
    page.frames[-1].evaluate("sessionStorage.removeItem('stayline-session')")
    page.reload()
    widget.press_launcher()
    expect(widget.input).to_have_value("")


def test_messages_written_offline_are_sent_once_each_in_order_when_the_line_is_back(
    world: World, page: Page
) -> None:
    widget = Widget(page).open(world.url)
    widget.say("before")
    expect(widget.find(".message.bot .text").last).to_have_text("You said: before")
    page.context.set_offline(True)
    for text in ("one", "two", "three"):
        widget.say(text)
    widget.input.press_sequentially("still writing")
    expect(widget.find(".status").first).to_contain_text(
        "Not sent yet. There is no connection. It is kept here"
    )
    expect(widget.find("#notice")).to_contain_text("reconnecting")
    page.context.set_offline(False)
    expect(widget.find(".message.bot .text").last).to_have_text("You said: three")
    expect(widget.find(".status")).to_have_count(0)
    expect(widget.find("#notice")).to_be_hidden()
    assert widget.said("customer") == ["before", "one", "two", "three"]
    expect(widget.input).to_have_value("still writing")
    assert world.bot.heard(conversation_of(world, page)) == ["before", "one", "two", "three"]


def test_line_that_is_cut_for_half_a_minute_loses_and_doubles_nothing(
    world: World, page: Page, line: Proxy
) -> None:
    widget = Widget(page).open(f"http://127.0.0.1:{line.port}")
    widget.say("before")
    expect(widget.find(".message.bot .text").last).to_have_text("You said: before")
    conversation = conversation_of(world, page)
    line.cutting = True
    line.cut()
    widget.say("while it was cut")
    agent_says(world, conversation, "Are you there?")
    expect(widget.find(".status")).to_contain_text("Not sent yet")
    expect(widget.find("#notice")).to_contain_text("reconnecting")
    page.wait_for_timeout(30_000)
    line.cutting = False
    expect(widget.find(".message.agent .text")).to_have_text("Are you there?")
    expect(widget.find(".message.bot .text").last).to_have_text("You said: while it was cut")
    expect(widget.find("#notice")).to_be_hidden()
    texts = ["before", "You said: before", "Are you there?", "while it was cut", "You said: while it was cut"]
    assert widget.said()[1:] == texts
    assert world.bot.heard(conversation) == ["before", "while it was cut"]


def test_line_that_only_seems_open_is_given_up_and_what_came_meanwhile_is_fetched(
    world: World, page: Page, line: Proxy
) -> None:
    widget = Widget(page).open(f"http://127.0.0.1:{line.port}")
    conversation = conversation_of(world, page)
    line.silent = True
    agent_says(world, conversation, "Are you there?")
    widget.say("hello?")
    expect(widget.find(".status")).to_contain_text("Not sent yet", timeout=20_000)
    line.silent = False
    expect(widget.find(".message.agent .text")).to_have_text("Are you there?", timeout=40_000)
    expect(widget.find(".message.bot .text").last).to_have_text("You said: hello?")
    assert world.bot.heard(conversation) == ["hello?"]
    assert widget.said("customer") == ["hello?"]


def test_answer_that_is_lost_on_the_way_doubles_nothing(world: World, page: Page) -> None:
    widget = Widget(page).open(world.url)

    def reach_the_server_and_lose_the_answer(route) -> None:
        route.fetch()
        route.abort()

    page.route("**/api/chat/messages", reach_the_server_and_lose_the_answer, times=1)
    widget.say("hello?")
    expect(widget.find(".message.bot .text").last).to_have_text("You said: hello?")
    expect(widget.find(".status")).to_have_count(0)
    page.wait_for_timeout(5_000)  # longer than the outbox waits before it tries again
    assert widget.said("customer") == ["hello?"]
    assert world.bot.heard(conversation_of(world, page)) == ["hello?"]


def test_unsent_message_survives_a_reload_and_goes_out_then(world: World, page: Page) -> None:
    widget = Widget(page).open(world.url)
    page.route("**/api/chat/messages", lambda route: route.abort())
    widget.say("do not lose me")
    expect(widget.find(".status")).to_contain_text("Not sent yet")
    page.unroute("**/api/chat/messages")
    page.reload()
    widget.press_launcher()
    expect(widget.find(".message.bot .text").last).to_have_text("You said: do not lose me")
    assert widget.said("customer") == ["do not lose me"]


def test_refused_message_keeps_its_words_and_does_not_hold_back_the_next(world: World, page: Page) -> None:
    widget = Widget(page).open(world.url)
    page.route("**/api/chat/messages", lambda route: route.fulfill(status=422, json={"error": "no"}), times=1)
    widget.say("not like this")
    expect(widget.find(".failed .status")).to_contain_text("Not sent. It was not accepted. It is kept here.")
    widget.say("but like this")
    expect(widget.find(".message.bot .text").last).to_have_text("You said: but like this")
    widget.frame.get_by_role("button", name="Try again").click()
    expect(widget.find(".message.bot .text").last).to_have_text("You said: not like this")
    assert widget.said("customer") == ["but like this", "not like this"]


@pytest.mark.parametrize("who", ["visitor", "customer"])
def test_second_tab_shows_the_same_conversation_in_the_same_order(world: World, page: Page, who: str) -> None:
    key, other = new_key(), page.context.new_page()
    first, second = (
        Widget(tab).open(world.url if who == "visitor" else show_shop(world, tab, key))
        for tab in (page, other)
    )
    # without waiting: what is said in one tab may overtake what is said in the other
    for number in range(3):
        (first, second)[number % 2].say(f"number {number}")
    for widget in (first, second):
        expect(widget.find(".message .text")).to_have_count(7)
    assert first.said() == second.said()
    assert sorted(first.said("bot")[1:]) == [f"You said: number {number}" for number in range(3)]


def test_visitor_who_comes_when_no_tab_is_open_starts_anew(world: World, browser: Browser) -> None:
    with browser.new_context(locale="en-US") as context:
        widget = Widget(context.new_page()).open(world.url)
        widget.say("private")
        expect(widget.find(".message.bot .text").last).to_have_text("You said: private")
        widget.page.close()
        assert "private" not in Widget(context.new_page()).open(world.url).said()


def test_somebody_is_at_it_within_a_third_of_a_second_also_on_a_slow_line(
    world: World, page: Page, line: Proxy
) -> None:
    widget = Widget(page).open(f"http://127.0.0.1:{line.port}")
    line.delay = 0.7
    world.bot.delay = 0.5
    frame = next(frame for frame in page.frames if frame.url.endswith("/widget"))
    seen_after = """async () => {
            const typing = document.getElementById("typing");
            const sent = performance.now();
            document.getElementById("composer").requestSubmit();
            while (typing.hidden) await new Promise(requestAnimationFrame);
            return performance.now() - sent;
        }"""
    waited: list[float] = []
    while len(waited) < 3 and min(waited, default=300) >= 300:  # a busy machine may be late once
        widget.input.fill(f"hello {len(waited)}?")
        waited.append(frame.evaluate(seen_after))
        expect(widget.find(".message.bot .text").last).to_have_text(f"You said: hello {len(waited) - 1}?")
        expect(widget.find("#typing")).to_be_hidden()
    assert min(waited) < 300


def test_chat_that_cannot_be_opened_says_so_and_opens_when_it_can(world: World, page: Page) -> None:
    page.route("**/api/chat/sessions", lambda route: route.abort())
    page.goto(world.url)
    page.get_by_role("button", name="Open chat").click()
    widget = Widget(page)
    expect(widget.find("#notice")).to_contain_text(
        "cannot be opened right now. There is no connection. We keep trying"
    )
    widget.say("I could not wait")
    page.unroute("**/api/chat/sessions")
    expect(widget.find(".message.bot .text").last).to_have_text("You said: I could not wait")
