"""A web process that is killed in mid-turn leaves nobody waiting: they are told once, and a human is asked for."""

import sys
import threading
from datetime import timedelta
from pathlib import Path

import httpx
from sqlmodel import select

from app.web.metrics import Metrics
from app.web.turns import owed
from app.web.unanswered import FIRST_LOOK_BACK, Sweep
from db import tables
from db.session import unit_of_work
from desk.conversations import add_message
from tests.app.web.world import Customer, World, eventually
from tests.support.processes import answers, environment, free_port, running, wait_until

WEB = [sys.executable, "-m", "app.cli", "web"]
LEFT = "Our assistant is not available right now."


def leave_unanswered(world: World, customer: Customer, text: str = "anyone?", **age: float) -> None:
    """As a process leaves it that was killed just after it had stored the message."""
    with unit_of_work(world.engine) as session:
        time = world.clock() - timedelta(**age or {"minutes": 1})
        add_message(session, customer.conversation, "customer", text, time, payload=owed(None))


def apologies(customer: Customer) -> int:
    return sum(text.startswith(LEFT) for text in customer.said("bot"))


def after_the_next_sweep(world: World) -> None:
    """Comes back when somebody who was left waiting just now has been answered."""
    somebody = world.visitor()
    leave_unanswered(world, somebody)
    eventually(lambda: apologies(somebody))


def test_killed_web_process_leaves_one_apology_and_one_case_whoever_starts_next(
    world: World, tmp_path: Path
) -> None:
    url = world.engine.url.render_as_string(hide_password=False)
    world.bot.delay = 60

    def web(name: str):
        port = free_port()
        env = environment(home=tmp_path, database_url=url, bot_port=world.bot.port, web_port=port)
        log = tmp_path / f"{name}.log"
        return running(WEB, log, env), f"http://127.0.0.1:{port}", log

    process, address, log = web("killed")
    with process as killed, httpx.Client(base_url=address, trust_env=False, timeout=20) as http:
        wait_until(lambda: answers(f"{address}/health/live"), 60, "the start", log)
        customer = Customer(http, http.post("/api/chat/sessions", json={}).json())
        assert customer.post("is anyone there?").status_code == 202
        wait_until(lambda: world.bot.heard(customer.conversation), 10, "the turn", log)
        killed.kill()
        killed.wait(10)
    first, second = web("first"), web("second")
    customer.http = world.http
    with first[0], second[0]:
        for _, address, log in (first, second):
            wait_until(lambda at=address: answers(f"{at}/health/live"), 60, "the start", log)
        wait_until(lambda: apologies(customer), 30, "the apology", first[2])
        after_the_next_sweep(world)
    assert apologies(customer) == 1
    assert customer.said("customer") == ["is anyone there?"]
    query = select(tables.Escalation).where(tables.Escalation.conversation_id == customer.conversation)
    with world.read() as session:
        assert [case.cause for case in session.exec(query)] == ["failure"]
    world.bot.delay = 0
    customer.post("hello again")
    eventually(lambda: "You said: hello again" in customer.said("bot"))


def test_many_sweeps_at_once_answer_once(world: World) -> None:
    customer = world.visitor()
    leave_unanswered(world, customer, "one")
    leave_unanswered(world, customer, "two")
    sweeps = [
        Sweep(world.engine, world.clock, lambda *_: None, Metrics(), timedelta(seconds=1)) for _ in range(6)
    ]
    threads = [threading.Thread(target=sweep.answer, args=(FIRST_LOOK_BACK,)) for sweep in sweeps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert apologies(customer) == 1


def test_turn_that_still_has_time_is_left_alone(world: World) -> None:
    customer = world.visitor()
    with world.clock.standing_still():
        leave_unanswered(world, customer, seconds=1)
        after_the_next_sweep(world)
        assert apologies(customer) == 0


def test_what_was_written_to_a_human_is_not_apologised_for_once_the_case_is_resolved(world: World) -> None:
    customer, agent = world.customer(), world.agent()
    case = world.case(customer)
    agent.post(f"/console/cases/{case}/claim")
    customer.post("thank you, that is all")
    agent.post(f"/console/cases/{case}/resolve", data={"verdict": "saved", "reason": "done"})
    world.clock.ahead = timedelta(minutes=5)
    after_the_next_sweep(world)
    assert apologies(customer) == 0


def test_nobody_is_told_while_a_human_has_the_chat(world: World) -> None:
    customer, agent = world.customer(), world.agent()
    agent.post(f"/console/cases/{world.case(customer)}/claim")
    leave_unanswered(world, customer)
    after_the_next_sweep(world)
    assert apologies(customer) == 0


def test_an_answered_message_is_left_alone(world: World) -> None:
    customer = world.customer()
    customer.post("hello")
    customer.replies(1)
    world.clock.ahead = timedelta(minutes=5)
    after_the_next_sweep(world)
    assert customer.said("bot")[1:] == ["You said: hello"]
