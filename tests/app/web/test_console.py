"""What agents see and do, and what nobody else may."""

import re
import threading
import time
from datetime import timedelta
from html import unescape

import httpx
import pytest
from sqlmodel import select

from app.web.login import hash_password
from db import tables
from db.session import unit_of_work
from desk.escalations import Cause, open_escalation
from desk.stale_cases import close_stale
from tests.app.web.world import PASSWORD, SAME_ORIGIN, Customer, World, read_events
from tests.support.timing import at_best

REASON = {
    "kind": "behaviour",
    "factor": "overdue",
    "contribution": 1.2,
    "values": {"recency_days": 74, "usual_gap_days": 21},
    "quote": None,
    "time": None,
    "source": None,
}


def risky_case(
    world: World, customer: Customer, text: str, probability: float = 0.78, value: float = 400
) -> int:
    """A case because of the risk of the customer's last message."""
    with unit_of_work(world.engine) as session:
        conversation = session.get_one(tables.Conversation, customer.conversation)
        message = tables.Message(
            conversation_id=conversation.id, time=world.clock(), role="customer", text=text
        )
        session.add(message)
        session.flush()
        assert conversation.customer_id is not None
        risk = tables.Risk(
            customer_id=conversation.customer_id,
            message_id=message.id,
            as_of=world.clock(),
            status="scored",
            horizon_days=60,
            probability=probability,
            low=0.64,
            high=0.88,
            reliability="medium",
            reliability_reason="few texts",
            reasons=[REASON],
            inputs={},
        )
        session.add(risk)
        session.flush()
        escalation, _ = open_escalation(
            session, conversation, Cause.RISK, world.clock(), risk=risk, value=value
        )
        assert escalation.id is not None
        return escalation.id


def test_case_appears_in_an_open_queue_within_two_seconds(world: World) -> None:
    agent = world.agent()
    with agent.stream("GET", "/console/events", timeout=8) as stream:
        events = read_events(stream.iter_lines())
        next(events)
        time.sleep(1.1)

        def appear() -> None:
            case = risky_case(world, world.customer(), "I will shop elsewhere")
            while f"/console/cases/{case}" not in agent.get("/console/queue").text:
                next(events)

        assert at_best(appear, 2) < 2


def test_queue_is_ordered_by_risk_times_value_and_says_why(world: World) -> None:
    cases = [
        risky_case(world, world.customer(), "small", 0.9, 10_000),
        risky_case(world, world.customer(), "large", 0.8, 90_000),
    ]
    page = world.agent().get("/console").text
    assert page.index(f"/cases/{cases[1]}") < page.index(f"/cases/{cases[0]}")
    assert "90%" in page
    assert "no order for 74 days; usual gap 21" in page


def test_case_shows_transcript_with_risk_range_and_reasons(world: World) -> None:
    case = risky_case(world, world.customer(), "I am tired of waiting")
    page = world.agent().get(f"/console/cases/{case}").text
    for expected in (
        "I am tired of waiting",
        "78%",
        "between 64% and 88%",
        "few texts",
        "no order for 74 days",
    ):
        assert expected in page


