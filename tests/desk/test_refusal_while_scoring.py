"""Profiling refused over one connection while a score is computed or stored over another (requirement R6)."""

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from sqlmodel import select

from db import tables
from db.session import make_engine, unit_of_work
from desk.consent import Purpose
from desk.feedback import keep_answer
from desk.flow import handle
from tests.desk.people import NOBODY_HELD_OUT, NOW, FixedScorer, customer, said


@pytest.fixture
def impatient(engine, database_url):
    """A second engine on the same database, which fails at once where it would have to wait for a lock."""
    other = make_engine(database_url)
    sqlite = database_url.startswith("sqlite")
    setting = "PRAGMA busy_timeout=0" if sqlite else "SET lock_timeout='100ms'"

    @event.listens_for(other, "connect")
    def _fail_at_once(connection, _record):
        connection.execute(setting)
        connection.commit()

    yield other
    other.dispose()


@pytest.fixture
def ana(engine):
    """The id of a customer, and of the message that is about to be answered."""
    with unit_of_work(engine) as session:
        who = customer(session)
        return who.id, said(session, who).id


def refuse(engine, customer_id):
    with unit_of_work(engine) as session:
        return keep_answer(session, customer_id, Purpose.PROFILING, False, NOW, "chat")


def scores(engine):
    with unit_of_work(engine) as session:
        return session.exec(select(tables.Risk)).all()


def test_who_refuses_while_the_score_is_computed_has_none(engine, impatient, ana):
    """On SQLite the turn holds the one write lock, so the refusal can only come after it."""
    customer_id, message_id = ana
    refused = []

    class Meanwhile(FixedScorer):
        def score(self, histories, embed=None):
            try:
                refused.append(refuse(impatient, customer_id))
            except OperationalError:
                assert engine.dialect.name == "sqlite"
            return super().score(histories, embed)

    with unit_of_work(engine) as session:
        turn = handle(session, Meanwhile(0.9), session.get(tables.Message, message_id), NOW, NOBODY_HELD_OUT)
        assert (turn.risk is None) == bool(refused)
    assert refused or refuse(engine, customer_id)
    assert scores(engine) == []


def test_a_refusal_waits_for_a_score_that_is_being_stored_and_then_removes_it(engine, impatient, ana):
    customer_id, message_id = ana
    with unit_of_work(engine) as session:
        turn = handle(
            session, FixedScorer(0.1), session.get(tables.Message, message_id), NOW, NOBODY_HELD_OUT
        )
        assert turn.risk is not None
        with pytest.raises(OperationalError):
            refuse(impatient, customer_id)
    assert len(scores(engine)) == 1
    assert refuse(impatient, customer_id)
    assert scores(engine) == []
