"""Cards in the widget: offers and what is answered to them, stars after the chat, quick replies, the chat as a file."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from sqlmodel import select

from db import tables
from db.session import unit_of_work
from desk.conversations import add_message
from tests.app.web.browsing import quiet_page
from tests.app.web.test_offers import make_offer
from tests.app.web.widget_page import Widget, show_shop
from tests.app.web.world import Customer, World, eventually, new_key

pytestmark = pytest.mark.parametrize("shared_engine", ["sqlite"], indirect=True)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:  # the fixture
    with quiet_page(browser) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        yield page


def offered(world: World, key: str, ends_in: timedelta = timedelta(days=14)) -> tuple[Customer, int]:
    """A customer in whose conversation an offer's card stands."""
    customer = world.customer(key)
    offer = make_offer(world, customer, expires_at=world.clock() + ends_in)
    with unit_of_work(world.engine) as session:
        row = session.get_one(tables.Offer, offer)
        card = {"id": offer, "title": row.title, "percent": 10, "expires_at": row.expires_at.isoformat()}
        add_message(session, customer.conversation, "bot", "For you:", world.clock(), payload={"offer": card})
    return customer, offer


def status(world: World, offer: int) -> str:
    with world.read() as session:
        return session.exec(select(tables.Offer.status).where(tables.Offer.id == offer)).one()


def card_of(widget: Widget) -> Locator:
    return widget.find(".offer[data-offer]")


