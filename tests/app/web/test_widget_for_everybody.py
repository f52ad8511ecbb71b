"""The widget for people who read, see, point or move differently: axe, keyboard, zoom, small screens, other scripts."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Frame, Page, expect

from db.session import unit_of_work
from desk.conversations import add_message
from tests.app.web.browsing import quiet_page
from tests.app.web.test_widget_cards import offered
from tests.app.web.widget_page import Widget, show_shop
from tests.app.web.world import World, new_key
from tests.support.axe import violations

pytestmark = pytest.mark.parametrize("shared_engine", ["sqlite"], indirect=True)

LEAST_TARGET_PX = 24
SMALL_TARGETS = """(least) => [...document.querySelectorAll("button, a, input, textarea, summary")]
    .filter((one) => one.checkVisibility())
    .map((one) => [one.closest("label") ?? one, one])
    .filter(([area]) => area.getBoundingClientRect().width < least || area.getBoundingClientRect().height < least)
    .map(([, one]) => one.outerHTML)"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:  # the fixture
    with quiet_page(browser) as page:
        yield page


def frame_of(page: Page) -> Frame:
    return next(frame for frame in page.frames if frame.url.endswith("/widget"))


def check(page: Page, state: str) -> None:
    """No violation in the frame, and no target too small, in this state."""
    page.wait_for_timeout(200)  # what fades has faded
    assert violations(frame_of(page)) == [], state
    assert frame_of(page).evaluate(SMALL_TARGETS, LEAST_TARGET_PX) == [], state


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_state(world: World, browser: Browser, scheme: str) -> None:
    key, agent = new_key(), world.agent("Jon")
    customer, _ = offered(world, key)
    with quiet_page(browser, color_scheme=scheme) as page:
        address = show_shop(world, page, key)
        page.goto(address)
        assert violations(page) == []
        widget = Widget(page).press_launcher()
        assert violations(page) == []
        check(page, "an offer")
        for name, words in (("Later", "Kept for you"), ("Accept offer", "Your code")):
            widget.find(".offer[data-offer]").get_by_role("button", name=name).click()
            expect(widget.find(".offer[data-offer]")).to_contain_text(words)
            check(page, words)
        widget.say("hello")
        expect(widget.find(".asking")).to_be_visible()
        check(page, "quick replies used, the question about e-mail")
        world.bot.delay = 1.0
        widget.say("thanks, bye")
        expect(widget.find("#typing")).to_be_visible()
        check(page, "the assistant is writing")
        expect(widget.find(".rating")).to_be_visible()
        widget.frame.get_by_role("radio", name="4 of 5: good").check()
        check(page, "stars")
        widget.frame.get_by_role("button", name="Privacy").click()
        check(page, "privacy")
        page.keyboard.press("Escape")
        page.context.set_offline(True)
        widget.say("not sent")
        expect(widget.find(".failed")).to_be_visible()
        check(page, "not sent, reconnecting")
        page.context.set_offline(False)
        case = world.case(customer)
        agent.post(f"/console/cases/{case}/claim")
        agent.post(f"/console/cases/{case}/reply", data={"text": "I am here."})
        expect(widget.find(".message.agent")).to_be_visible()
        check(page, "a person")
        widget.find("#language").click()
        expect(widget.input).to_have_attribute("placeholder", "请输入消息")
        check(page, "in Chinese")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("ends_in", "press"), [(2, None), (9999, "Not interested")], ids=["ended", "declined"]
)
def test_axe_finds_nothing_on_closed_offers(
    world: World,
    browser: Browser,
    scheme: str,
    ends_in: int,
    press: str | None,
) -> None:
    key = new_key()
    offered(world, key, timedelta(seconds=ends_in))
    with quiet_page(browser, color_scheme=scheme) as page:
        widget = Widget(page).open(show_shop(world, page, key))
        if press:
            widget.find(".offer").get_by_role("button", name=press).click()
        expect(widget.find(".offer").get_by_role("button")).to_have_count(0)
        check(page, "closed offer")