def test_scripts_in_messages_names_and_reasons_come_out_as_text(world: World) -> None:
    script = "<script>alert(1)</script><img src=x onerror=alert(1)>{{7*777}}"
    customer = world.customer()
    with unit_of_work(world.engine) as session:
        conversation = session.get_one(tables.Conversation, customer.conversation)
        session.get_one(tables.Customer, conversation.customer_id).name = script
    agent = world.agent(script)
    case = risky_case(world, customer, script)
    agent.post(f"/console/cases/{case}/claim")
    for path in ("/console", "/console/queue", f"/console/cases/{case}"):
        page = agent.get(path).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "5439" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_of_two_agents_who_claim_at_once_one_has_it_and_the_other_is_told(world: World) -> None:
    agents = {"Mia": world.agent("Mia"), "Jon": world.agent("Jon")}
    case = world.case(world.customer())
    answers: dict[str, httpx.Response] = {}

    def claim(name: str) -> None:
        answers[name] = agents[name].post(f"/console/cases/{case}/claim")

    threads = [threading.Thread(target=claim, args=(name,)) for name in agents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    statuses = {name: answer.status_code for name, answer in answers.items()}
    assert sorted(statuses.values()) == [303, 409]
    winner, loser = sorted(statuses, key=lambda name: statuses[name])
    assert f"{winner} has this case already." in answers[loser].text


def test_reply_reaches_the_customer_with_the_agents_name(world: World) -> None:
    customer, agent = world.customer(), world.agent("Mia")
    case = world.case(customer)
    agent.post(f"/console/cases/{case}/claim")
    agent.post(f"/console/cases/{case}/reply", data={"text": "I am looking into it."})
    last = customer.transcript()[-1]
    assert (last["role"], last["author"], last["text"]) == ("agent", "Mia", "I am looking into it.")


def test_only_the_holder_answers(world: World) -> None:
    customer = world.customer()
    case = world.case(customer)
    answer = world.agent().post(f"/console/cases/{case}/reply", data={"text": "my draft"})
    assert answer.status_code == 403
    assert "claim it first" in answer.text
    assert customer.said("agent") == []


def test_verdict_is_stored_as_a_label_and_audited(world: World) -> None:
    customer, agent = world.customer(), world.agent()
    case = world.case(customer)
    agent.post(f"/console/cases/{case}/claim")
    without = agent.post(f"/console/cases/{case}/resolve", data={"verdict": "saved", "reason": " "})
    assert without.status_code == 422
    agent.post(f"/console/cases/{case}/resolve", data={"verdict": "saved", "reason": "took the offer"})
    escalation = world.escalation(customer)
    assert escalation is not None
    assert (escalation.status, escalation.verdict, escalation.verdict_reason) == (
        "resolved",
        "saved",
        "took the offer",
    )
    assert world.conversation(customer).agent_id is None
    assert [audit.action for audit in world.audits(f"case:{case}")] == ["claim", "resolve"]


def test_case_without_a_scored_turn_shows_the_customers_risk_of_the_night(world: World) -> None:
    customer = world.customer()
    with unit_of_work(world.engine) as session:
        conversation = session.get_one(tables.Conversation, customer.conversation)
        escalation, _ = open_escalation(session, conversation, Cause.ASKED, world.clock())
        session.add(
            tables.Risk(
                customer_id=conversation.customer_id, as_of=world.clock() - timedelta(hours=5), status="scored",
                horizon_days=60, probability=0.37, reliability="high", reliability_reason="-", reasons=[REASON],
                inputs={},
            )
        )  # fmt: skip
    page = unescape(world.agent().get(f"/console/cases/{escalation.id}").text)
    assert "37%" in page
    assert "The night's score, as of" in page
    assert "no order for 74 days; usual gap 21" in page


def test_case_names_what_was_decided_and_the_question_that_was_asked_again(world: World) -> None:
    case = risky_case(world, world.customer(), "And the return policy?")
    with unit_of_work(world.engine) as session:
        escalation = session.get_one(tables.Escalation, case)
        for kind, reason, done in (
            (
                "care",
                "asked 3 times “<b>How</b> do I return it?”, bought nothing since; risk 0.40 is below 0.45",
                ["care"],
            ),
            ("offer", "risk 0.72: first turn at or above 0.70; a second one in a row escalates", []),
            ("escalate", "risk 0.78 is at or above 0.70 for the second turn in a row", ["escalation"]),
        ):
            session.add(
                tables.Decision(
                    customer_id=escalation.customer_id, conversation_id=escalation.conversation_id,
                    risk_id=escalation.risk_id, time=world.clock(), kind=kind, reason=reason, planned=done, carried_out=done,
                )
            )  # fmt: skip
            session.flush()
    page = world.agent().get(f"/console/cases/{case}").text
    assert "What was decided" in page
    assert "asked 3 times “&lt;b&gt;How&lt;/b&gt; do I return it?”, bought nothing since" in page
    assert "<strong>A colleague is needed</strong>: risk 0.78 is at or above 0.70 for the second turn" in page
    assert "first turn at or above" not in page


def test_case_closed_unanswered_says_so_and_is_counted(world: World) -> None:
    case = risky_case(world, world.customer(), "hello?")
    with unit_of_work(world.engine) as session:
        assert close_stale(session, timedelta(days=14), world.clock() + timedelta(days=15)) >= 1
    agent = world.agent()
    page = agent.get(f"/console/cases/{case}").text
    assert "Closed unanswered" in page
    assert "nobody answered; closed after 14 days" in page
    assert "Resolved: None" not in page
    counted = re.search(r"^stayline_unanswered_escalations (.+)$", world.http.get("/metrics").text, re.M)
    assert counted
    assert float(counted[1]) >= 1


def test_case_that_does_not_exist_is_a_page_that_says_so(world: World) -> None:
    agent = world.agent()
    for wrong in ("999999", "0", "10" * 20, "x"):
        answer = agent.get(f"/console/cases/{wrong}")
        assert answer.status_code == 404
        assert "text/html" in answer.headers["content-type"]


@pytest.mark.parametrize("path", ["/console", "/console/queue", "/console/cases/1"])
def test_without_a_session_every_page_leads_to_the_login(world: World, path: str) -> None:
    answer = world.http.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/console/login"


def test_revoked_session_is_refused_everywhere(world: World) -> None:
    agent = world.agent()
    stolen = world.browser(Cookie=f"stayline_agent={agent.cookies['stayline_agent']}")
    assert stolen.get("/console").status_code == 200
    assert agent.post("/console/logout").status_code == 303
    assert stolen.get("/console").status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {},
    ],
    ids=["cross-site", "sibling site", "other origin", "hidden origin", "says nothing"],
)
def test_form_from_another_origin_is_refused(world: World, headers: dict[str, str]) -> None:
    customer, agent = world.customer(), world.agent()
    case = world.case(customer)
    other = world.browser(Cookie=f"stayline_agent={agent.cookies['stayline_agent']}", **headers)
    assert other.post(f"/console/cases/{case}/claim").status_code == 403
    assert other.post("/console/logout").status_code == 403
    assert world.conversation(customer).agent_id is None


