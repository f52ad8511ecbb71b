"""Pictures of the demo shop for the README: start everything on a demo of its own, act, and take pictures.

Run by `make screenshots`; writes docs/*.png.
"""

import re
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, FrameLocator, Page, sync_playwright
from sqlmodel import col, select

from app.demo.logins import AGENTS, demo_password
from app.settings import Settings
from app.web.identity import mint_identity
from db import tables
from db.session import make_engine, read_only

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.chat import Chat  # noqa: E402
from tests.support.processes import environment, free_port, running, stayline, wait_until  # noqa: E402

DOCS = ROOT / "docs"
HOME = ROOT / ".stayline-test" / "screenshots"
QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
ROBIN, MEI = (email for email, _ in AGENTS)  # an agent, and a lead
DESK = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 360, "height": 640}, "device_scale_factor": 2}
CHINESE = {"locale": "zh-CN"}
DARK = {"color_scheme": "dark"}
OTHERS = {  # who fills the queue, by language
    "en": (
        "My parcel is a week late and nobody answers. Can I talk to a person?",
        "The price went up again. Let me talk to a human, please.",
        "Where is my refund? I want to speak to somebody.",
    ),
    "zh": ("等了三周还没收到货，我要找人工客服", "茶叶受潮了，请帮我转人工客服"),
}


@contextmanager
def running_demo(home: Path) -> Iterator[tuple[str, Settings]]:
    """A freshly filled demo shop, with what is slow to make kept from the last time."""
    home.mkdir(parents=True, exist_ok=True)
    for old in home.glob("*.db*"):
        old.unlink()
    settings = {
        "home": home,
        **{name: free_port() for name in ("web_port", "bot_port", "actions_port", "smtp_port")},
    }
    made = stayline("demo", timeout=1200, **settings)
    if made.returncode:
        raise SystemExit(made.stderr)
    url = f"http://127.0.0.1:{settings['web_port']}"
    command = [sys.executable, "-m", "app.cli", "run"]
    with running(command, home / "run.log", environment(**settings), stop_with=signal.SIGINT):
        wait_until(lambda: ready(url), 180, "readiness")
        yield url, Settings(home=home)


def ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def take(page: Page, name: str) -> None:
    page.mouse.move(1, 1)  # nothing is pointed at
    page.wait_for_timeout(600)
    page.screenshot(path=DOCS / f"{name}.png", animations="disabled", caret="hide")


# customers


def chat_of(page: Page) -> FrameLocator:
    return page.frame_locator("iframe")


def open_chat(page: Page) -> None:
    page.get_by_role("button", name=re.compile("Open chat|打开聊天")).click()
    chat_of(page).locator("#send:enabled").wait_for()


def write(page: Page, text: str) -> None:
    """Write it, and wait until the assistant has finished."""
    box, answers = chat_of(page).locator("#input"), chat_of(page).locator(".message.bot")
    before = answers.count()
    box.fill(text)
    box.press("Enter")
    answers.nth(before).wait_for()
    chat_of(page).locator("#typing").wait_for(state="hidden")
    page.wait_for_timeout(800)


def customer(browser: Browser, url: str, who: str, *said: str, **options: Any) -> Page:
    """The page on which this customer (or a visitor, for an empty `who`) has said these things."""
    page = browser.new_context(**{"locale": "en-GB", **DESK, **options}).new_page()
    page.goto(f"{url}/?as={who}")
    open_chat(page)
    for text in said:
        write(page, text)
    return page


def fill_the_queue(url: str, settings: Settings) -> None:
    """Some of whom the model is not sure ask for a person, once the worker has scored enough of the shop."""
    secret, lines = settings.secret("identity_secret"), [*OTHERS["en"], *OTHERS["zh"]]
    wait_until(lambda: len(customers_in_doubt(settings)) == len(lines), 180, "scoring some of the customers")
    for key, words in zip(customers_in_doubt(settings), lines, strict=True):
        chat = Chat(url, mint_identity(secret, key, datetime.now(UTC)))
        posted = chat.say(words)
        chat.wait_for(lambda one, after=posted["id"]: one["role"] == "bot" and one["id"] > after)
        chat.close()


def customers_in_doubt(settings: Settings) -> list[str]:
    """For each of the lines the key of one who may leave or stay, the most valuable first."""
    customer, risk = tables.Customer, tables.Risk
    keys: list[str] = []
    with read_only(make_engine(settings.database)) as session:
        for language, lines in OTHERS.items():
            query = (
                select(customer.customer_key)
                .join(risk)
                .where(customer.language == language, col(risk.probability).between(0.4, 0.85))
                .order_by(col(customer.value).desc())
                .limit(len(lines))
            )
            keys += session.exec(query)
    return keys


