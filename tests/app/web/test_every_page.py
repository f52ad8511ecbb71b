"""No page that anybody may meet has a barrier or overflows: small pages, empty ones, refusals, what the demo sent, the report.

The queue, a case and the panel in their states are in test_console_in_browser and test_panel_in_browser, the widget in
test_widget_for_everybody.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from app.fakes import create_fakes
from app.report.files import write_report
from app.settings import Environment
from app.web import create_app
from risk_model.evaluation.goals import goals
from tests.app.test_report import NOW, REPORT, SEASON, TEXTBOOK
from tests.app.web.browsing import quiet_page
from tests.app.web.serving import running_app
from tests.app.web.test_overview import write_model
from tests.app.web.test_panel_in_browser import sign_in
from tests.app.web.test_preferences import customer
from tests.app.web.test_why_page import told
from tests.app.web.world import World, new_key
from tests.support.axe import violations

pytestmark = pytest.mark.parametrize("shared_engine", ["sqlite"], indirect=True)

LOOKS = {
    "light": {"viewport": {"width": 1280, "height": 900}},
    "dark and Chinese": {
        "viewport": {"width": 1280, "height": 900},
        "color_scheme": "dark",
        "locale": "zh-CN",
    },
    "narrow": {"viewport": {"width": 320, "height": 640}},
}
MAIL = (
    b"Subject: How is the teapot?\r\nTo: ana@example.com\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/alternative; boundary="x"\r\n\r\n'
    b"--x\r\nContent-Type: text/plain\r\n\r\nHello Ana\r\n"
    b"--x\r\nContent-Type: text/html\r\n\r\n<html lang=en><title>Hello</title><p>Hello Ana</p>\r\n--x--\r\n"
)


@pytest.fixture(params=LOOKS.values(), ids=LOOKS.keys())
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    with quiet_page(browser, **request.param) as page:
        yield page


class Found(dict[str, list[str]]):
    """What is wrong, by page."""

    def look(self, page: Page, address: str) -> None:
        page.goto(address)
        self.note(page, address)

    def note(self, page: Page, what: str) -> None:
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        if wrong := violations(page) + ["it is wider than the window"] * wide:
            self[what] = wrong


def test_pages_that_customers_meet_have_no_barrier(world: World, page: Page, tmp_path: Path) -> None:
    found = Found()
    for path in ("/", "/nothing-here", "/u/wrong"):
        found.look(page, world.url + path)
    for language in ("en", "zh"):
        _, link = customer(world, language=language)
        found.look(page, f"{world.url}{link}/preferences")
        page.locator("button").click()
        page.locator(".saved").wait_for()
        found.note(page, f"preferences saved, {language}")
        found.look(page, world.url + link)
        page.locator("button").click()
        page.locator(".card:has(h1):not(:has(button))").wait_for()
        found.note(page, f"unsubscribed, {language}")
    production = world.settings.model_copy(update={"env": Environment.PRODUCTION})
    with running_app(create_app(production, world.engine)) as front:
        found.look(page, front)
    assert found == {}


def test_pages_that_agents_and_leads_meet_have_no_barrier(world: World, page: Page) -> None:
    found, key = Found(), new_key()
    told(world, key)
    at = f"{world.url}/console"
    page.goto(f"{at}/login")
    page.locator("input[name=email]").fill("nobody@shop.example")
    page.locator("input[name=password]").fill("wrong")
    page.keyboard.press("Enter")
    page.locator(".refusal").wait_for()
    found.note(page, "login refused")
    sign_in(world, page)
    for path in (
        "", "?show=mine", "?show=snoozed", f"/customers/{key}/why", "/customers/nobody/why",
        "/rules/win_back", "/rules/none", "/overview", "/nothing-here",
    ):  # fmt: skip
        found.look(page, at + path)
    sign_in(world, page, "lead")
    write_model(world.settings.models)
    try:
        for path in ("/overview", "/overview?days=0", "/models", "/models/m1", "/models/none"):
            found.look(page, at + path)
    finally:
        (world.settings.models / "manifest.json").unlink()
    assert found == {}


@pytest.mark.usefixtures("shared_engine")
def test_what_the_demo_sent_and_the_report_have_no_barrier(page: Page, tmp_path: Path) -> None:
    found, name = Found(), "a" * 32
    with running_app(create_fakes(tmp_path / "mail")) as fakes:
        found.look(page, fakes)
        (tmp_path / "mail" / f"{name}.eml").write_bytes(MAIL)
        for path in ("/", f"/mails/{name}", "/mails/none"):
            found.look(page, fakes + path)
    write_report(tmp_path, [REPORT], TEXTBOOK, SEASON, goals([REPORT]), NOW)
    found.look(page, f"file://{tmp_path}/report.html")
    assert found == {}
