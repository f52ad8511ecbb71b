"""The calls that a case asks for, and ticking off how each went."""

from datetime import timedelta

import pytest
from sqlmodel import select

from app.channels.phone import Phone
from db import tables
from db.session import unit_of_work
from desk.consent import Purpose, answer
from desk.why import why
from tests.app.web.world import World, new_key

PHONE = "(0151) 234-56789"


@pytest.fixture
def call(world: World):
    """The case of a call that is due, and the follow-up behind it."""
    now = world.clock()
    with unit_of_work(world.engine) as session:
        who = tables.Customer(customer_key=new_key(), phone=PHONE, country="DE")
        session.add(who)
        session.flush()
        row = tables.FollowUp(
            idempotency_key=f"check_back:{who.customer_key}", customer_id=who.id, rule="check_back", channel="phone",
            details={}, planned_at=now, due_at=now, not_after=now + timedelta(days=1), status="sent", sent_at=now,
        )  # fmt: skip
        session.add(row)
    receipt = Phone(world.engine).send(row, who)
    with unit_of_work(world.engine) as session:
        session.get_one(tables.FollowUp, row.id).provider_id = receipt.provider_id
    return receipt.provider_id.removeprefix("case:"), row


def tick(agent, case: str, row: tables.FollowUp, result: str):
    return agent.post(f"/console/cases/{case}/calls/{row.id}", data={"result": result})


def events(world: World, row: tables.FollowUp) -> list[str]:
    query = select(tables.Event.kind).where(tables.Event.customer_id == row.customer_id)
    with world.read() as session:
        return list(session.exec(query.order_by(tables.Event.id)))


def test_a_case_shows_whom_to_call_and_which_rule_asks_for_it(world: World, call) -> None:
    case, _ = call
    page = world.agent().get(f"/console/cases/{case}").text
    assert f'href="tel:+4915123456789">{PHONE}</a>' in page
    assert "for the rule check back" in page
    assert "Claim the case to call" in page


def test_calls_are_ticked_off_and_kept_as_answers_and_events(world: World, call) -> None:
    case, row = call
    agent = world.agent("Mia")
    agent.post(f"/console/cases/{case}/claim")
    assert [tick(agent, case, row, result).status_code for result in ("not_reached", "reached")] == [303, 303]
    assert events(world, row) == ["call_not_reached", "call_reached"]
    page = agent.get(f"/console/cases/{case}").text
    assert "not reached, noted by Mia" in page
    with world.read() as session:
        told = why(session, session.get_one(tables.Customer, row.customer_id).customer_key)
    assert [(said.answer, said.reason) for said in told[0].answers] == [
        ("called", "not reached, noted by Mia"),
        ("called", "reached, noted by Mia"),
    ]
    assert told[0].end.endswith("called: reached")


def test_who_wants_no_calls_is_not_shown_to_be_called_again(world: World, call) -> None:
    case, row = call
    agent = world.agent()
    agent.post(f"/console/cases/{case}/claim")
    assert tick(agent, case, row, "do_not_call").status_code == 303
    with world.read() as session:
        given = {
            channel: answer(session, row.customer_id, Purpose.FOLLOW_UP, channel)
            for channel in ("phone", "email")
        }
    assert (given, events(world, row)) == ({"phone": False, "email": None}, ["unsubscribed"])
    page = agent.get(f"/console/cases/{case}").text
    assert "Do not call:" in page
    assert "tel:" not in page


def test_only_who_holds_the_case_ticks_off_and_only_its_own_calls(world: World, call) -> None:
    case, row = call
    agent = world.agent()
    assert tick(agent, case, row, "reached").status_code == 403
    agent.post(f"/console/cases/{case}/claim")
    assert tick(agent, case, row, "maybe").status_code == 422
    other = world.case(world.customer())
    agent.post(f"/console/cases/{other}/claim")
    assert tick(agent, str(other), row, "reached").status_code == 404
    assert events(world, row) == []
