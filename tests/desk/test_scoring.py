"""Everyone's scores, batch by batch."""

from datetime import timedelta

import pytest

from db import tables
from db.session import unit_of_work
from desk.consent import Purpose, record
from desk.scoring import score_all
from risk_model.progress import quiet
from risk_model.scorer import NoModel
from tests.desk.people import NOW, customer, said


@pytest.fixture
def shop(engine):
    """Seven customers, ingested in no order of their keys: one joins later, one refused, one only asked about mail."""
    with unit_of_work(engine) as session:
        who = {
            key: customer(session, key, joined_at=NOW - timedelta(days=9))
            for key in ("g", "b", "Z", "é", "c")
        }
        session.add(tables.Customer(customer_key="later", joined_at=NOW + timedelta(days=1)))
        said(session, customer(session, "a"), "hello")
        record(session, who["b"].id, Purpose.PROFILING, False, NOW, "test")
        record(session, who["c"].id, Purpose.FOLLOW_UP, False, NOW, "test")
    return engine


def scored(engine, batch, needs_consent=False, progress=quiet):
    found = score_all(
        engine, NoModel("none here"), NOW, needs_consent=needs_consent, progress=progress, batch=batch
    )
    return [risk.customer_key for risk in found]


@pytest.mark.parametrize("batch", [1, 2, 3, 100])
def test_whoever_may_be_scored_and_is_known_by_then_is_scored_once_by_key_in_batches_of_any_size(shop, batch):
    assert scored(shop, batch) == ["Z", "a", "c", "g", "é"]


def test_with_consent_as_the_basis_nobody_is_scored_who_has_not_agreed(shop):
    assert scored(shop, 2, needs_consent=True) == []


def test_progress_counts_up_to_everyone(shop):
    steps = []
    scored(shop, 2, progress=lambda *step: steps.append(step))
    done = [done for step, done, of in steps if (step, of) == ("scoring", 7)]
    assert done == sorted(done)
    assert len(done) == len(steps) >= 3
