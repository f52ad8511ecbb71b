"""Features of the newest night beside those of the training."""

import pytest

from db import tables
from db.session import unit_of_work
from desk.feature_drift import FEWEST_READ, MOST_READ, feature_drift
from risk_model.drift import LITTLE, MUCH, spread
from risk_model.risk import NOTHING_YET
from tests.desk.people import NOW, customer

THEN = {"visits_30": spread([number % 10 for number in range(500)]), "texts_30": spread([number % 2 for number in range(500)])}  # fmt: skip


@pytest.fixture
def session(engine):
    with unit_of_work(engine) as opened:
        yield opened


def scored(session, number, features, version="m1", reason="-", probability=0.5):
    who = customer(session, "ana")
    session.add_all(
        tables.Risk(
            customer_id=who.id, as_of=NOW, status="scored", probability=probability, reliability="high",
            reliability_reason=reason, reasons=[], inputs={"features": features(each)}, model_version=version,
        )
        for each in range(number)
    )  # fmt: skip
    session.flush()


def test_the_feature_that_moved_comes_first_and_one_that_did_not_has_drifted_little(session):
    scored(session, 300, lambda n: {"visits_30": 20 + n % 3, "texts_30": n % 2})
    told = feature_drift(session, "m1", THEN)
    assert told.n == 300
    assert [one.feature for one in told.moved] == ["visits_30", "texts_30"]
    assert told.moved[0].index > MUCH > LITTLE > told.moved[1].index


def test_a_feature_that_scores_no_longer_have_has_drifted(session):
    scored(session, 300, lambda n: {"visits_30": n % 10})
    assert next(iter(feature_drift(session, "m1", THEN).moved)).feature == "texts_30"


def test_few_scores_another_model_and_customers_unlike_those_learned_from_tell_nothing(session):
    scored(session, FEWEST_READ - 1, lambda n: {"visits_30": 20.0})
    told = feature_drift(session, "m1", THEN)
    assert (told.n, told.moved) == (FEWEST_READ - 1, ())
    assert feature_drift(session, "m2", THEN).n == 0
    assert feature_drift(session, "m1", {}).moved == ()


def test_customers_whom_the_training_left_out_and_unknown_scores_do_not_count(session):
    scored(session, 250, lambda n: {"visits_30": 20.0}, reason=NOTHING_YET)
    assert feature_drift(session, "m1", THEN).n == 0


def test_of_many_customers_some_are_read(session):
    scored(session, MOST_READ + 100, lambda n: {"visits_30": n % 10, "texts_30": n % 2})
    assert FEWEST_READ < feature_drift(session, "m1", THEN).n <= MOST_READ
