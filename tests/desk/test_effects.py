"""What offers did, told only where there is enough to tell."""

from datetime import timedelta

import pytest

from db import tables
from db.session import unit_of_work
from desk.effects import Effect, Group, Uptake, measured_effect, uptake, usual_order, wilson
from desk.outcomes import BOUGHT_AGAIN, LEFT
from tests.desk.people import NOW, customer, said


@pytest.fixture
def session(engine):
    with unit_of_work(engine) as opened:
        yield opened


def measured(session, key, held_out, outcome, kind="offer", days=0):
    who = session.get(tables.Customer, key) if isinstance(key, int) else customer(session, key)
    conversation_id = said(session, who).conversation_id
    risk = tables.Risk(
        customer_id=who.id, as_of=NOW, status="scored", probability=0.7, horizon_days=30,
        reliability="high", reliability_reason="-", reasons=[], inputs={},
    )  # fmt: skip
    session.add(risk)
    session.flush()
    decision = tables.Decision(
        customer_id=who.id, conversation_id=conversation_id, risk_id=risk.id, time=NOW + timedelta(days=days),
        kind=kind, reason="-", held_out=held_out, planned=[], carried_out=[],
    )  # fmt: skip
    session.add(decision)
    session.flush()
    session.add(tables.Outcome(customer_id=who.id, decision_id=decision.id, kind=outcome, time=NOW))
    session.flush()
    return who.id


def test_customers_are_compared_by_their_first_decision_that_called_for_an_offer(session):
    ana = measured(session, "ana", False, LEFT)
    measured(session, ana, False, BOUGHT_AGAIN, days=5)
    measured(session, "bo", True, BOUGHT_AGAIN)
    measured(session, "cy", False, BOUGHT_AGAIN, kind="care")
    effect = measured_effect(session)
    assert (effect.offered.customers, effect.offered.stayed) == (1, 0)
    assert (effect.held_out.customers, effect.held_out.stayed) == (1, 1)
    assert not effect.known


def test_an_effect_is_known_from_thirty_customers_of_each_group_on(session):
    for number in range(30):
        measured(session, f"offered-{number}", False, BOUGHT_AGAIN if number < 20 else LEFT)
        measured(session, f"held-{number}", True, BOUGHT_AGAIN if number < 10 else LEFT)
    effect = measured_effect(session)
    assert effect.known
    assert effect.gain == pytest.approx(1 / 3)
    low, high = effect.interval
    assert 0 < low < effect.gain < high


def test_the_interval_of_a_gain_is_as_newcombe_gives_it():
    published = {(56, 70, 48, 80): (0.0524, 0.3339), (9, 10, 3, 10): (0.1705, 0.8090)}  # his table II
    for (a, m, b, n), interval in published.items():
        assert Effect(Group(m, a), Group(n, b)).interval == pytest.approx(interval, abs=0.0001)


def test_the_score_interval_of_a_share_is_as_wilson_gives_it():
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=0.0001)  # Newcombe 1998, his first example
    assert wilson(0, 20)[0] == 0


def test_uptake_counts_what_has_ended_or_was_taken(session):
    who = customer(session)
    conversation_id = said(session, who).conversation_id
    for number, status in enumerate(("accepted", "expired", "declined", "made", "withheld", "later")):
        session.add(
            tables.Offer(
                customer_id=who.id, conversation_id=conversation_id, catalogue_key="thank-you-10", title="-",
                percent=10, code=str(number), status=status, made_at=NOW, expires_at=NOW,
            )
        )  # fmt: skip
    session.flush()
    assert uptake(session, "thank-you-10") == Uptake(ended=3, accepted=1)
    assert usual_order(session, who.id) == 20
