"""What an agent does in a case beside answering: notes, taking back, snoozing; and what customers see of it: nothing."""

import time
from datetime import timedelta

import pytest

from db import tables
from db.session import unit_of_work
from desk.escalations import Cause, open_escalation
from tests.app.web.world import Customer, World, eventually

SECRET = "likely to leave, be generous"


def claimed(world: World, customer: Customer, name: str = "Mia"):
    agent, case = world.agent(name), world.case(customer)
    agent.post(f"/console/cases/{case}/claim")
    return agent, case


def hold(world: World, customer: Customer, case: int, text: str) -> int:
    """An answer of the holder's that may still be taken back for five seconds."""
    with unit_of_work(world.engine) as session:
        escalation = session.get_one(tables.Escalation, case)
        held = tables.HeldReply(
            conversation_id=customer.conversation, escalation_id=case, agent_id=escalation.claimed_by,
            written_at=world.clock(), release_at=world.clock() + timedelta(seconds=5), text=text,
        )  # fmt: skip
        session.add(held)
        session.flush()
        return held.id


def test_note_is_shown_to_agents_and_reaches_neither_customer_nor_bot(world: World) -> None:
    customer = world.customer()
    agent, case = claimed(world, customer)
    with customer.events() as events:
        agent.post(f"/console/cases/{case}/note", data={"text": SECRET})
        agent.post(f"/console/cases/{case}/reply", data={"text": "Hello."})
        said = []
        while not said or said[-1]["text"] != "Hello.":
            said += [data for kind, _, data in [next(events)] if kind == "message"]
    assert SECRET not in str(said)
    assert "Hello." in str(said)
    assert SECRET not in str(customer.transcript())
    assert SECRET not in str(world.open(identity=None).opened)
    ticket = {"ticket": customer.opened["unread_ticket"], "after": said[0]["id"]}
    assert world.http.post("/api/chat/unread", json=ticket).json()["unread"] == 1  # the answer alone
    for reader in (agent, world.agent("Jon")):
        assert SECRET in reader.get(f"/console/cases/{case}").text
    agent.post(f"/console/cases/{case}/hand-back")
    customer.post("and now?")
    eventually(lambda: world.bot.heard(customer.conversation))
    assert SECRET not in str(world.bot.asked)


def test_any_agent_may_leave_a_note_and_an_empty_one_is_refused(world: World) -> None:
    _, case = claimed(world, world.customer())
    jon = world.agent("Jon")
    assert jon.post(f"/console/cases/{case}/note", data={"text": "seen this before"}).status_code == 303
    assert jon.post(f"/console/cases/{case}/note", data={"text": " "}).status_code == 422


def test_held_answer_is_seen_by_agents_alone_until_the_server_sends_it(world: World) -> None:
    customer = world.customer()
    agent, case = claimed(world, customer)
    hold(world, customer, case, "In a moment.")
    assert "In a moment." in agent.get(f"/console/cases/{case}").text
    assert customer.said("agent") == []
    world.clock.ahead += timedelta(seconds=6)
    eventually(lambda: customer.said("agent") == ["In a moment."])
    assert "Goes in a moment" not in agent.get(f"/console/cases/{case}").text


def test_taking_back_brings_the_words_and_later_is_told_that_they_have_gone(world: World) -> None:
    customer = world.customer()
    agent, case = claimed(world, customer)
    held = hold(world, customer, case, "Too early.")
    answer = agent.post(f"/console/cases/{case}/held/{held}/undo")
    assert answer.status_code == 200
    assert ">Too early.</textarea>" in answer.text
    again = agent.post(f"/console/cases/{case}/held/{held}/undo")
    assert again.status_code == 409
    assert "has gone to the customer already" in again.text
    world.clock.ahead += timedelta(seconds=6)
    time.sleep(0.7)
    assert customer.said("agent") == []


@pytest.mark.parametrize("act", ["hand-back", "resolve"])
def test_held_answer_goes_before_the_case_ends(world: World, act: str) -> None:
    customer = world.customer()
    agent, case = claimed(world, customer)
    hold(world, customer, case, "Good-bye.")
    agent.post(f"/console/cases/{case}/{act}", data={"verdict": "saved", "reason": "stays"})
    assert customer.said("agent") == ["Good-bye."]
    assert world.escalation(customer).answered_at is not None


def test_answer_with_an_unfilled_fact_is_kept_and_not_sent(world: World) -> None:
    customer = world.customer()
    agent, case = claimed(world, customer)
    answer = agent.post(f"/console/cases/{case}/reply", data={"text": "About order {order}"})
    assert answer.status_code == 422
    assert ">About order {order}</textarea>" in answer.text
    assert customer.said("agent") == []


def test_snoozed_case_comes_back_when_the_customer_writes(world: World) -> None:
    customer = world.customer()
    agent, case = claimed(world, customer)
    assert agent.post(f"/console/cases/{case}/snooze", data={"minutes": "60"}).status_code == 303
    assert f"/cases/{case}?show=snoozed" in agent.get("/console?show=snoozed").text
    assert f"/cases/{case}" not in agent.get("/console?show=mine").text
    customer.post("are you there?")
    assert f"/cases/{case}?show=mine" in agent.get("/console?show=mine").text