def test_accepted_offer_shows_a_code_to_copy_also_after_a_reload(world: World, page: Page) -> None:
    key = new_key()
    _, offer = offered(world, key)
    widget = Widget(page).open(show_shop(world, page, key))
    card = card_of(widget)
    expect(card).to_contain_text("Valid until")
    card.get_by_role("button", name="Accept offer").press("Enter")
    code = card.locator("code")
    expect(code).to_contain_text("STAY-")
    expect(card.get_by_role("button", name="Copy code")).to_be_focused()
    page.keyboard.press("Enter")
    expect(card.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == code.inner_text()
    assert status(world, offer) == "accepted"
    page.reload()
    widget.press_launcher()
    expect(card.get_by_role("button", name="Copy code")).to_be_visible()
    expect(card.get_by_role("button", name="Accept offer")).to_have_count(0)


def test_focus_stays_on_the_card_when_the_stream_tells_of_the_answer_first(world: World, page: Page) -> None:
    key, held = new_key(), []
    offered(world, key)
    card = card_of(Widget(page).open(show_shop(world, page, key)))
    page.route("**/api/chat/offers/*/accept", lambda route: held.append((route, route.fetch())))
    card.get_by_role("button", name="Accept offer").press("Enter")
    copy = card.get_by_role("button", name="Copy code")
    copy.focus()
    while not held:  # the stream may be first by as much as this
        page.wait_for_timeout(50)
    ((route, answer),) = held
    with page.expect_response("**/api/chat/offers/*/accept"):
        route.fulfill(response=answer)
    page.wait_for_timeout(100)  # what the answer brings is shown a moment after it
    expect(copy).to_be_focused()


def test_offer_kept_for_later_says_so_and_can_be_taken_after_a_reload(world: World, page: Page) -> None:
    key = new_key()
    _, offer = offered(world, key)
    widget = Widget(page).open(show_shop(world, page, key))
    card_of(widget).get_by_role("button", name="Later").click()
    expect(card_of(widget)).to_contain_text("Kept for you. We will not remind you.")
    assert status(world, offer) == "later"
    page.reload()
    widget.press_launcher()
    expect(card_of(widget).get_by_role("button", name="Later")).to_have_count(0)
    card_of(widget).get_by_role("button", name="Accept offer").click()
    expect(card_of(widget).locator("code")).to_be_visible()


def test_offer_nobody_wants_is_closed_here_and_in_the_other_tab(world: World, page: Page) -> None:
    key = new_key()
    _, offer = offered(world, key)
    address = show_shop(world, page, key)
    widget = Widget(page).open(address)
    other_page = page.context.new_page()
    other = Widget(other_page).open(show_shop(world, other_page, key))
    card_of(widget).get_by_role("button", name="Not interested").click()
    for one in (widget, other):
        expect(card_of(one)).to_contain_text("this offer is closed")
        expect(card_of(one).get_by_role("button")).to_have_count(0)
    assert status(world, offer) == "declined"


def test_offer_that_ends_on_the_screen_says_so(world: World, page: Page) -> None:
    key = new_key()
    offered(world, key, ends_in=timedelta(seconds=4))
    widget = Widget(page).open(show_shop(world, page, key))
    expect(card_of(widget).get_by_role("button", name="Accept offer")).to_be_visible()
    expect(card_of(widget)).to_contain_text("This offer ended on", timeout=8_000)
    expect(card_of(widget).get_by_role("button")).to_have_count(0)


def test_answer_to_an_offer_without_a_network_changes_nothing_and_says_so(world: World, page: Page) -> None:
    key = new_key()
    _, offer = offered(world, key)
    widget = Widget(page).open(show_shop(world, page, key))
    page.context.set_offline(True)
    card_of(widget).get_by_role("button", name="Accept offer").click()
    expect(card_of(widget)).to_contain_text("There is no connection. Nothing was changed; please try again.")
    assert status(world, offer) == "made"
    page.context.set_offline(False)
    card_of(widget).get_by_role("button", name="Accept offer").click()
    expect(card_of(widget).locator("code")).to_be_visible()


def test_stars_after_a_goodbye_are_given_by_keyboard_and_asked_once(world: World, page: Page) -> None:
    key = new_key()
    widget = Widget(page).open(show_shop(world, page, key))
    widget.say("Thanks, bye!")
    question = widget.frame.get_by_role("group", name="How was this chat?")
    expect(question).to_be_visible()
    expect(widget.input).to_be_focused()
    widget.frame.get_by_role("radio", name="1 of 5: very bad").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(widget.frame.get_by_role("radio", name="4 of 5: good")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.type("<b>quick</b>")
    widget.frame.get_by_role("button", name="Send rating").press("Enter")
    expect(widget.find(".rating")).to_contain_text("Thank you")
    expect(widget.input).to_be_focused()
    with world.read() as session:
        kept = session.get_one(tables.Satisfaction, world.customer(key).conversation)
        assert (kept.stars, kept.words) == (4, "<b>quick</b>")
    page.reload()
    widget.press_launcher()
    widget.say("bye")
    expect(widget.find(".message.bot .text").last).to_have_text("You said: bye")
    expect(widget.find(".rating")).to_have_count(0)


def test_who_will_not_rate_is_left_alone_and_who_goes_on_is_asked_later(world: World, page: Page) -> None:
    widget = Widget(page).open(show_shop(world, page, new_key()))
    widget.say("bye")
    expect(widget.find(".rating")).to_be_visible()
    widget.say("oh, one more thing")
    expect(widget.find(".message.bot .text").last).to_have_text("You said: oh, one more thing")
    expect(widget.find(".rating")).to_have_count(0)
    widget.say("bye")
    widget.frame.get_by_role("button", name="Not now").click()
    widget.say("bye bye")
    expect(widget.find(".message.bot .text").last).to_have_text("You said: bye bye")
    expect(widget.find(".rating")).to_have_count(0)


def test_person_who_takes_over_is_named_and_asks_for_stars_when_done(world: World, page: Page) -> None:
    key, agent = new_key(), world.agent("Jon")
    customer = world.customer(key)
    case = world.case(customer)
    widget = Widget(page).open(show_shop(world, page, key))
    expect(widget.find("#state")).to_have_text("Automated assistant")
    expect(widget.find(".replies button")).to_be_enabled()
    agent.post(f"/console/cases/{case}/claim")
    expect(widget.find("#state")).to_have_text("You are talking to Jon")
    agent.post(f"/console/cases/{case}/reply", data={"text": "I am here."})
    expect(widget.find(".message.agent .author")).to_have_text("Jon")
    expect(widget.find(".replies button")).to_be_disabled()  # the assistant does not hear it any more
    agent.post(f"/console/cases/{case}/resolve", data={"verdict": "saved", "reason": "all well"})
    expect(widget.find(".rating")).to_be_visible()
    expect(widget.find("#state")).to_have_text("Automated assistant")


def test_quick_reply_is_pressed_by_keyboard_and_cannot_be_used_again(world: World, page: Page) -> None:
    buttons = [{"title": "Yes", "payload": "/affirm"}, {"title": "No", "payload": "/deny"}]
    world.bot.answer = [{"text": "Shall I?", "buttons": buttons}]
    widget = Widget(page).open(show_shop(world, page, new_key()))
    widget.say("cancel it")
    yes, no = (widget.find(".replies").get_by_role("button", name=name, exact=True) for name in ("Yes", "No"))
    expect(yes).to_be_enabled()
    world.bot.answer = [{"text": "Done."}]
    yes.focus()
    page.keyboard.press("Enter")
    expect(widget.find(".message.customer .text").last).to_have_text("Yes")
    expect(yes).to_be_disabled()
    expect(no).to_be_disabled()
    expect(widget.input).to_be_focused()
    expect(widget.find(".message.bot .text").last).to_have_text("Done.")
    assert widget.said("customer") == ["cancel it", "Yes"]


def test_chat_is_saved_as_a_file(world: World, page: Page, tmp_path: Path) -> None:
    widget = Widget(page).open(show_shop(world, page, new_key()))
    widget.say("keep this")
    expect(widget.find(".message.bot .text").last).to_have_text("You said: keep this")
    with page.expect_download() as started:
        widget.frame.get_by_role("button", name="Save chat").click()
    assert started.value.suggested_filename.endswith(".txt")
    started.value.save_as(tmp_path / "chat.txt")
    text = (tmp_path / "chat.txt").read_text(encoding="utf-8")
    assert text.index("keep this") < text.index("You said: keep this")
    expect(widget.find("#notice")).to_contain_text("saved")


def test_new_message_moves_no_focus(world: World, page: Page) -> None:
    key = new_key()
    customer, _ = offered(world, key)
    widget = Widget(page).open(show_shop(world, page, key))
    for place in (
        widget.frame.get_by_role("button", name="Later"),
        widget.find("#language"),
        widget.find("#log"),
    ):
        place.focus()
        before = len(customer.transcript())
        with unit_of_work(world.engine) as session:
            add_message(
                session, customer.conversation, "agent", f"News {before}", world.clock(), author="Mia"
            )
        expect(widget.find(".message.agent .text").last).to_have_text(f"News {before}")
        expect(place).to_be_focused()


def test_offer_speaks_chinese_as_soon_as_the_chat_does(world: World, page: Page) -> None:
    key = new_key()
    customer, offer = offered(world, key)
    widget = Widget(page).open(show_shop(world, page, key, language="zh"))
    widget.find("#language").click()
    expect(card_of(widget)).to_contain_text("您的专属优惠")
    eventually(lambda: world.conversation(customer).language == "zh")
    card_of(widget).get_by_role("button", name="不感兴趣").click()
    expect(card_of(widget)).to_contain_text("这份优惠已关闭")
    expect(widget.find(".message.bot .text").last).to_contain_text("已为您取消")
    assert status(world, offer) == "declined"
