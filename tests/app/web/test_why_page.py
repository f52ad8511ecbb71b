"""The page that says why a follow-up was sent or not."""

from datetime import timedelta

import pytest

from db import tables
from db.session import unit_of_work
from tests.app.web.world import World


def told(world: World, key: str) -> None:
    """A customer with a follow-up whose reason holds a script."""
    with unit_of_work(world.engine) as session:
        who = tables.Customer(customer_key=key)
        session.add(who)
        session.flush()
        now = world.clock()
        row = tables.FollowUp(
            idempotency_key=f"win_back:{key}",
            customer_id=who.id,
            rule="win_back",
            channel="email",
            details={},
            planned_at=now,
            due_at=now,
            not_after=now + timedelta(days=1),
            status="cancelled",
            status_reason="<script>alert(1)</script>",
        )
        session.add(row)
        session.flush()
        session.add(
            tables.GateAnswer(
                follow_up_id=row.id, customer_id=who.id, time=now, answer="never", reason="in the hold-out"
            )
        )


@pytest.mark.parametrize("key", ["why-1", "why/with a slash", "why<b>"])
def test_page_tells_rule_gate_and_end_as_text(world: World, key: str) -> None:
    told(world, key)
    page = world.agent().get(f"/console/customers/{key}/why")
    assert page.status_code == 200
    assert "Win back by e-mail" in page.text
    assert "never: in the hold-out" in page.text
    assert "<script>alert" not in page.text
    assert "why<b>" not in page.text


def test_customer_that_is_not_there_is_a_page_that_says_so(world: World) -> None:
    assert world.agent().get("/console/customers/nobody-at-all/why").status_code == 404


def test_without_a_session_the_page_leads_to_the_login(world: World) -> None:
    assert world.browser().get("/console/customers/x/why", follow_redirects=False).status_code == 303
