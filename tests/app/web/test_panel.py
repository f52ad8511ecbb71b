"""The panel beside a case, and what an agent does there."""

from datetime import UTC, datetime, timedelta
from html import unescape

import httpx
import pytest
from sqlmodel import select

from app.web.customer_weeks import weeks_of
from app.web.panel_view import Panel, curve_of, reasons_of
from app.web.talk import Turn
from db import tables
from db.session import unit_of_work
from desk.hold_out import is_held_out
from tests.app.web.test_console import REASON, risky_case
from tests.app.web.world import Customer, World, new_key

KEY = {"key": "make-good-15"}


def free_customer(world: World) -> Customer:
    """One who is not in the hold-out."""
    policy = world.settings.policy
    while is_held_out(key := new_key(), policy.hold_out_key, policy.hold_out_share):
        pass
    return world.customer(key)


def claimed(world: World, customer: Customer) -> tuple[httpx.Client, str]:
    """An agent who has this customer's risky case, and the address of it."""
    at = f"/console/cases/{risky_case(world, customer, 'I am done waiting.')}"
    agent = world.agent("Mia")
    agent.post(f"{at}/claim")
    return agent, at


def post(agent: httpx.Client, at: str, act: str, /, **data: object) -> tuple[int, str]:
    answer = agent.post(f"{at}/{act}", data=data)
    return answer.status_code, unescape(answer.text)


def actions(world: World, at: str) -> list[str]:
    return [audit.action for audit in world.audits(f"case:{at.rsplit('/', 1)[1]}")]


def test_an_offer_that_an_agent_gives_reaches_the_customer_and_is_audited(world: World) -> None:
    customer = free_customer(world)
    agent, at = claimed(world, customer)
    assert "Recommended: 15 % off your next order" in unescape(agent.get(at).text)
    assert post(agent, at, "offer", **KEY, days=5)[0] == 303
    card = customer.transcript()[-1]
    assert (card["role"], card["author"], card["payload"]["offer"]["percent"]) == ("agent", "Mia", 15)
    accepted = customer.http.post(
        f"/api/chat/offers/{card['payload']['offer']['id']}/accept", headers=customer.headers
    )
    assert accepted.status_code == 200
    status, page = post(agent, at, "offer", **KEY, days=5)
    assert status == 409
    assert "This customer had an offer lately" in page
    assert actions(world, at) == ["claim", "give offer"]


def test_what_an_agent_declines_is_kept_with_the_reason_and_shown(world: World) -> None:
    agent, at = claimed(world, free_customer(world))
    assert post(agent, at, "offer/decline", **KEY, reason=" ")[0] == 422
    assert post(agent, at, "offer/decline", **KEY, reason="wants a refund")[0] == 303
    assert "not given, by Mia: wants a refund" in unescape(agent.get(at).text)
    assert actions(world, at) == ["claim", "decline offer"]


def test_a_follow_up_by_hand_is_due_where_the_customer_lives(world: World) -> None:
    customer = free_customer(world)
    agent, at = claimed(world, customer)
    with unit_of_work(world.engine) as session:
        conversation = session.get_one(tables.Conversation, customer.conversation)
        session.get_one(tables.Customer, conversation.customer_id).time_zone = "Asia/Shanghai"
    day = (world.clock() + timedelta(days=3)).date()
    assert post(agent, at, "follow-up", rule="check_back", day=day, hour="10:00")[0] == 303
    with world.read() as session:
        query = select(tables.FollowUp).where(tables.FollowUp.conversation_id == customer.conversation)
        row = session.exec(query).one()
    assert (row.status, f"{row.due_at:%H:%M}", row.due_at.date()) == ("pending", "02:00", day)
    assert "planned by Mia" in unescape(agent.get(at).text)
    assert actions(world, at) == ["claim", "plan follow-up"]


@pytest.mark.parametrize(
    ("data", "status", "sentence"),
    [
        ({"rule": "check_back", "day": "soon", "hour": "10:00"}, 422, "choose a day and a time"),
        ({"rule": "sing", "day": "{day}", "hour": "10:00"}, 409, "choose one of the rules"),
        ({"rule": "check_back", "day": "1999-01-01", "hour": "10:00"}, 409, "within 60 days"),
        ({"rule": "offer_reminder", "day": "{day}", "hour": "10:00"}, 409, "reminds of an offer"),
    ],
    ids=["no day", "no rule", "in the past", "no offer"],
)
def test_a_follow_up_that_cannot_be_is_refused_on_the_cases_own_page(
    world: World, data: dict[str, str], status: int, sentence: str
) -> None:
    agent, at = claimed(world, free_customer(world))
    day = f"{world.clock() + timedelta(days=3):%Y-%m-%d}"
    given = {name: value.format(day=day) for name, value in data.items()}
    assert post(agent, at, "follow-up", **given)[0] == status
    assert sentence in post(agent, at, "follow-up", **given)[1]
    assert actions(world, at) == ["claim"]


