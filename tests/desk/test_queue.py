"""The queue: which cases are shown and how, in as many statements for 5,000 as for one."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, insert

from db import tables
from db.session import read_only, unit_of_work
from desk import queue
from desk.escalations import Cause
from desk.queue import PER_PAGE, Band, Reader, Show, Wish
from tests.desk.people import NOW, agent

MANY = 5_000


@pytest.fixture
def session(engine):
    with unit_of_work(engine) as opened:
        yield opened


def fill(session, number, holder=None):
    """So many open cases with customer, conversation, risk and three messages each: the more so, the more at stake."""
    ids = range(1, number + 1)

    def rows(table, **values):
        session.execute(insert(table), [{name: give(i) for name, give in values.items()} for i in ids])

    rows(tables.Customer, id=lambda i: i, customer_key=lambda i: f"k{i}", name=lambda i: f"Name {i:05}")
    rows(
        tables.Conversation, id=lambda i: f"c{i}", customer_id=lambda i: i, opened_at=lambda _: NOW,
        language=lambda i: "zh" if i % 10 == 0 else "en", source=lambda _: "widget",
    )  # fmt: skip
    for said in range(3):
        rows(
            tables.Message, conversation_id=lambda i: f"c{i}", time=lambda _: NOW,
            role=lambda _, said=said: "bot" if said == 1 else "customer", text=lambda i, said=said: f"{said} of {i}",
        )  # fmt: skip
    rows(
        tables.Risk, id=lambda i: i, customer_id=lambda i: i, as_of=lambda _: NOW, status=lambda _: "scored",
        probability=lambda i: i / number * 0.99, reliability=lambda _: "high", reliability_reason=lambda _: "-",
        reasons=lambda _: [], inputs=lambda _: {},
    )  # fmt: skip
    rows(
        tables.Escalation, id=lambda i: i, conversation_id=lambda i: f"c{i}", customer_id=lambda i: i,
        risk_id=lambda i: i, cause=lambda i: "asked" if i % 2 else "risk", priority=lambda i: float(i),
        opened_at=lambda _: NOW, status=lambda i: "claimed" if holder and i <= 3 else "open",
        claimed_by=lambda i: holder if holder and i <= 3 else None,
    )  # fmt: skip


@contextmanager
def counted(engine):
    statements = []

    def note(_connection, _cursor, statement, *_rest):
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


def test_a_queue_of_5000_is_asked_in_six_statements_and_paged(engine):
    with unit_of_work(engine) as session:
        reader = Reader(agent(session, "Robin").id, NOW)
        fill(session, MANY, reader.agent_id)
    with read_only(engine) as session:
        session.connection()
        with counted(engine) as statements:
            shown = queue.waiting(session, Wish(), reader, page=3)
            found = queue.counts(session, reader)
            total = queue.how_many(session, Wish(search="Name 0"), reader)
            order = queue.order_of(session, Wish(), reader)
            unread = queue.unread(session, reader)
    assert len(statements) == 6
    assert [one.case.escalation.id for one in shown] == list(range(MANY - 100, MANY - 100 - PER_PAGE, -1))
    assert {one.case.last_text for one in shown} == {f"2 of {one.case.escalation.id}" for one in shown}
    assert found == (MANY, 3, MANY - 3, 0)
    assert total == MANY
    assert order == list(range(MANY, 0, -1))
    assert unread == {1, 2, 3}


@pytest.mark.parametrize(
    ("wish", "shown"),
    [
        (Wish(band=Band.HIGH), [20, 19, 18, 17, 16, 15]),
        (Wish(band=Band.MIDDLE), [14, 13, 12, 11, 10]),
        (Wish(band=Band.UNKNOWN), []),
        (Wish(language="zh"), [20, 10]),
        (Wish(cause=Cause.ASKED, band=Band.HIGH), [19, 17, 15]),
        (Wish(search="name 00013"), [13]),
        (Wish(search="K7"), [7]),
        (Wish(search="%"), []),
        (Wish(Show.MINE), [3, 2, 1]),
        (Wish(Show.MINE, search="2"), [2]),
    ],
    ids=lambda value: str(value) if isinstance(value, Wish) else "",
)
def test_each_filter_shows_what_it_says(session, wish, shown):
    reader = Reader(agent(session, "Robin").id, NOW)
    fill(session, 20, reader.agent_id)
    assert queue.order_of(session, wish, reader) == shown
    assert queue.how_many(session, wish, reader) == len(shown)
    assert [one.case.escalation.id for one in queue.waiting(session, wish, reader)] == shown


def test_cases_with_the_same_at_stake_come_by_waiting_time(session):
    fill(session, 3)
    for number, minutes in ((1, 5), (2, 9), (3, 7)):
        case = session.get_one(tables.Escalation, number)
        case.priority, case.opened_at = 1.0, NOW - timedelta(minutes=minutes)
    session.flush()
    assert queue.order_of(session, Wish(), Reader(0, NOW)) == [2, 3, 1]


def test_unread_is_what_the_holder_has_not_had_on_screen(session):
    robin = agent(session, "Robin")
    fill(session, 4, robin.id)
    reader = Reader(robin.id, NOW)
    newest = session.exec(queue.select(tables.Message.id).order_by(tables.Message.id.desc())).first()
    assert queue.seen(session, 1, reader, newest)
    assert not queue.seen(session, 1, reader, newest)
    assert not queue.seen(session, 2, Reader(agent(session, "Mei").id, NOW), newest)
    session.flush()
    assert queue.unread(session, reader) == {2, 3}
