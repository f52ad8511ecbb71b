"""Who is typing: the customer is shown to the agent and the agent to the customer, for a few seconds, stored nowhere."""

import pytest
from playwright.sync_api import Browser, expect

from app.web.presence import WRITES_FOR
from app.web.rates import TYPING
from tests.app.web.browsing import quiet_page
from tests.app.web.test_case_acts import claimed
from tests.app.web.widget_page import Widget, show_shop
from tests.app.web.world import World, new_key, read_events

ONE_DATABASE = pytest.mark.parametrize("shared_engine", ["sqlite"], indirect=True)


def test_agents_stream_tells_that_the_customer_writes_and_nothing_is_kept(world: World) -> None:
    customer = world.customer()
    agent, case = claimed(world, customer)
    before = customer.transcript()
    with agent.stream("GET", f"/console/cases/{case}/events", timeout=8) as stream:
        events = read_events(stream.iter_lines())
        assert next(events)[0] == "changed"
        answer = customer.http.post("/api/chat/typing", json={}, headers=customer.headers)
        assert answer.status_code == 202
        assert "typing" in (kind for kind, *_ in events)
    assert customer.transcript() == before


def test_typing_needs_a_session_and_is_limited_for_that_session_alone(world: World) -> None:
    customer, other = world.customer(), world.customer()
    assert world.http.post("/api/chat/typing", json={}).status_code == 401
    codes = [
        world.http.post("/api/chat/typing", json={}, headers=customer.headers).status_code
        for _ in range(TYPING.amount + 1)
    ]
    assert codes == [202] * TYPING.amount + [429]
    assert world.http.post("/api/chat/typing", json={}, headers=other.headers).status_code == 202
    assert customer.post("still heard").status_code == 202


@ONE_DATABASE
def test_agents_typing_ends_by_itself(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("stream", "presence"):
        monkeypatch.setattr(f"app.web.{module}.WRITES_FOR", WRITES_FOR / 6)
    customer = world.customer()
    agent, case = claimed(world, customer)
    with customer.events() as events:
        states = (data["typing"] for kind, _, data in events if kind == "state")
        assert next(states) is False
        agent.post(f"/console/cases/{case}/here", data={"writes": "yes"})
        assert next(states) is True
        assert next(states) is False


@ONE_DATABASE
@pytest.mark.parametrize(
    ("language", "agent_writes", "customer_writes"),
    [("en", "Mia is writing", "is writing…"), ("zh", "Mia 正在输入", "正在输入…")],
)
def test_customer_and_agent_see_each_other_write(
    world: World, browser: Browser, language: str, agent_writes: str, customer_writes: str
) -> None:
    locale = {"en": "en-GB", "zh": "zh-CN"}[language]
    with quiet_page(browser, locale=locale) as shop, quiet_page(browser, locale=locale) as console:
        key = new_key()
        widget = Widget(shop).open(show_shop(world, shop, key, language))
        agent, case = claimed(world, world.customer(key))
        token = agent.cookies["stayline_agent"]
        console.context.add_cookies([{"name": "stayline_agent", "value": token, "url": world.url}])
        console.goto(f"{world.url}/console/cases/{case}")

        widget.input.press_sequentially("But")
        expect(console.locator("#typing")).to_contain_text(customer_writes, timeout=2000)
        widget.input.press("Enter")
        expect(console.locator(".turn.customer .text").last).to_have_text("But")
        expect(console.locator("#typing")).to_have_text("", timeout=1000)
        widget.input.press_sequentially("not sent")
        expect(console.locator("#typing")).to_contain_text(customer_writes, timeout=2000)
        expect(console.locator("#typing")).to_have_text("", timeout=7000)

        console.locator("#reply-text").press_sequentially("I am")
        expect(widget.find("#typing-label")).to_have_text(agent_writes)
        expect(widget.find("#typing-label")).to_be_visible()
        console.keyboard.press("Control+Enter")
        expect(widget.find(".message.agent .text").last).to_have_text("I am")
        expect(widget.find("#typing")).to_be_hidden(timeout=2000)
        console.locator("#reply-text").press_sequentially("left")
        expect(widget.find("#typing")).to_be_visible()
        expect(widget.find("#typing")).to_be_hidden(timeout=9000)
