"""The line of the risk beside the turns, and the way to the turn that moved it."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from app.web.risk_line import EDGE, HEIGHT, WIDTH, Rise, RiskLine
from db import tables
from db.session import unit_of_work
from tests.app.web.browsing import quiet_page
from tests.app.web.test_console import REASON, risky_case
from tests.app.web.world import World
from tests.support.axe import violations


def line(*probabilities: float) -> RiskLine:
    return RiskLine(list(enumerate(probabilities, start=1)))


@pytest.mark.parametrize(
    ("probabilities", "rise"),
    [
        ((0.2, 0.5, 0.45, 0.9, 0.95), Rise(4, 0.45, 0.9)),
        ((0.2, 0.6, 0.2, 0.6), Rise(2, 0.2, 0.6)),
        ((0.9, 0.5, 0.3), None),
        ((0.5, 0.502), None),
        ((0.9,), None),
        ((), None),
    ],
    ids=["the largest", "the first of two alike", "only falls", "too little to see", "one turn", "no turn"],
)
def test_turn_that_moved_the_risk_is_the_one_of_the_largest_rise(
    probabilities: tuple[float, ...], rise: Rise | None
) -> None:
    assert line(*probabilities).rise == rise


def test_line_beside_a_turn_ends_with_that_turn_and_stays_in_its_picture() -> None:
    points = line(0.0, 1.0, *[0.5] * 10).until(2)
    assert points == [(EDGE, HEIGHT - EDGE), (WIDTH - EDGE, EDGE)]
    assert line(0.5).until(1) == [(WIDTH - EDGE, HEIGHT / 2)]
    assert line(0.5).until(7) == []
    assert len(line(*[0.5] * 30).until(30)) == 8


def long_case(world: World, probabilities: tuple[float, ...], between: int) -> int:
    """A case whose customer wrote a scored turn again and again, with so many other messages after each."""
    customer = world.customer()
    for number, probability in enumerate(probabilities):
        case = risky_case(world, customer, f"scored {number}", probability)
        with unit_of_work(world.engine) as session:
            session.add_all(
                tables.Message(
                    conversation_id=customer.conversation,
                    time=world.clock() + timedelta(microseconds=filler),
                    role="bot",
                    text="filler",
                )
                for filler in range(between)
            )
    return case


def test_page_tells_each_risk_with_its_line_and_the_largest_rise(world: World) -> None:
    case = long_case(world, (0.3, 0.72, 0.8), 1)
    page = world.agent().get(f"/console/cases/{case}").text
    assert page.count('class="trail"') == 3
    assert page.count("the risk rose most here, 30% → 72%") == 1
    assert "Jump to the turn that moved it: +42\u00a0%" in page


def test_the_rise_is_what_lies_between_the_percentages_that_are_shown(world: World) -> None:
    page = world.agent().get(f"/console/cases/{long_case(world, (0.923, 0.957), 1)}").text
    assert "the risk rose most here, 92% → 96%" in page
    assert "+4\u00a0%" in page


def test_reason_leads_to_words_that_are_further_back_than_the_page(world: World) -> None:
    case = long_case(world, (0.3, 0.8), 110)
    with unit_of_work(world.engine) as session:
        escalation = session.get_one(tables.Escalation, case)
        quoted = {**REASON, "kind": "text", "quote": "scored 0", "source": "chat"}
        session.get_one(tables.Risk, escalation.risk_id).reasons = [quoted]
    page = world.agent().get(f"/console/cases/{case}").text
    assert "Read it" in page
    assert ">scored 0<" not in page.split('id="transcript"')[1].split("</ol>")[0]


@pytest.mark.parametrize("shared_engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en-GB", "This is the turn that moved the risk most: from 20% to 71%."),
        ("zh-CN", "这是使风险上升最多的发言：从 20% 到 71%。"),
    ],
)
def test_agent_jumps_to_the_turn_that_moved_the_risk_however_far_back(
    world: World, browser: Browser, language: str, told: str
) -> None:
    case = long_case(world, (0.2, 0.71, 0.75), 150)
    agent = world.agent()
    with quiet_page(browser, locale=language) as page:
        token = agent.cookies["stayline_agent"]
        page.context.add_cookies([{"name": "stayline_agent", "value": token, "url": world.url}])
        page.goto(f"{world.url}/console/cases/{case}")
        turn = page.locator(".turn", has_text="scored 1")
        expect(turn).to_have_count(0)
        page.keyboard.press("Alt+r")
        expect(turn).to_be_focused()
        expect(turn).to_be_in_viewport()
        expect(page.locator("#jumped")).to_have_text(told)
        assert violations(page) == []
        page.locator("h1").click()
        page.locator("#to-rise").click()
        expect(turn).to_be_focused()
        assert turn.count() == 1
        page.goto(f"{world.url}{page.locator('#to-rise').get_attribute('href')}")  # as without scripts
        expect(turn).to_be_in_viewport()
