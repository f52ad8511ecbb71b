from datetime import timedelta

from sqlmodel import select

from db import tables
from db.session import unit_of_work
from desk import flow, outcomes
from desk.hold_out import is_held_out
from tests.desk.people import NOBODY_HELD_OUT, NOW, FixedScorer, customer, said


def test_the_hold_out_is_sticky_and_of_the_asked_share():
    held = [is_held_out(f"c{n}", b"key", 0.05) for n in range(20_000)]
    assert held == [is_held_out(f"c{n}", b"key", 0.05) for n in range(20_000)]
    assert 0.04 < sum(held) / len(held) < 0.06


def test_another_key_holds_out_other_customers():
    assert [is_held_out(f"c{n}", b"a", 0.5) for n in range(50)] != [
        is_held_out(f"c{n}", b"b", 0.5) for n in range(50)
    ]


def test_who_is_held_out_stays_so_when_the_share_grows():
    small = {n for n in range(2000) if is_held_out(str(n), b"key", 0.05)}
    assert small <= {n for n in range(2000) if is_held_out(str(n), b"key", 0.2)}


def decided(engine, order_after_days=None):
    with unit_of_work(engine) as session:
        who = customer(session)
        flow.handle(session, FixedScorer(0.9), said(session, who), NOW, NOBODY_HELD_OUT)
        if order_after_days is not None:
            later = NOW + timedelta(days=order_after_days)
            session.add(tables.Event(customer_id=who.id, time=later, kind="order", value=55, row_key="later"))


def measured(engine, days):
    with unit_of_work(engine) as session:
        outcomes.measure(session, NOW + timedelta(days=days))
        return [(row.kind, row.value) for row in session.exec(select(tables.Outcome))]


def test_an_order_after_the_decision_is_its_outcome_once(engine):
    decided(engine, order_after_days=10)
    assert measured(engine, 20) == [("bought_again", 55)]
    assert measured(engine, 30) == [("bought_again", 55)]


def test_no_order_by_the_end_of_the_horizon_is_leaving_and_before_it_is_nothing_yet(engine):
    decided(engine)
    assert measured(engine, 89) == []
    assert measured(engine, 91) == [("left", None)]
