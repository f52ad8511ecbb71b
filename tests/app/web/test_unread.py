"""The badge of a chat that is not open: how many messages wait, told to nobody but whose they are."""

import gzip
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine
from sqlmodel import select

from app.channels.all import channels_of
from app.links import unsubscribe_token
from app.web import create_app
from app.web.pages import STATIC
from app.web.unread import read_ticket
from db import tables
from db.session import unit_of_work
from desk.conversations import add_message
from tests.app.web.browsing import quiet_page
from tests.app.web.conftest import demo_settings
from tests.app.web.serving import FakeBot, running_app
from tests.app.web.shop import ShopPage, running_shop_page
from tests.app.web.world import Clock, Customer, World, eventually, new_key
from tests.support.processes import environment, running

LARGEST_LOADER = 5_000


def look(world: World, **body: object) -> httpx.Response:
    return world.http.post("/api/chat/unread", json=body)


def unread(world: World, **body: object) -> Any:
    answer = look(world, **body)
    assert answer.status_code == 200, answer.text
    return answer.json()["unread"]


def ticket_of(customer: Customer) -> str:
    return str(customer.opened["unread_ticket"])


def newest(customer: Customer) -> int:
    return int(customer.transcript()[-1]["id"])


def plan_follow_up(world: World, key: str) -> tables.FollowUp:
    """An in-chat follow-up that is due now."""
    now = world.clock()
    with unit_of_work(world.engine) as session:
        customer_id = session.exec(
            select(tables.Customer.id).where(tables.Customer.customer_key == key)
        ).one()
        row = tables.FollowUp(
            idempotency_key=f"check_back:{key}",
            customer_id=customer_id,
            rule="check_back",
            channel="in_chat",
            details={},
            planned_at=now,
            due_at=now - timedelta(seconds=1),
            not_after=now + timedelta(days=1),
        )
        session.add(row)
    return row


def deliver(world: World, key: str) -> None:
    """What a worker does with a due follow-up."""
    row = plan_follow_up(world, key)
    with world.read() as session:
        customer = session.get_one(tables.Customer, row.customer_id)
    channels_of(world.settings, world.engine)["in_chat"].send(row, customer)


def follow_ups_said(world: World, key: str) -> list[str]:
    query = select(tables.Message.text).where(tables.Message.row_key == f"check_back:{key}")
    with world.read() as session:
        return list(session.exec(query))


def say_as_agent(world: World, customer: Customer, text: str = "All is well now.") -> None:
    with unit_of_work(world.engine) as session:
        add_message(session, customer.conversation, "agent", text, world.clock(), author="Mia")


def test_without_identity_or_ticket_nothing_is_unread(world: World) -> None:
    assert look(world).json() == {"unread": 0, "ticket": None}


def test_unknown_customer_has_nothing_unread_and_is_not_made_one(world: World) -> None:
    key = new_key()
    assert look(world, identity=world.identity(key)).json() == {"unread": 0, "ticket": None}
    with world.read() as session:
        assert not session.exec(select(tables.Customer).where(tables.Customer.customer_key == key)).all()


def test_follow_up_is_unread_until_this_browser_has_shown_it(world: World) -> None:
    key = new_key()
    customer = world.customer(key)
    deliver(world, key)
    assert unread(world, identity=world.identity(key)) == 1
    assert unread(world, ticket=ticket_of(customer)) == 1
    assert unread(world, identity=world.identity(key), after=newest(customer)) == 0


def test_first_look_with_an_identity_gives_the_ticket_of_the_next(world: World) -> None:
    key = new_key()
    world.customer(key)
    ticket = look(world, identity=world.identity(key)).json()["ticket"]
    deliver(world, key)
    world.clock.ahead = timedelta(hours=2)  # the identity has ended by now
    assert unread(world, ticket=ticket) == 1


def test_what_the_bot_said_is_unread_only_where_the_chat_was_shown_before(world: World) -> None:
    customer = world.customer()
    seen = newest(customer)
    customer.post("hello")
    customer.replies(1)
    assert unread(world, ticket=ticket_of(customer), after=seen) == 1
    assert unread(world, ticket=ticket_of(customer)) == 0


