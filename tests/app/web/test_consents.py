"""What a customer allows, over the chat API and in the widget's privacy panel in a real browser."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlmodel import select

from db import tables
from db.session import unit_of_work
from desk.conversations import add_message
from tests.app.web.browsing import quiet_page
from tests.app.web.world import Customer, World, new_key


def read(world: World, customer: Customer) -> dict[str, Any]:
    found: dict[str, Any] = world.http.get("/api/chat/consents", headers=customer.headers).json()
    return found


def change(world: World, customer: Customer, **wish: object) -> httpx.Response:
    return world.http.post("/api/chat/consents", json=wish, headers=customer.headers)


def of(told: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in told["consents"] if name in (one["channel"], one["purpose"]))


def test_nothing_is_allowed_until_asked_and_profiling_follows_the_shop_s_basis(world: World) -> None:
    told = read(world, world.customer())
    assert told["ask"] is True
    assert [(one["channel"], one["granted"], one["active"]) for one in told["consents"]] == [
        ("email", None, False),
        ("in_chat", None, False),
        ("sms", None, False),
        ("phone", None, False),
        ("any", None, True),
    ]


def test_a_change_counts_at_once_with_its_time_and_is_asked_no_more(world: World) -> None:
    customer = world.customer()
    told = change(world, customer, purpose="follow_up", channel="email", granted=True).json()
    assert of(told, "email")["granted"] is True
    assert of(told, "email")["source"] == "chat"
    assert of(told, "email")["time"]
    assert told["ask"] is False
    assert read(world, customer) == told


def test_refusing_profiling_is_kept_and_the_bot_still_answers(world: World) -> None:
    customer = world.customer()
    told = change(world, customer, purpose="profiling", granted=False).json()
    assert (of(told, "profiling")["granted"], of(told, "profiling")["active"]) == (False, False)
    customer.post("hello")
    assert customer.replies(1)[0]["text"] == "You said: hello"


def test_an_anonymous_visitor_is_told_to_sign_in(world: World) -> None:
    visitor = world.visitor()
    for got in (
        world.http.get("/api/chat/consents", headers=visitor.headers),
        change(world, visitor, purpose="profiling", granted=False),
    ):
        assert got.status_code == 403
        assert got.json()["error"].startswith("Sign in to the shop first")


def test_without_a_session_nothing_is_told_or_changed(world: World) -> None:
    assert world.http.get("/api/chat/consents").status_code == 401
    assert world.http.post("/api/chat/consents", json={}).status_code == 401


@pytest.mark.parametrize(
    "wish",
    [
        {"purpose": "everything", "granted": True},
        {"purpose": "follow_up", "channel": "pigeon", "granted": True},
        {"purpose": "profiling", "channel": "email", "granted": True},
        {"purpose": "follow_up", "channel": "email", "granted": "yes"},
        {"purpose": ["follow_up"], "granted": True},
        {},
    ],
)
def test_a_wish_that_is_none_is_refused_with_a_sentence(world: World, wish: dict[str, object]) -> None:
    got = change(world, world.customer(), **wish)
    assert got.status_code == 422
    assert "expected" in got.json()["error"]


@pytest.mark.parametrize(("words", "language"), [("STOP", "en"), ("退订", "zh")])
def test_stop_in_the_chat_counts_at_once_and_is_confirmed_without_the_bot(
    world: World, words: str, language: str
) -> None:
    customer = world.open(identity=world.identity(new_key()), language=language)
    change(world, customer, purpose="follow_up", channel="email", granted=True)
    customer.post(words)
    told = read(world, customer)
    assert {one["granted"] for one in told["consents"] if one["purpose"] == "follow_up"} == {False}
    (reply,) = customer.replies(1)
    assert ("no more messages" if language == "en" else "不会再") in reply["text"]
    assert world.bot.heard(customer.conversation) == []


def test_a_follow_up_waits_in_the_conversation_that_the_next_visit_opens(world: World) -> None:
    key = new_key()
    first = world.customer(key)
    with unit_of_work(world.engine) as session:
        add_message(
            session,
            first.conversation,
            "bot",
            "All well?",
            world.clock(),
            payload={"follow_up": True},
            row_key="k:1",
        )
    world.clock.ahead += timedelta(days=3)
    assert world.customer(key).conversation == first.conversation


# in the browser, once


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with quiet_page(browser) as page:
        yield page


def sign_in(world: World, page: Page, key: str) -> None:
    """The shop's page would do this: the frame alone, told who is here by the page around it."""
    page.route(
        f"{world.url}/host",
        lambda route: route.fulfill(
            content_type="text/html",
            body=f'<script src="/widget.js" data-identity="{world.identity(key)}" data-language="en" defer></script>',
        ),
    )
    page.goto(f"{world.url}/host")
    page.get_by_role("button", name="Open chat").press("Enter")