def test_a_contested_score_is_shown_as_such_until_a_person_has_reviewed_it(world: World) -> None:
    customer = free_customer(world)
    agent, at = claimed(world, customer)
    assert post(agent, at, "contest", reason="I only moved house")[0] == 303
    page = unescape(agent.get(at).text)
    assert "Contested: this score decides nothing" in page
    assert "I only moved house Written down by Mia" in page
    assert "recommends nothing" in page
    with world.read() as session:
        conversation = session.get_one(tables.Conversation, customer.conversation)
        query = select(tables.Contest).where(tables.Contest.customer_id == conversation.customer_id)
        contest = session.exec(query).one()
    assert contest.risk_id is not None
    jon = world.agent("Jon")
    assert post(jon, at, f"contests/{contest.id}", verdict="perhaps", reason="-")[0] == 422
    assert post(jon, at, f"contests/{contest.id}", verdict="upheld", reason="orders stopped in May")[0] == 303
    page = unescape(agent.get(at).text)
    assert "Contested and reviewed: may be used again" in page
    assert "Recommended: 15 % off" in page
    assert actions(world, at) == ["claim", "contest", "review contest"]


def test_a_contest_of_another_customer_is_not_found(world: World) -> None:
    agent, at = claimed(world, free_customer(world))
    post(agent, at, "contest", reason="no")
    other_agent, other = claimed(world, free_customer(world))
    with world.read() as session:
        newest = max(session.exec(select(tables.Contest.id)).all())
    assert post(other_agent, other, f"contests/{newest}", verdict="upheld", reason="-")[0] == 404


@pytest.mark.parametrize("act", ["offer", "offer/decline", "follow-up", "contest"])
def test_nobody_acts_on_a_case_that_is_not_theirs(world: World, act: str) -> None:
    _, at = claimed(world, free_customer(world))
    data = {**KEY, "days": 5, "reason": "r", "rule": "check_back", "day": "2030-01-01", "hour": "10:00"}
    assert post(world.agent("Jon"), at, act, **data)[0] == 403
    assert world.browser().post(f"{at}/{act}", data=data).status_code == 403  # from nowhere
    assert actions(world, at) == ["claim"]


def test_refusals_are_told_in_chinese_to_who_reads_it(world: World) -> None:
    agent, at = claimed(world, free_customer(world))
    agent.headers["Accept-Language"] = "zh-CN"
    assert "应为 1 至 14 天，收到的是 99" in post(agent, at, "offer", **KEY, days=99)[1]


def message(number: int, text: str, role: str = "customer") -> Turn:
    return Turn(f"m{number}", role, datetime.now(UTC), None, text)


def text_reason(size: float, quote: str) -> dict[str, object]:
    return {
        **REASON,
        "kind": "text",
        "factor": "words",
        "contribution": size,
        "quote": quote,
        "source": "chat",
    }


def test_reasons_raise_first_then_lower_each_the_strongest_first_with_their_size() -> None:
    stored = [REASON | {"contribution": size} for size in (-2.0, 0.5, 1.0)]
    told, _ = reasons_of(tables.Risk(reasons=stored), [], "en")
    assert [(one.raises, one.size) for one in told] == [(True, 0.5), (True, 0.25), (False, 1.0)]


def test_a_quote_leads_to_its_message_where_it_is_marked_and_nothing_runs() -> None:
    attack = "<img src=x onerror=alert(1)>"
    turns = [message(1, "hi"), message(2, f"{attack} I am done."), message(3, "I am done.", "bot")]
    told, quotes = reasons_of(tables.Risk(reasons=[text_reason(1.0, "I am done.")]), turns, "en")
    assert [one.turn for one in told] == ["m2"]
    marked = Panel("en", told, [], 0.7, quotes).marked(turns[1])
    assert marked == "&lt;img src=x onerror=alert(1)&gt; <mark>I am done.</mark>"


def test_the_same_words_twice_lead_to_two_messages_and_a_cut_quote_to_the_whole() -> None:
    long = "w" * 300
    turns = [message(1, "late again"), message(2, "late again"), message(3, long)]
    stored = [text_reason(3, "late again"), text_reason(2, "late again"), text_reason(1, long[:239] + "…")]
    told, _ = reasons_of(tables.Risk(reasons=stored), turns, "en")
    assert [one.turn for one in told] == ["m2", "m1", "m3"]


def test_the_curve_goes_up_with_the_risk_and_leaves_unknown_turns_out() -> None:
    points = curve_of([0.2, None, 0.8])
    assert [point.probability for point in points] == [0.2, 0.8]
    assert points[0].x < points[1].x
    assert points[0].y > points[1].y
    assert curve_of([]) == []


def test_a_customers_weeks_add_up_and_hold_the_newest_and_the_oldest_moment(world: World) -> None:
    customer, now = world.customer(), world.clock()
    with unit_of_work(world.engine) as session:
        who = session.get_one(tables.Conversation, customer.conversation).customer_id
        done = [("order", 0, 20.0), ("order", 181, 10.0), ("order", 200, 5.0), ("visit", 1, None),
                ("complaint", 8, None), ("rating", 8, 2.0), ("rating", 9, 4.0)]  # fmt: skip
        for number, (kind, days, value) in enumerate(done):
            when = now - timedelta(days=days)
            event = tables.Event(customer_id=who, time=when, kind=kind, value=value, row_key=f"w{number}")
            session.add(event)
        session.flush()
        weeks = weeks_of(session, who, now)
    assert len(weeks) == 26
    assert (weeks[-1].orders, weeks[-1].visits, weeks[-2].complaints, weeks[-2].rating) == (1, 1, 1, 3.0)
    assert (weeks[0].orders, weeks[0].spent, sum(week.orders for week in weeks)) == (1, 10.0, 2)
    assert weeks[0].rating is None
