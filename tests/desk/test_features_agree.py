"""One definition of the features: what training learned from is what the night and the chat turn score."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from sqlmodel import select

from db import tables
from db.session import unit_of_work
from desk import histories
from risk_model.bg_nbd import BuyingModel
from risk_model.examples import build_examples, feature_matrix
from risk_model.features import FEATURES, ORDER
from risk_model.texts import LatestTexts
from risk_model.writing import WRITTEN, written
from tests.desk.people import NOW, customer, said

BUYING = BuyingModel(r=0.7, alpha=50, a=0.5, b=5, horizon_days=30)
HORIZON = timedelta(days=30)
LATER = NOW + HORIZON


@pytest.fixture
def session(engine):
    with unit_of_work(engine) as opened:
        yield opened


def event(who, days, kind, value=None):
    time = NOW - timedelta(days=days)
    return tables.Event(customer_id=who.id, time=time, kind=kind, value=value, row_key=f"{kind}{days}")


def fill(session):
    """Two customers who did a bit of everything, before and after the moment."""
    people = [customer(session, "ana", joined_at=NOW - timedelta(days=500)), customer(session, "bo")]
    for who in people:
        for days in (410, 33, 2, -3, -20):
            session.add_all([event(who, days, "order", 12.5), event(who, days + 0.3, "view")])
        session.add_all([event(who, 5, "complaint"), event(who, 6, "rating", 2.0), event(who, 50, "return")])
    for text in (
        "Where is my parcel?",
        "Can you tell me where my parcel is?",
        "I am really fed up with you.",
    ):
        said(session, people[0], text)
    session.flush()


def what_was_written(known, encoder):
    return written(LatestTexts.read(known, encoder.encode, encoder.dimensions), known, tone=True)


def test_training_the_night_and_the_chat_turn_see_the_same_numbers(session, encoder):
    fill(session)
    everyone_later = histories.of_all(session, LATER, needs_consent=False)
    examples = build_examples(everyone_later, ORDER, [NOW], HORIZON, encoder, BUYING)
    night = histories.of_all(session, NOW, needs_consent=False).until(NOW)
    by_night = feature_matrix(night, ORDER, FEATURES, BUYING)
    assert examples.keys.to_list() == night.customers["customer_key"].to_list() == ["ana", "bo"]
    np.testing.assert_allclose(examples.behaviour, by_night, rtol=1e-6)
    said_by_night = what_was_written(night, encoder)
    np.testing.assert_allclose(examples.written, said_by_night, rtol=1e-5)
    for row, key in enumerate(["ana", "bo"]):
        who = session.exec(select(tables.Customer).where(tables.Customer.customer_key == key)).one()
        history = histories.of_customer(session, who, NOW)
        turn = feature_matrix(history, ORDER, FEATURES, BUYING)
        np.testing.assert_allclose(turn[0], by_night[row], rtol=1e-6)
        np.testing.assert_allclose(what_was_written(history, encoder)[0], said_by_night[row], rtol=1e-5)
    known = pl.DataFrame(by_night, schema=list(FEATURES)).row(0, named=True)
    assert known["complaints_30"] == 1
    assert known["chats_30"] == 3
    assert known["count_30"] == 1
    assert 0 < known["probably_alive"] < 1
    ana, bo = (dict(zip(WRITTEN, row, strict=True)) for row in said_by_night.tolist())
    assert ana["dissatisfied_texts_30"] == 1
    assert np.isnan(bo["dissatisfied_last"])