def test_form_with_our_own_origin_is_accepted_without_fetch_metadata(world: World) -> None:
    agent, case = world.agent(), world.case(world.customer())
    old = world.browser(Cookie=f"stayline_agent={agent.cookies['stayline_agent']}", Origin=world.url)
    assert old.post(f"/console/cases/{case}/claim").status_code == 303


def test_session_cookie_is_out_of_reach_of_scripts_and_other_sites(world: World) -> None:
    email = f"cookie-{time.monotonic_ns()}@shop.example"
    with unit_of_work(world.engine) as session:
        session.add(tables.Agent(email=email, name="Mia", password_hash=hash_password(PASSWORD)))
    browser = world.browser(**SAME_ORIGIN)
    answer = browser.post("/console/login", data={"email": email.upper(), "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    with world.read() as session:
        stored = session.exec(select(tables.AgentSession.token_hash)).all()
    assert browser.cookies["stayline_agent"] not in stored


def test_wrong_passwords_are_refused_alike_and_slowed(world: World) -> None:
    browser = world.browser(**SAME_ORIGIN)
    email = f"nobody-{time.monotonic_ns()}@shop.example"
    answers = [browser.post("/console/login", data={"email": email, "password": "guess"}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert "do not belong together" in answers[0].text
    assert answers[-1].headers["Retry-After"]