@pytest.mark.parametrize(
    "wrong",
    [{}, {"minutes": "soon"}, {"minutes": "-5"}, {"until": "yesterday"}, {"until": "2020-01-01T09:00"},
     {"minutes": "9" * 30}],
    ids=["nothing", "no number", "past", "no time", "long ago", "beyond time"],
)  # fmt: skip
def test_snooze_without_a_time_to_come_is_told_and_changes_nothing(
    world: World, wrong: dict[str, str]
) -> None:
    customer = world.customer()
    agent, case = claimed(world, customer)
    answer = agent.post(f"/console/cases/{case}/snooze", data=wrong)
    assert answer.status_code == 422
    assert "Nothing was changed" in answer.text
    assert world.escalation(customer).snoozed_until is None


def test_wall_clock_time_is_the_agents_own(world: World) -> None:
    customer = world.customer()
    agent, case = claimed(world, customer)
    there = world.clock() + timedelta(hours=10)  # the clock on the wall two hours east of UTC, in eight hours
    agent.post(f"/console/cases/{case}/snooze", data={"until": f"{there:%Y-%m-%dT%H:%M}", "offset": "-120"})
    until = world.escalation(customer).snoozed_until
    assert timedelta(hours=7, minutes=58) < until - world.clock() <= timedelta(hours=8)


def test_word_after_the_verdict_opens_a_case_and_the_bot_answers_meanwhile(world: World) -> None:
    customer = world.customer()
    agent, case = claimed(world, customer)
    agent.post(f"/console/cases/{case}/resolve", data={"verdict": "saved", "reason": "stays"})
    customer.post("one more thing")
    assert customer.replies(1)
    page = agent.get("/console?cause=returned").text
    assert "one more thing" in page
    assert "Wrote again" in page


def test_resolve_and_next_leads_to_the_next_of_the_same_queue(world: World) -> None:
    agent = world.agent()
    cases = []
    for priority in (2.0, 1.0):
        customer = world.customer()
        with unit_of_work(world.engine) as session:
            conversation = session.get_one(tables.Conversation, customer.conversation)
            escalation, _ = open_escalation(session, conversation, Cause.ASKED, world.clock())
            escalation.priority = priority
            cases.append(escalation.id)
        agent.post(f"/console/cases/{cases[-1]}/claim")
    done = {"verdict": "saved", "reason": "stays", "then": "next"}
    first = agent.post(f"/console/cases/{cases[0]}/resolve?show=mine", data=done)
    assert first.headers["location"] == f"/console/cases/{cases[1]}?show=mine"
    last = agent.post(f"/console/cases/{cases[1]}/resolve?show=mine", data=done)
    assert last.headers["location"] == "/console?show=mine"


def test_others_see_who_looks_and_who_writes_and_an_open_page_reads_the_news(world: World) -> None:
    customer = world.customer()
    mia, case = claimed(world, customer)
    jon = world.agent("Jon")
    customer.post("hello?")
    assert "1 unread" in mia.get("/console").text
    newest = customer.transcript()[-1]["id"]
    assert jon.post(f"/console/cases/{case}/here", data={"seen": newest}).status_code == 204
    assert "1 unread" in mia.get("/console").text  # the holder's eyes count
    assert mia.post(f"/console/cases/{case}/here", data={"writes": "yes", "seen": newest}).status_code == 204
    assert "1 unread" not in mia.get("/console").text
    assert "Mia is writing here." in jon.get(f"/console/cases/{case}").text
    page = mia.get(f"/console/cases/{case}").text
    assert "Jon is looking at this case." in page
    assert "Mia is" not in page
    jon.post(f"/console/cases/{case}/here", data={"left": "yes"})
    assert "Jon is looking" not in mia.get(f"/console/cases/{case}").text


@pytest.mark.parametrize(
    "query", ["show=everything", "page=-1", "page=x", "page=" + "9" * 40, "band=%00", "search=" + "x" * 5000,
              "language=fi", "cause=%27--"],
)  # fmt: skip
def test_address_that_asks_for_nonsense_shows_the_queue(world: World, query: str) -> None:
    assert world.agent().get(f"/console?{query}").status_code == 200


def test_search_comes_out_as_text(world: World) -> None:
    page = world.agent().get("/console", params={"search": '"><script>alert(1)</script>'}).text
    assert "<script>alert" not in page
    assert "No case matches the filter" in page


@pytest.mark.parametrize(
    ("query", "words", "next_step"),
    [
        ("show=mine", "You have no case", "open cases"),
        ("search=nobody-has-this-name", "No case matches the filter", "Clear the filter"),
    ],
)
def test_empty_queue_says_why_and_what_next(world: World, query: str, words: str, next_step: str) -> None:
    world.case(world.customer())
    world.case(world.customer())
    page = world.agent().get(f"/console?{query}").text
    assert words in page
    assert next_step in page


def test_customer_sees_the_agent_write_an_answer(world: World) -> None:
    customer = world.customer()
    agent, case = claimed(world, customer)
    with customer.events() as events:
        assert next(data for kind, _, data in events if kind == "state")["typing"] is False
        agent.post(f"/console/cases/{case}/here", data={"writes": "yes"})
        assert next(data for kind, _, data in events if kind == "state")["typing"] is True
        agent.post(f"/console/cases/{case}/here", data={"writes": ""})
        assert next(data for kind, _, data in events if kind == "state")["typing"] is False
