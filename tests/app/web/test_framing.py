"""Whose pages may show the widget: in the policy a browser keeps, and in what the frame listens to."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import Engine

from app.web import create_app
from tests.app.web.browsing import quiet_page
from tests.app.web.conftest import demo_settings
from tests.app.web.serving import FakeBot, running_app
from tests.app.web.shop import ShopPage, running_shop_page
from tests.app.web.world import Clock, World

# the loader tells the frame to start as soon as it hears from it
TOLD_TO_START = """new Promise((resume) => {
    const ask = () => setTimeout(resume, 200);
    window.addEventListener("message", ({ data }) => data.type === "stayline:ready" && ask());
})"""
pytestmark = pytest.mark.parametrize("shared_engine", ["sqlite"], indirect=True)


@pytest.fixture
def shop() -> Iterator[ShopPage]:
    with running_shop_page() as page:
        yield page


@contextmanager
def world_for(origins: str, engine: Engine, home: Path, bot: FakeBot) -> Iterator[World]:
    settings = demo_settings(home, bot).model_copy(update={"shop_origins": origins})
    with running_app(create_app(settings, engine)) as url:
        world = World(url, engine, settings, bot, Clock())
        yield world
        world.close()


def test_only_the_widget_may_stand_in_a_frame_of_the_shop(
    shared_engine: Engine, tmp_path: Path, bot: FakeBot
) -> None:
    origins = "https://www.shop.example, https://shop.example:8443"
    with world_for(origins, shared_engine, tmp_path, bot) as world:
        widget = world.http.get("/widget").headers["content-security-policy"]
        login = world.http.get("/console/login").headers["content-security-policy"]
    assert "frame-ancestors 'self' https://www.shop.example https://shop.example:8443" in widget
    assert "frame-ancestors 'none'" in login


@pytest.mark.parametrize("how", ["defer", "async data-shop='tea'", ""])
def test_customer_chats_on_a_page_of_the_shop_that_holds_one_line(
    shared_engine: Engine,
    tmp_path: Path,
    bot: FakeBot,
    shop: ShopPage,
    browser: Browser,
    how: str,
) -> None:
    with world_for(shop.url, shared_engine, tmp_path, bot) as world, quiet_page(browser) as page:
        shop.show_widget(world.url, how=how)
        page.goto(shop.url)
        page.get_by_role("button", name="Open chat").click()
        frame = page.frame_locator("iframe")
        frame.locator("#input").fill("hello")
        frame.locator("#input").press("Enter")
        expect(frame.locator(".message.bot .text").last).to_have_text("You said: hello")
        assert world.url not in shop.url


def test_page_of_another_origin_gets_no_chat(
    shared_engine: Engine,
    tmp_path: Path,
    bot: FakeBot,
    shop: ShopPage,
    browser: Browser,
) -> None:
    origin = "https://www.shop.example"
    with world_for(origin, shared_engine, tmp_path, bot) as world, browser.new_context() as context:
        shop.show_widget(world.url)
        page = context.new_page()
        refusals: list[str] = []
        page.on("console", lambda message: refusals.append(message.text))
        page.goto(shop.url)
        with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
            page.get_by_role("button", name="Open chat").click()
        assert page.frame_locator("iframe").locator("#input").count() == 0


def test_frame_does_not_listen_to_a_page_that_is_not_named(world: World, browser: Browser) -> None:
    with browser.new_context(bypass_csp=True) as context, running_shop_page() as stranger:
        opened: list[str] = []
        page = context.new_page()
        page.on("request", lambda request: opened.append(request.url))
        page.route(f"{world.url}/widget", without_ancestors)
        stranger.show_widget(world.url)
        page.goto(stranger.url)
        told = page.evaluate_handle(f"({{ ready: {TOLD_TO_START} }})")
        page.get_by_role("button", name="Open chat").click()
        told.evaluate("(told) => told.ready")
        assert [url for url in opened if "/api/chat/sessions" in url] == []


def without_ancestors(route) -> None:
    """As if the browser kept no policy: the frame's own check is what is left."""
    answer = route.fetch()
    headers = {name: value for name, value in answer.headers.items() if name != "content-security-policy"}
    route.fulfill(response=answer, headers=headers)
