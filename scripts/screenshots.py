"""Pictures of the demo shop for the README: start everything on a demo of its own, act, and take pictures.

Run by `make screenshots`; writes docs/*.png.
"""

import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from app.demo.logins import AGENTS, demo_password
from app.settings import Settings

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.processes import environment, free_port, running, stayline, wait_until  # noqa: E402

DOCS = ROOT / "docs"
HOME = ROOT / ".stayline-test" / "screenshots"
QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
SAID = (
    "Where is my order? It is late again.",
    "My last parcel came broken and three weeks late. I am done waiting.",
)


@contextmanager
def running_demo() -> Iterator[tuple[str, Settings]]:
    """A freshly filled demo shop, with what is slow to make kept from the last time."""
    HOME.mkdir(parents=True, exist_ok=True)
    for old in HOME.glob("*.db*"):
        old.unlink()
    settings = {
        "home": HOME,
        **{name: free_port() for name in ("web_port", "bot_port", "actions_port", "smtp_port")},
    }
    made = stayline("demo", timeout=1200, **settings)
    if made.returncode:
        raise SystemExit(made.stderr)
    url = f"http://127.0.0.1:{settings['web_port']}"
    command = [sys.executable, "-m", "app.cli", "run"]
    with running(command, HOME / "run.log", environment(**settings), stop_with=signal.SIGINT):
        wait_until(lambda: ready(url), 90, "readiness")
        yield url, Settings(home=HOME)


def ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def customer_writes(browser: Browser, url: str, who: str, said: tuple[str, ...]) -> Page:
    """The page on which this customer (or a visitor, for an empty `who`) has said these things."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.goto(f"{url}/?as={who}")
    page.get_by_role("button", name="Open chat").or_(page.get_by_role("button", name="打开聊天")).click()
    frame = page.frame_locator("iframe")
    frame.get_by_role("log").locator(":scope > *").first.wait_for()  # the greeting: now it listens
    box = frame.get_by_role("textbox")
    for text in said:
        box.fill(text)
        box.press("Enter")
        page.wait_for_timeout(2500)
    return page


def agent_looks(browser: Browser, url: str, settings: Settings) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 960})
    page.goto(f"{url}/console/login")
    page.locator("input[name=email]").fill(AGENTS[0][0])
    page.locator("input[name=password]").fill(demo_password(settings))
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/console")
    page.wait_for_timeout(500)
    page.screenshot(path=DOCS / "console-queue.png")
    page.locator("a[href*='/console/cases/']").first.click()
    page.wait_for_timeout(800)
    page.screenshot(path=DOCS / "console-case.png")


def main() -> None:
    DOCS.mkdir(exist_ok=True)
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("screenshots need Debian's chromium; see scripts/find-chromium")
    with running_demo() as (url, settings), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        customer_writes(browser, url, "", ("Can I talk to a human please?",))
        customer_writes(
            browser, url, "demo-wei", ("上次的茶有点贵，别家便宜不少", "客服一直没回我，算了，我去别家买")
        )
        customer_writes(browser, url, "demo-maya", SAID).screenshot(path=DOCS / "widget.png")
        agent_looks(browser, url, settings)
        browser.close()


if __name__ == "__main__":
    main()