def test_widget_is_worked_by_keyboard_alone(world: World, page: Page) -> None:
    widget = Widget(page)
    page.goto(show_shop(world, page, new_key()))
    page.keyboard.press("Tab")
    opener = page.get_by_role("button", name="Open chat")
    expect(opener).to_be_focused()
    page.keyboard.press("Enter")
    expect(widget.input).to_be_focused()
    expect(widget.find("#send")).to_be_enabled()
    page.keyboard.type("hello")
    page.keyboard.press("Enter")
    expect(widget.find(".message.bot .text").last).to_have_text("You said: hello")
    seen = set()
    for _ in range(12):
        page.keyboard.press("Shift+Tab")
        seen.add(frame_of(page).evaluate("document.activeElement.id || document.activeElement.className"))
    assert {"close", "language", "log"} <= seen
    widget.input.focus()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    expect(page.locator("iframe")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(widget.input).to_be_focused()


def test_escape_in_the_privacy_panel_closes_the_panel_and_not_the_chat(world: World, page: Page) -> None:
    widget = Widget(page).open(show_shop(world, page, new_key()))
    opener = widget.frame.get_by_role("button", name="Privacy")
    opener.press("Enter")
    expect(widget.frame.get_by_role("dialog", name="Privacy")).to_be_visible()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    expect(page.locator("iframe")).to_be_visible()


def test_switch_that_has_the_focus_is_never_covered(world: World, browser: Browser) -> None:
    with quiet_page(browser, viewport={"width": 320, "height": 480}) as page:
        widget = Widget(page).open(show_shop(world, page, new_key()))
        widget.frame.get_by_role("button", name="Privacy").press("Enter")
        foot = widget.find("#privacy .foot").bounding_box()
        for switch in widget.frame.get_by_role("switch").all():
            switch.focus()
            place = switch.bounding_box()
            assert foot is not None
            assert place is not None
            assert place["y"] + place["height"] <= foot["y"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_launcher_is_a_button_that_is_large_and_reads_well_with_its_badge(
    world: World, browser: Browser, scheme: str
) -> None:
    key = new_key()
    with unit_of_work(world.engine) as session:
        add_message(session, world.customer(key).conversation, "agent", "One.", world.clock(), author="Mia")
    with quiet_page(browser, color_scheme=scheme, viewport={"width": 320, "height": 568}) as page:
        page.goto(show_shop(world, page, key))
        opener = page.get_by_role("button", name="Open chat, 1 unread")
        expect(opener).to_be_in_viewport(ratio=1)
        assert opener.evaluate("(one) => one.tagName") == "BUTTON"
        assert min(opener.evaluate("(one) => [one.offsetWidth, one.offsetHeight]")) >= LEAST_TARGET_PX
        assert violations(page) == []
        opener.press("Space")
        expect(Widget(page).input).to_be_focused()
        expect(Widget(page).frame.get_by_role("log", name="Conversation")).to_have_attribute(
            "aria-live", "polite"
        )


@pytest.mark.parametrize(
    ("width", "height", "scale", "language"),
    [
        (320, 568, 1, "en"),
        (320, 640, 2, "zh"),
        (640, 400, 2, "en"),
        (1280, 800, 1, "zh"),
        (360, 256, 4, "en"),
    ],
    ids=["smallest phone", "phone", "desktop at 200 %", "desktop", "desktop at 400 %"],
)
def test_everything_is_within_reach_on_every_screen(
    world: World,
    browser: Browser,
    width: int,
    height: int,
    scale: int,
    language: str,
) -> None:
    key = new_key()
    offered(world, key)
    options = {"viewport": {"width": width, "height": height}, "device_scale_factor": scale}
    with quiet_page(browser, **options) as page:
        widget = Widget(page).open(show_shop(world, page, key, language))
        widget.say("x" * 200 + " https://shop.example/" + "y" * 200)
        expect(widget.find(".message.bot .text").last).to_contain_text("You said")
        sideways = "[document.documentElement, document.getElementById('log')].map((a) => a.scrollWidth - a.clientWidth)"
        assert frame_of(page).evaluate(sideways) == [0, 0]
        assert frame_of(page).evaluate("document.getElementById('log').clientHeight") >= 60
        for place in ("#input", "#send", "#close", "#talk", "#privacy-open"):
            expect(widget.find(place)).to_be_in_viewport(ratio=1)
        assert frame_of(page).evaluate(SMALL_TARGETS, LEAST_TARGET_PX) == []


def test_words_of_other_scripts_are_read_in_their_direction(world: World, page: Page) -> None:
    widget = Widget(page).open(world.url)
    widget.say("مرحبا، أين طلبي رقم SL-1؟")
    bubble = widget.find(".message.customer .text")
    expect(bubble).to_have_css("direction", "rtl")
    widget.input.fill("שלום")
    expect(widget.input).to_have_css("direction", "rtl")
    widget.input.fill("hello")
    expect(widget.input).to_have_css("direction", "ltr")


def test_language_we_do_not_speak_is_english_and_chinese_is_chinese(world: World, browser: Browser) -> None:
    for locale, opener, placeholder in (
        ("fr-FR", "Open chat", "Write a message"),
        ("tlh", "Open chat", "Write a message"),
        ("zh-TW", "打开聊天", "请输入消息"),
    ):
        with quiet_page(browser, locale=locale) as page:
            page.goto(world.url)
            page.get_by_role("button", name=opener).click()
            expect(Widget(page).input).to_have_attribute("placeholder", placeholder)


@pytest.mark.parametrize(
    ("locale", "opener", "placeholder", "spoken"),
    [("fr-FR", "Open chat", "Write a message", "en"), ("zh-CN", "打开聊天", "请输入消息", "zh")],
)
def test_shops_line_in_a_language_we_do_not_speak_leaves_it_to_the_browser(
    world: World, browser: Browser, locale: str, opener: str, placeholder: str, spoken: str
) -> None:
    with quiet_page(browser, locale=locale) as page:
        page.goto(show_shop(world, page, new_key(), language="tlh"))
        expect(page.get_by_role("button", name=opener, exact=True)).to_be_visible()
        widget = Widget(page).press_launcher()
        expect(widget.input).to_have_attribute("placeholder", placeholder)
        assert frame_of(page).evaluate("document.documentElement.lang") == spoken


def test_who_wants_no_motion_sees_none(world: World, browser: Browser) -> None:
    with quiet_page(browser, reduced_motion="reduce") as page:
        widget = Widget(page).open(world.url)
        world.bot.delay = 1.0
        widget.say("hello")
        expect(widget.find("#typing")).to_be_visible()
        expect(widget.find("#typing i").first).to_have_css("animation-name", "none")


def test_unread_messages_are_counted_on_the_launcher_and_in_the_title_until_seen(
    world: World, page: Page
) -> None:
    key = new_key()
    customer = world.customer(key)
    widget = Widget(page).open(show_shop(world, page, key))
    page.keyboard.press("Escape")
    with unit_of_work(world.engine) as session:
        for text in ("One.", "Two."):
            add_message(session, customer.conversation, "agent", text, world.clock(), author="Mia")
    opener = page.get_by_role("button", name="Open chat, 2 unread")
    expect(opener).to_be_visible()
    assert page.title() == "(2) Shop"
    page.reload()
    expect(opener).to_be_visible()
    assert page.title() == "(2) Shop"
    opener.click()
    expect(widget.find(".message.agent .text").last).to_have_text("Two.")
    assert page.title() == "Shop"


def test_message_that_comes_while_another_tab_is_in_front_waits_until_this_one_is(
    world: World, page: Page
) -> None:
    key = new_key()
    customer = world.customer(key)
    widget = Widget(page).open(show_shop(world, page, key))
    behind = "(is) => { Object.defineProperty(document, 'hidden', {value: is, configurable: true}); }"
    told = "document.dispatchEvent(new Event('visibilitychange'))"
    frame_of(page).evaluate(behind, True)
    with unit_of_work(world.engine) as session:
        add_message(session, customer.conversation, "agent", "Still there?", world.clock(), author="Mia")
    expect(widget.find(".message.agent .text")).to_have_text("Still there?")
    expect(page).to_have_title("(1) Shop")
    frame_of(page).evaluate(behind, False)
    frame_of(page).evaluate(told)
    expect(page).to_have_title("Shop")


def test_long_chat_opens_with_its_newest_messages_and_brings_the_others_when_asked(
    world: World, page: Page
) -> None:
    key = new_key()
    customer = world.customer(key)
    buttons = {"buttons": [{"title": "Yes", "payload": "/affirm"}]}
    with unit_of_work(world.engine) as session:
        for number in range(250):
            now, words = world.clock(), f"number {number}"
            add_message(session, customer.conversation, "bot", words, now, payload=buttons)
    widget = Widget(page).open(show_shop(world, page, key))
    messages = widget.find(".message .text")
    expect(messages).to_have_count(100)
    expect(messages.last).to_be_in_viewport()
    earlier = widget.frame.get_by_role("button", name="Earlier messages")
    for count in (200, 251):
        earlier.click()
        expect(messages).to_have_count(count)
    expect(earlier).to_have_count(0)
    assert widget.said()[1:] == [f"number {number}" for number in range(250)]
    assert widget.find(".replies button:not(:disabled)").count() == 1
