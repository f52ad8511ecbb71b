"""The agents' console in a real browser: keys, drafts, undo, presence, long lists, both languages, and no barrier."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine

from app.web import create_app
from db import tables
from db.session import unit_of_work
from tests.app.web.attacks import ATTACKS
from tests.app.web.browsing import quiet_page
from tests.app.web.conftest import BOT_DEADLINE, demo_settings
from tests.app.web.serving import FakeBot, running_app
from tests.app.web.world import Clock, Customer, World
from tests.support.axe import violations

pytestmark = pytest.mark.parametrize("shared_engine", ["sqlite"], indirect=True)


@pytest.fixture
def world(shared_engine: Engine, tmp_path, bot: FakeBot) -> Iterator[World]:
    """An app that holds answers back as it is shipped: for five seconds."""
    settings = demo_settings(tmp_path, bot).model_copy(update={"undo_send_seconds": 5})
    clock = Clock()
    app = create_app(settings, shared_engine, clock=clock, bot_deadline=BOT_DEADLINE)
    with running_app(app) as url:
        world = World(url, shared_engine, settings, bot, clock)
        yield world
        world.close()


@contextmanager
def console(world: World, browser: Browser, agent: httpx.Client, **options) -> Iterator[Page]:
    with quiet_page(browser, **options) as page:
        cookie = {"name": "stayline_agent", "value": agent.cookies["stayline_agent"], "url": world.url}
        page.context.add_cookies([cookie])
        yield page


def came_to(page: Page, heading: str) -> None:
    """The next page is there and answers keys: its heading is seen before its scripts have run."""
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    page.wait_for_load_state()


def named(world: World, customer: Customer, name: str, text: str = "Where is it?") -> int:
    """A case of a customer with this name who wrote this."""
    with unit_of_work(world.engine) as session:
        conversation = session.get_one(tables.Conversation, customer.conversation)
        session.get_one(tables.Customer, conversation.customer_id).name = name
        session.add(
            tables.Message(conversation_id=conversation.id, time=world.clock(), role="customer", text=text)
        )
    return world.case(customer)


def claimed(world: World, agent: httpx.Client, name: str) -> tuple[Customer, int]:
    customer = world.customer()
    case = named(world, customer, name)
    agent.post(f"/console/cases/{case}/claim")
    return customer, case


def test_answer_can_be_taken_back_and_its_words_are_the_draft_again(world: World, browser: Browser) -> None:
    agent = world.agent("Mia")
    customer, case = claimed(world, agent, "Undo")
    with console(world, browser, agent) as page:
        page.goto(f"{world.url}/console/cases/{case}")
        page.get_by_label("Your answer").fill("Too early")
        page.keyboard.press("Control+Enter")
        expect(page.locator(".turn.held .text")).to_have_text("Too early")
        expect(page.get_by_label("Your answer")).to_have_value("")
        page.get_by_role("button", name="Undo send").click()
        expect(page.locator(".turn.held")).to_have_count(0)
        expect(page.get_by_label("Your answer")).to_have_value("Too early")
    world.clock.ahead += timedelta(seconds=6)
    assert customer.said("agent") == []


def test_answer_of_a_closed_tab_still_goes(world: World, browser: Browser) -> None:
    agent = world.agent("Mia")
    customer, case = claimed(world, agent, "Closed tab")
    with console(world, browser, agent) as page:
        page.goto(f"{world.url}/console/cases/{case}")
        page.get_by_label("Your answer").fill("I am on it.")
        page.get_by_role("button", name="Send to customer").click()
        expect(page.locator(".turn.held")).to_be_visible()
    assert customer.said("agent") == []
    with customer.events() as events:
        world.clock.ahead += timedelta(seconds=6)
        said = next(data for kind, _, data in events if kind == "message" and data["role"] == "agent")
    assert (said["text"], said["author"]) == ("I am on it.", "Mia")


def test_case_is_worked_by_keys_alone(world: World, browser: Browser) -> None:
    agent = world.agent("Keys")
    cases = [claimed(world, agent, f"Keyed {letter}")[1] for letter in "ab"]
    with console(world, browser, agent) as page:
        page.goto(f"{world.url}/console?show=mine&search=Keyed")
        page.keyboard.press("Alt+j")
        page.keyboard.press("Alt+j")
        page.keyboard.press("Alt+k")
        expect(page.locator(f"#case-{cases[0]} a")).to_be_focused()
        page.keyboard.press("Enter")
        came_to(page, "Keyed a")
        page.keyboard.press("Alt+j")
        came_to(page, "Keyed b")
        page.keyboard.press("Alt+p")
        expect(page.get_by_label("Your note")).to_be_focused()
        page.keyboard.type("is a? good customer")
        page.keyboard.press("Control+Enter")
        expect(page.locator(".turn.note .text")).to_have_text("is a? good customer")
        page.keyboard.press("Alt+l")
        expect(page.get_by_label("Your answer")).to_be_focused()
        page.keyboard.press("Alt+m")
        expect(page.get_by_role("button", name="1 hour")).to_be_focused()
        page.keyboard.press("Escape")
        page.keyboard.press("Alt+k")
        came_to(page, "Keyed a")
        page.keyboard.press("Control+Alt+e")
        page.get_by_label("What became of the customer?").select_option("saved")
        page.get_by_label("Why do you think so?").fill("ordered again")
        page.keyboard.press("Control+Alt+e")
        came_to(page, "Keyed b")
        page.locator("h1").click()
        page.keyboard.press("Escape")
        expect(page).to_have_url(f"{world.url}/console?show=mine&search=Keyed")


def test_letters_in_a_text_field_are_text_and_help_is_a_key_outside(world: World, browser: Browser) -> None:
    agent = world.agent()
    _, case = claimed(world, agent, "Text")
    with console(world, browser, agent) as page:
        page.goto(f"{world.url}/console/cases/{case}")
        page.get_by_label("Your answer").press_sequentially("why? jkemplk")
        expect(page.get_by_label("Your answer")).to_have_value("why? jkemplk")
        expect(page.locator("dialog[open]")).to_have_count(0)
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("dialog[open]")).to_have_count(0)
        page.keyboard.press("Control+k")
        page.keyboard.type("private")
        page.keyboard.press("Enter")
        expect(page.get_by_label("Your note")).to_be_focused()


def test_canned_reply_is_chosen_by_keys_with_its_facts_and_is_not_sent_with_a_gap(
    world: World, browser: Browser
) -> None:
    agent = world.agent("Mia")
    customer, case = claimed(world, agent, "Ana")
    with console(world, browser, agent) as page:
        page.goto(f"{world.url}/console/cases/{case}")
        answer = page.get_by_label("Your answer")
        answer.press_sequentially("/hel")
        page.keyboard.press("Enter")
        expect(answer).to_have_value(
            "Hello Ana, this is Mia. I have read what you wrote and I am looking into it now."
        )
        answer.fill("")
        answer.press_sequentially("/refund")
        page.keyboard.press("Enter")
        page.keyboard.press("Control+Enter")
        expect(page.get_by_role("alert")).to_contain_text("still has a fact in braces")
        expect(answer).to_have_value("I have started the refund for order {order}. It is usually on your account within 5 working days.")  # fmt: skip
    assert customer.said("agent") == []


def test_other_agent_is_seen_looking_and_writing(world: World, browser: Browser) -> None:
    mia, jon = world.agent("Mia"), world.agent("Jon")
    _, case = claimed(world, mia, "Watched")
    with console(world, browser, mia) as page, console(world, browser, jon) as other:
        other.goto(f"{world.url}/console/cases/{case}")
        page.goto(f"{world.url}/console/cases/{case}")
        expect(page.locator("#presence")).to_have_text("Jon is looking at this case.")
        page.get_by_label("Your answer").press_sequentially("On")
        expect(other.locator("#presence")).to_have_text("Mia is writing here.")
        other.goto(f"{world.url}/console")
        expect(page.locator("#presence")).to_have_text("")


def test_queue_keeps_choice_and_place_when_a_case_comes_in(world: World, browser: Browser) -> None:
    agent = world.agent()
    cases = [named(world, world.customer(), f"Placed {number:02}") for number in range(14)]
    with console(world, browser, agent, viewport={"width": 1000, "height": 600}) as page:
        page.goto(f"{world.url}/console?search=Placed")
        line = page.locator(f"#case-{cases[9]} a")
        line.focus()
        before = line.bounding_box()
        with unit_of_work(world.engine) as session:
            first = session.get_one(tables.Escalation, named(world, world.customer(), "Placed first"))
            first.priority = 10_000
            session.add(first)
        expect(page.locator(f"#case-{first.id}")).to_be_attached()
        expect(line).to_be_focused()
        after = line.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(before["y"] - after["y"]) < 3


def test_long_conversation_shows_its_newest_part_and_more_on_demand(world: World, browser: Browser) -> None:
    agent = world.agent()
    customer, case = claimed(world, agent, "Long")
    with unit_of_work(world.engine) as session:
        session.add_all(
            tables.Message(
                conversation_id=customer.conversation,
                time=world.clock(),
                role="customer",
                text=f"line {number}",
            )
            for number in range(2000)
        )
    with console(world, browser, agent) as page:
        page.goto(f"{world.url}/console/cases/{case}")
        expect(page.locator(".turn")).to_have_count(100)
        expect(page.locator(".turn .text").last).to_be_in_viewport()
        page.get_by_role("link", name="Show earlier messages").click()
        expect(page.locator(".turn")).to_have_count(200)
        customer.post("news")
        expect(page.locator(".turn .text").last).to_have_text("news")
        expect(page.locator(".turn")).to_have_count(201)
        assert page.locator(".turn .text").first.inner_text() == "line 1800"


def test_what_cannot_be_sent_is_said_and_kept(world: World, browser: Browser) -> None:
    agent = world.agent()
    _, case = claimed(world, agent, "Offline")
    with console(world, browser, agent) as page:
        page.goto(f"{world.url}/console/cases/{case}")
        page.route("**/reply*", lambda route: route.abort())
        page.get_by_label("Your answer").fill("Hello")
        page.get_by_role("button", name="Send to customer").click()
        expect(page.get_by_role("alert")).to_contain_text("what you wrote is still here")
        expect(page.get_by_label("Your answer")).to_have_value("Hello")


def test_lost_stream_is_said_comes_back_by_itself_and_catches_up(world: World, browser: Browser) -> None:
    agent = world.agent()
    customer, case = claimed(world, agent, "Cut off")
    with console(world, browser, agent) as page:
        page.route("**/events", lambda route: route.fulfill(status=503, body="down"))
        page.goto(f"{world.url}/console/cases/{case}")
        expect(page.locator("#connection")).to_contain_text("trying again")
        customer.post("said meanwhile")
        page.unroute("**/events")
        expect(page.locator("#connection")).to_be_hidden(timeout=5000)
        expect(page.locator(".turn .text").last).to_have_text("said meanwhile")
        customer.post("said afterwards")
        expect(page.locator(".turn .text").last).to_have_text("said afterwards", timeout=2500)


def test_names_and_words_of_any_length_fit_a_narrow_queue(world: World, browser: Browser) -> None:
    endless = "x" * 300
    for name, text in ((endless[:60], "hi"), ("Bo", endless), *(("Cy", attack) for attack in ATTACKS)):
        named(world, world.customer(), name, text)
    with console(world, browser, world.agent("Mia"), viewport={"width": 320, "height": 700}) as page:
        page.goto(f"{world.url}/console")
        assert page.evaluate("document.documentElement.scrollWidth") == 320


@pytest.mark.parametrize(
    "look",
    [
        {"color_scheme": "light"},
        {"color_scheme": "dark"},
        {"locale": "zh-CN"},
        {"viewport": {"width": 320, "height": 700}},
    ],
    ids=["light", "dark", "Chinese", "320 px"],
)
def test_no_page_and_no_state_has_a_barrier_or_overflows(world: World, browser: Browser, look: dict) -> None:
    agent = world.agent("Mia")
    _, case = claimed(world, agent, "Axe")
    unclaimed = named(world, world.customer(), "Nobody's")
    _, others = claimed(world, world.agent("Jon"), "Jon's")
    agent.post(f"/console/cases/{case}/note", data={"text": "for colleagues"})
    found: dict[str, list[str]] = {}

    def look_at(page: Page, what: str) -> None:
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        found[what] = violations(page) + ["it is wider than the window"] * wide

    with console(world, browser, agent, **look) as page:
        for path in (
            "", "?search=nobody-has-this-name", "?show=snoozed&band=low", f"/cases/{unclaimed}", f"/cases/{others}",
            "/cases/99999999", "/rules", f"/cases/{case}",
        ):  # fmt: skip
            page.goto(f"{world.url}/console{path}")
            look_at(page, path)
        page.locator("#reply-text").fill("I am on it.")
        page.keyboard.press("Control+Enter")
        page.locator(".held").wait_for()
        look_at(page, "held answer")
        page.locator("#reply-text").press_sequentially("/")
        look_at(page, "canned replies")
        for key in ("Alt+p", "Alt+e", "Alt+m", "Control+k"):
            page.keyboard.press(key)
            look_at(page, key)
    with quiet_page(browser, **look) as page:
        page.goto(f"{world.url}/console/login")
        look_at(page, "login")
    assert {what: wrong for what, wrong in found.items() if wrong} == {}
