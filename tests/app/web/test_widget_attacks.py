"""Whatever customers, agents, the bot or an offer say in the widget, nothing of it runs."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from db.session import unit_of_work
from desk.conversations import add_message
from tests.app.web.attacks import ATTACKS
from tests.app.web.browsing import quiet_page
from tests.app.web.test_offers import make_offer
from tests.app.web.widget_page import Widget, show_shop
from tests.app.web.world import Customer, World, new_key

pytestmark = pytest.mark.parametrize("shared_engine", ["sqlite"], indirect=True)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:  # the fixture
    with quiet_page(browser) as page:
        yield page


def say_everything(world: World, customer: Customer) -> None:
    """Each attack as an agent's words and name, as the bot's words and buttons, and as an offer's title."""
    offer = make_offer(world, customer)
    with unit_of_work(world.engine) as session:
        for attack in ATTACKS:
            now, here = world.clock(), customer.conversation
            add_message(session, here, "agent", attack, now, author=attack)
            buttons = [{"title": attack, "payload": attack}]
            add_message(session, here, "bot", attack, now, payload={"buttons": buttons})
            card = {"id": offer, "title": attack, "expires_at": attack, "code": attack}
            add_message(session, here, "bot", attack, now, payload={"offer": card})


def test_nothing_that_anybody_says_runs_in_the_widget(world: World, page: Page) -> None:
    key = new_key()
    customer = world.customer(key)
    for attack in ATTACKS[:6]:
        assert customer.post(attack).status_code == 202
    customer.replies(6)
    widget = Widget(page).open(show_shop(world, page, key))
    say_everything(world, customer)  # by the stream, into the open page
    expect(widget.find(".offer code")).to_have_count(len(ATTACKS))
    page.reload()  # and as kept messages
    widget.press_launcher()
    expect(widget.find(".offer code")).to_have_count(len(ATTACKS))
    assert set(ATTACKS) <= {
        text.replace("\n", "") for text in widget.find(".message.agent .text").all_text_contents()
    }
    smuggled = "img, script, iframe, a, style, form:not(.offer), input, math, details, meta"
    assert widget.find(f"#messages :is({smuggled})").count() == 0
    assert page.title() == "Shop"


def test_pressed_button_whose_title_is_an_attack_is_sent_as_words(world: World, page: Page) -> None:
    world.bot.answer = [{"text": "?", "buttons": [{"title": ATTACKS[1], "payload": "/affirm"}]}]
    widget = Widget(page).open(show_shop(world, page, new_key()))
    widget.say("hello")
    expect(widget.find(".message.bot .text").last).to_have_text("?")
    widget.find(".replies:not(.used) button").last.click()
    expect(widget.find(".message.customer .text").last).to_have_text(ATTACKS[1])


def test_name_of_an_agent_in_the_header_is_only_a_name(world: World, page: Page) -> None:
    key, agent = new_key(), world.agent(ATTACKS[1])
    case = world.case(world.customer(key))
    widget = Widget(page).open(show_shop(world, page, key))
    agent.post(f"/console/cases/{case}/claim")
    expect(widget.find("#state")).to_have_text(f"You are talking to {ATTACKS[1]}")