def granted(world: World, key: str) -> dict[str, bool]:
    query = (
        select(tables.Consent)
        .join(tables.Customer, tables.Customer.id == tables.Consent.customer_id)  # type: ignore[arg-type]
        .where(tables.Customer.customer_key == key)
        .order_by(tables.Consent.id)  # type: ignore[arg-type]
    )
    with world.read() as session:
        return {f"{row.purpose}/{row.channel}": row.granted for row in session.exec(query)}


@pytest.mark.parametrize("shared_engine", ["sqlite"], indirect=True)
class TestWidget:
    def test_customer_changes_what_is_allowed_by_keyboard_and_sees_when(
        self, world: World, page: Page
    ) -> None:
        key = new_key()
        sign_in(world, page, key)
        frame = page.frame_locator("iframe")
        frame.get_by_role("button", name="Privacy").press("Enter")
        email = frame.get_by_role("switch", name="E-mail")
        expect(email).not_to_be_checked()
        expect(frame.get_by_role("switch", name="Personal estimate")).to_be_checked()
        email.press(" ")
        expect(email).to_be_checked()
        expect(email).to_be_focused()
        expect(frame.locator("#privacy-email-means")).to_contain_text("Allowed on")
        frame.get_by_role("switch", name="Personal estimate").press(" ")
        expect(frame.locator("#privacy-profiling-means")).to_contain_text("Refused on")
        page.keyboard.press("Escape")
        expect(frame.locator("#privacy")).to_be_hidden()
        expect(frame.locator("#input")).to_be_visible()
        assert granted(world, key) == {"follow_up/email": True, "profiling/any": False}

    def test_question_comes_once_after_the_first_answer_and_yes_counts(
        self, world: World, page: Page
    ) -> None:
        key = new_key()
        sign_in(world, page, key)
        frame = page.frame_locator("iframe")
        expect(frame.get_by_role("button", name="Privacy")).to_be_visible()
        card = frame.locator(".asking")
        expect(card).to_have_count(0)
        frame.locator("#input").fill("hello")
        frame.locator("#input").press("Enter")
        expect(card).to_contain_text("May we write to you by e-mail")
        card.get_by_role("button", name="Yes").press("Enter")
        expect(card).to_contain_text("Thank you.")
        assert granted(world, key) == {"follow_up/email": True}
        page.reload()
        page.get_by_role("button", name="Open chat").click()
        expect(frame.locator(".message.customer .text")).to_have_text("hello")
        expect(frame.get_by_role("button", name="Privacy")).to_be_visible()
        expect(card).to_have_count(0)

    def test_later_is_respected_for_the_conversation(self, world: World, page: Page) -> None:
        key = new_key()
        sign_in(world, page, key)
        frame = page.frame_locator("iframe")
        frame.locator("#input").fill("hello")
        frame.locator("#input").press("Enter")
        frame.locator(".asking").get_by_role("button", name="Later").click()
        expect(frame.locator(".asking")).to_have_count(0)
        page.reload()
        page.get_by_role("button", name="Open chat").click()
        expect(frame.get_by_role("button", name="Privacy")).to_be_visible()
        expect(frame.locator(".asking")).to_have_count(0)
        assert granted(world, key) == {}

    def test_follow_up_since_the_last_visit_stands_under_a_line(self, world: World, page: Page) -> None:
        key = new_key()
        sign_in(world, page, key)
        frame = page.frame_locator("iframe")
        expect(frame.get_by_role("button", name="Privacy")).to_be_visible()
        conversation = world.customer(key).conversation
        page.goto("about:blank")
        with unit_of_work(world.engine) as session:
            add_message(
                session,
                conversation,
                "bot",
                "All well?",
                world.clock(),
                payload={"follow_up": True},
                row_key="k:1",
            )
        sign_in(world, page, key)
        expect(frame.locator(".divider")).to_have_text("New since your last visit")
        expect(frame.locator(".divider + .message .text")).to_have_text("All well?")
        page.reload()
        page.get_by_role("button", name="Open chat").click()
        expect(frame.locator(".message .text").last).to_have_text("All well?")
        expect(frame.locator(".divider")).to_have_count(0)

    def test_visitor_without_a_name_has_no_privacy_panel(self, world: World, page: Page) -> None:
        page.goto(world.url)
        page.get_by_role("button", name="Open chat").click()
        frame = page.frame_locator("iframe")
        expect(frame.locator("#input")).to_be_focused()
        expect(frame.get_by_role("button", name="Talk to a person").first).to_be_visible()
        expect(frame.get_by_role("button", name="Privacy")).to_be_hidden()
