"""The widget in a real browser: how a customer opens it, writes, and what is on the screen then."""

import re
from dataclasses import dataclass

from playwright.sync_api import FrameLocator, Locator, Page, expect

from tests.app.web.world import World

OPENERS = re.compile("Open chat|打开聊天")


@dataclass
class Widget:
    """The open widget on the demo shop's page."""

    page: Page

    @property
    def frame(self) -> FrameLocator:
        return self.page.frame_locator("iframe")

    @property
    def input(self) -> Locator:
        return self.frame.locator("#input")

    def open(self, url: str) -> "Widget":
        self.page.goto(url)
        return self.press_launcher()

    def press_launcher(self) -> "Widget":
        self.page.get_by_role("button", name=OPENERS).click()
        expect(self.frame.locator(".message").first).to_be_visible()
        expect(self.frame.locator("#send")).to_be_enabled()
        return self

    def say(self, text: str) -> None:
        self.input.fill(text)
        self.input.press("Enter")

    def said(self, role: str = "") -> list[str]:
        return self.frame.locator(f".message{role and '.' + role} .text").all_inner_texts()

    def find(self, selector: str) -> Locator:
        return self.frame.locator(selector)


def show_shop(world: World, page: Page, key: str, language: str = "en") -> str:
    """The address of a shop's page on which this customer is signed in."""
    address = f"{world.url}/our-shop"
    script = f'<script src="/widget.js" data-identity="{world.identity(key)}" data-language="{language}" defer></script>'
    html = f'<!doctype html><html lang="{language}"><title>Shop</title>{script}<h1>Tea</h1></html>'
    page.route(address, lambda route: route.fulfill(body=html, content_type="text/html"))
    return address