def test_writing_back_ends_what_was_unread(world: World) -> None:
    customer = world.customer()
    say_as_agent(world, customer)
    say_as_agent(world, customer, "Shall I send a new one?")
    assert unread(world, ticket=ticket_of(customer)) == 2
    customer.post("yes please")
    assert unread(world, ticket=ticket_of(customer)) == 0


def test_anonymous_visitors_ticket_counts_its_own_conversation_alone(world: World) -> None:
    visitor, other = world.visitor(), world.visitor()
    say_as_agent(world, other)
    assert unread(world, ticket=ticket_of(other)) == 1
    assert unread(world, ticket=ticket_of(visitor)) == 0


def test_another_customers_messages_are_never_counted(world: World) -> None:
    mine, theirs = new_key(), new_key()
    world.customer(mine), world.customer(theirs)
    deliver(world, theirs)
    assert unread(world, identity=world.identity(theirs)) == 1
    assert unread(world, identity=world.identity(mine)) == 0


def test_a_ticket_opens_no_conversation(world: World) -> None:
    customer = world.customer()
    headers = {"Authorization": f"Bearer {ticket_of(customer)}"}
    for path in ("/api/chat/events", f"/api/chat/conversations/{customer.conversation}"):
        assert world.http.get(path, headers=headers).status_code == 401
    assert look(world, identity=ticket_of(customer)).status_code == 401


def test_what_we_did_not_sign_for_this_is_no_ticket(world: World) -> None:
    key = new_key()
    customer = world.customer(key)
    secret = world.settings.secret("link_secret")
    with world.read() as session:
        who = session.exec(select(tables.Customer.id).where(tables.Customer.customer_key == key)).one()
    wrong = [
        customer.token,
        world.identity(key),
        unsubscribe_token(secret, who, "email"),
        ticket_of(customer)[:-4] + "AAAA",
        "x" * 5_000,
        "a.b.c",
    ]
    assert {look(world, ticket=ticket).status_code for ticket in wrong} == {401}


def test_a_ticket_ends(world: World) -> None:
    customer = world.customer()
    world.clock.ahead = timedelta(hours=12, minutes=1)
    assert look(world, ticket=ticket_of(customer)).status_code == 401


@pytest.mark.parametrize("after", [-1, "5", 2**31, True, 1.5])
def test_what_is_no_message_id_is_refused(world: World, after: object) -> None:
    answer = look(world, ticket=ticket_of(world.visitor()), after=after)
    assert answer.status_code == 422
    assert "after: expected" in answer.json()["error"]


def test_who_looks_too_often_waits_and_others_do_not(world: World) -> None:
    fast, calm = world.visitor(), world.visitor()
    answers = [look(world, ticket=ticket_of(fast)) for _ in range(32)]
    assert [answer.status_code for answer in answers] == [200] * 30 + [429] * 2
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert unread(world, ticket=ticket_of(calm)) == 0


def test_agents_reply_is_found_days_later(world: World) -> None:
    key = new_key()
    first = world.customer(key)
    first.post("is anyone there?")
    first.replies(1)
    say_as_agent(world, first)
    world.clock.ahead = timedelta(days=3)
    assert unread(world, identity=world.identity(key)) == 1
    assert world.customer(key).conversation == first.conversation


# in the browser, on a shop's own page


def test_loader_is_small_enough_for_any_shop() -> None:
    assert len(gzip.compress((STATIC / "widget.js").read_bytes())) < LARGEST_LOADER


@contextmanager
def working(world: World, folder: Path) -> Iterator[None]:
    """A real worker on this world's database."""
    url = world.engine.url.render_as_string(hide_password=False)
    env = environment(home=world.settings.home, database_url=url, worker_tick_seconds=0.2, hold_out_share=0)
    with running([sys.executable, "-m", "app.cli", "worker"], folder / "worker.log", env):
        yield


@pytest.fixture
def shop() -> Iterator[ShopPage]:
    with running_shop_page() as page:
        yield page


