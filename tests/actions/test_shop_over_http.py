"""The action server with a shop's own back end: it asks that one, in time, and locks nothing of ours meanwhile."""

import sys
import threading
import time
from contextlib import ExitStack

import pytest
from sqlmodel import select

from db import tables
from db.migrate import upgrade
from db.session import make_engine, unit_of_work
from tests.actions.test_action_server import SECRET, Server, fill, words
from tests.databases import fresh_database_url
from tests.support.back_end import reply, running_back_end
from tests.support.processes import answers, environment, free_port, running, wait_until

SHOP_SECRET = "a-secret-of-the-shop-that-is-long-enough"
ORDER = {
    "number": "B-2088", "status": "delayed", "placed_at": "2026-11-20T09:12:00Z", "items": "2 × Walnut shelf",
    "total": 118, "currency": "EUR",
}  # fmt: skip


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def both(request, tmp_path_factory):
    home = tmp_path_factory.mktemp("actions")
    with ExitStack() as stack:
        url = stack.enter_context(fresh_database_url(request.param, home))
        back_end = stack.enter_context(running_back_end())
        engine = make_engine(url)
        upgrade(engine)
        fill(engine)
        port, log = free_port(), home / "actions.log"
        env = environment(
            home=home,
            database_url=url,
            action_secret=SECRET,
            actions_port=port,
            shop_api_url=f"{back_end.url}/support",
            shop_api_secret=SHOP_SECRET,
        )
        stack.enter_context(running([sys.executable, "-m", "actions.server"], log, env))
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/health"), 60, "the action server's start", log)
        yield Server(engine, f"http://127.0.0.1:{port}", SECRET, home), back_end
        engine.dispose()


def test_an_order_is_told_as_the_back_end_knows_it(both):
    server, back_end = both
    back_end.always({"customer_key": "ana", "orders": [ORDER]})
    told = words(server.call("action_order_status", server.said("where is it?")))
    assert "B-2088 (2 × Walnut shelf) is running late" in told
    assert "SL-" not in told, "our own tables know others"
    asked = back_end.asked[-1]
    assert (asked.path, asked.headers["Authorization"]) == (
        "/support/customers/ana/orders",
        f"Bearer {SHOP_SECRET}",
    )


def test_an_anonymous_visitor_makes_no_request(both):
    server, back_end = both
    before = len(back_end.asked)
    assert "signed in" in words(server.call("action_order_status", server.said("where is it?", key=None)))
    assert len(back_end.asked) == before


def test_a_back_end_that_hangs_is_said_to_be_out_of_reach_and_no_other_chat_waits_for_it(both):
    server, back_end = both
    # a disk that stalls for a moment makes one write late; a lock held until the deadline makes all of them late
    assert any(seconds_to_write_while_it_hangs(server, back_end) < 1 for _ in range(3))


def seconds_to_write_while_it_hangs(server, back_end):
    asked, go_on = threading.Event(), threading.Event()

    def hang(_asked: object, _handler: object) -> None:
        asked.set()
        go_on.wait(10)

    back_end.answer = hang
    message = server.said("where is it?")
    told: list[str] = []
    question = threading.Thread(
        target=lambda: told.append(words(server.call("action_order_status", message)))
    )
    question.start()
    assert asked.wait(10)
    began = time.monotonic()
    with unit_of_work(server.engine) as session:  # whoever else writes
        session.exec(select(tables.Customer)).first().name = "Ana"
    waited = time.monotonic() - began
    question.join()
    go_on.set()
    assert "cannot reach the shop's records" in told[0]
    return waited


def test_the_log_names_no_customer_and_no_order(both):
    server, _back_end = both
    server.call("action_order_status", server.said("?"), entities={"order_number": "B-2088"})
    log = (server.home / "actions.log").read_text()
    assert "The shop's back end, asked to list orders: no answer within 1.5 s" in log
    assert not any(word in log for word in ("customers/", "B-2088", SHOP_SECRET))


def test_the_answer_comes_again_once_the_back_end_does(both):
    server, back_end = both
    back_end.answer = lambda asked, handler: reply({"customer_key": "ana", "order": ORDER})
    told = words(server.call("action_order_status", server.said("?"), entities={"order_number": "b 2088"}))
    assert "B-2088" in told
