"""A real browser for tests, and a page on which nothing may go wrong."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
expect.set_options(timeout=15_000)  # a busy machine is slow; what comes at once is not waited for
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
    "--disable-component-update",
]
TELL_VIOLATIONS = """document.addEventListener("securitypolicyviolation",
    (event) => console.error(`violation ${event.violatedDirective} ${event.blockedURI}`))"""


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Skips the test, saying why, where there is no Chromium."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@contextmanager
def quiet_page(browser: Browser, **options: Any) -> Iterator[Page]:
    """A page of a context of its own. What goes wrong on any page of it fails the test at the end: an error, a dialog, a
    broken policy, a file that is not there, or a request to any other machine.
    """
    with browser.new_context(**{"locale": "en-US", **options}) as context:
        complaints: list[str] = []
        context.add_init_script(TELL_VIOLATIONS)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on(
            "console", lambda message: complaints.append(message.text) if _complains(message) else None
        )
        context.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
        context.on("request", lambda request: complaints.extend(_leaks(request)))
        context.on("response", lambda answer: complaints.extend(_lacks(answer)))
        yield context.new_page()
        assert complaints == [], complaints


def _complains(message: ConsoleMessage) -> bool:
    """An error that is not just an answer with an error status, which the browser notes as well."""
    return message.type == "error" and not message.text.startswith("Failed to load resource")


def _leaks(request: Request) -> list[str]:
    where = urlsplit(request.url)
    return [f"asks {request.url}"] if where.hostname not in (None, "127.0.0.1") else []


def _lacks(answer: Response) -> list[str]:
    is_part = answer.request.resource_type in ("image", "script", "stylesheet", "font", "media")
    return [f"{answer.status} {answer.url}"] if is_part and answer.status >= 400 else []