def take_stars(browser: Browser, url: str) -> None:
    page = customer(browser, url, "demo-wei", "我的订单在哪里？", "谢谢，再见", **PHONE, **CHINESE)
    chat_of(page).get_by_role("radio").nth(3).check()
    take(page, "widget-stars-zh")


def take_cut_line(browser: Browser, url: str) -> None:
    page = customer(browser, url, "demo-ana", "Where is my order?", **PHONE)
    page.context.set_offline(True)
    chat_of(page).locator("#input").fill("Can it go to my neighbour?")
    chat_of(page).locator("#input").press("Enter")
    chat_of(page).locator(".failed").wait_for()
    chat_of(page).locator("#input").press_sequentially("Number 14")
    take(page, "widget-offline")


# agents


def console(browser: Browser, url: str, settings: Settings, email: str, **options: Any) -> Page:
    page = browser.new_context(**{"locale": "en-GB", **DESK, **options}).new_page()
    page.goto(f"{url}/console/login")
    page.locator("input[name=email]").fill(email)
    page.locator("input[name=password]").fill(demo_password(settings))
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/console")
    return page


def open_case(page: Page, url: str, name: str) -> None:
    page.goto(f"{url}/console")
    page.locator("a[href*='/console/cases/']", has_text=name).click()
    page.wait_for_load_state()


def take_over(page: Page, answer: str) -> None:
    page.get_by_role("button", name="Claim this case").click()
    page.locator("#reply-text").fill(answer)
    page.keyboard.press("Control+Enter")


def resolve_last(page: Page, url: str) -> None:
    """The case at the end of the queue is answered and done."""
    page.goto(f"{url}/console")
    case = url + str(page.locator("a[href*='/console/cases/']").last.get_attribute("href"))
    for act, form in (
        ("claim", {}),
        ("reply", {"text": "It is on its way to you."}),
        ("resolve", {"verdict": "saved", "reason": "refund paid"}),
    ):
        page.request.post(f"{case.split('?')[0]}/{act}", form=form, headers={"Origin": url})


def take_console(browser: Browser, url: str, settings: Settings) -> None:
    robin = console(browser, url, settings, ROBIN)
    take(robin, "console-queue")
    open_case(robin, url, "Maya")
    take(robin, "console-case")
    resolve_last(robin, url)
    phone = console(browser, url, settings, ROBIN, **PHONE, **DARK)
    open_case(phone, url, "Maya")
    phone.locator("#reasons").evaluate("(one) => one.scrollIntoView()")
    take(phone, "console-panel-dark")
    chinese = console(browser, url, settings, ROBIN, **PHONE, **CHINESE)
    take(chinese, "console-phone-zh")
    lead = console(browser, url, settings, MEI, **DARK)
    lead.goto(f"{url}/console/overview?days=7")
    take(lead, "console-overview-dark")
    lead.emulate_media(color_scheme="light")
    lead.locator("a[href*='/console/models/']").first.click()
    lead.wait_for_load_state()
    take(lead, "console-model")


def take_all(browser: Browser, url: str, settings: Settings) -> None:
    fill_the_queue(url, settings)
    take_stars(browser, url)
    take_cut_line(browser, url)
    maya = customer(browser, url, "demo-maya", "Where is my order? It is late again.")
    take(maya, "widget-offer")
    write(maya, "The teapot arrived broken. I am done with this shop.")
    maya.keyboard.press("Escape")
    robin = console(browser, url, settings, ROBIN)
    open_case(robin, url, "Maya")
    take_over(
        robin, "I am Robin, and I am sorry about the teapot. A new one leaves today; keep the broken one."
    )
    maya.get_by_role("button", name="1 unread").wait_for()
    take(maya, "widget-closed")
    person = customer(browser, url, "demo-maya", **PHONE, **DARK)
    take(person, "widget-person-dark")
    take_console(browser, url, settings)


def main(home: Path = HOME) -> None:
    DOCS.mkdir(exist_ok=True)
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("screenshots need Debian's chromium; see scripts/find-chromium")
    with running_demo(home) as (url, settings), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        take_all(browser, url, settings)
        browser.close()


if __name__ == "__main__":
    main()