@pytest.fixture
def shop_world(shared_engine: Engine, tmp_path: Path, bot: FakeBot, shop: ShopPage) -> Iterator[World]:
    settings = demo_settings(tmp_path, bot).model_copy(update={"shop_origins": shop.url})
    with running_app(create_app(settings, shared_engine)) as url:
        world = World(url, shared_engine, settings, bot, Clock())
        yield world
        world.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:  # the fixture
    with quiet_page(browser) as page:
        yield page


def opener(page: Page, name: str):
    return page.get_by_role("button", name=name, exact=True)


@pytest.mark.parametrize("shared_engine", ["sqlite"], indirect=True)
class TestBadge:
    def test_follow_up_of_a_worker_shows_before_the_chat_was_ever_opened(
        self, shop_world: World, shop: ShopPage, page: Page, tmp_path: Path
    ) -> None:
        key = new_key()
        shop_world.customer(key)
        plan_follow_up(shop_world, key)
        shop.show_widget(shop_world.url, shop_world.identity(key))
        page.clock.install()
        with page.expect_response("**/api/chat/unread"):
            page.goto(shop.url)
        with working(shop_world, tmp_path):
            eventually(lambda: follow_ups_said(shop_world, key), within=30)
        page.clock.run_for(61_000)
        expect(opener(page, "Open chat, 1 unread")).to_be_visible()
        assert page.locator("iframe").count() == 0
        assert page.title() == "(1) Shop"

    def test_badge_is_the_same_after_reload_and_gone_once_seen(
        self, shop_world: World, shop: ShopPage, page: Page
    ) -> None:
        key = new_key()
        shop_world.customer(key)
        deliver(shop_world, key)
        shop.show_widget(shop_world.url, shop_world.identity(key))
        for _ in range(2):
            page.goto(shop.url)
            expect(opener(page, "Open chat, 1 unread")).to_be_visible()
        opener(page, "Open chat, 1 unread").click()
        expect(page.frame_locator("iframe").locator(".message.bot .text").last).to_contain_text("?")
        assert page.title() == "Shop"
        page.wait_for_function("localStorage.getItem('stayline-badge-seen')")
        with page.expect_response("**/api/chat/unread") as answer:
            page.reload()
        assert answer.value.json()["unread"] == 0
        expect(opener(page, "Open chat")).to_be_visible()

    def test_visitor_who_chatted_in_this_tab_sees_the_agents_reply_on_the_next_page(
        self, shop_world: World, shop: ShopPage, page: Page
    ) -> None:
        shop.show_widget(shop_world.url)
        page.goto(shop.url)
        opener(page, "Open chat").click()
        page.wait_for_function("sessionStorage.getItem('stayline-badge-ticket')")
        ticket = page.evaluate("JSON.parse(sessionStorage.getItem('stayline-badge-ticket'))")
        reader = read_ticket(shop_world.settings.secret("link_secret"), ticket, shop_world.clock())
        assert reader.conversation_id is not None
        with unit_of_work(shop_world.engine) as session:
            add_message(
                session, reader.conversation_id, "agent", "I am Mia.", shop_world.clock(), author="Mia"
            )
        page.goto("about:blank")
        page.goto(shop.url)
        expect(opener(page, "Open chat, 1 unread")).to_be_visible()

    def test_visitor_who_never_chatted_is_not_asked_about(
        self, shop_world: World, shop: ShopPage, page: Page
    ) -> None:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        shop.show_widget(shop_world.url)
        page.goto(shop.url)
        expect(opener(page, "Open chat")).to_be_visible()
        assert [url for url in asked if "/api/" in url] == []

    def test_only_the_shops_pages_may_read_the_number(self, shop_world: World, shop: ShopPage) -> None:
        def allowed(origin: str, path: str = "/api/chat/unread") -> str | None:
            answer = shop_world.http.post(path, json={}, headers={"Origin": origin})
            return answer.headers.get("access-control-allow-origin")

        assert allowed(shop.url) == shop.url
        assert allowed("https://elsewhere.example") is None
        assert allowed(shop.url, "/api/chat/sessions") is None
