"""The night's scores: everyone once, in small batches, and nobody who refused."""

from datetime import timedelta

import pytest
from sqlmodel import select

from db import tables
from db.session import read_only, unit_of_work
from desk import consent, flow
from desk.consent import Purpose
from desk.nightly import NightEnds, Shift
from desk.rescoring import rescore
from tests.desk.people import NOBODY_HELD_OUT, NOW, FixedScorer, customer, said

NIGHT = NOW - timedelta(hours=9)


def shift(engine, owner="a", night=NIGHT, lease=timedelta(minutes=2), **how):
    taken = Shift(engine, "rescore", night, owner, lease, **how)
    assert taken.take()
    return taken


def next_night(engine):
    Shift(engine, "rescore", NIGHT, "a", timedelta(minutes=2)).finish()
    return shift(engine, night=NIGHT + timedelta(days=1))


def people(engine, number=5):
    with unit_of_work(engine) as session:
        return [customer(session, f"c{one}").id for one in range(number)]


def scores(engine):
    """(customer number, as of, probability) of the night's scores, in order of writing."""
    query = select(tables.Risk).where(tables.Risk.message_id.is_(None)).order_by(tables.Risk.id)
    with read_only(engine) as session:
        return [(row.customer_id, row.as_of, row.probability) for row in session.exec(query)]


def answer(session, customer_id, granted):
    consent.record(session, customer_id, Purpose.PROFILING, granted, NOW, "test")


def test_everyone_has_one_score_as_of_the_night_and_memory_holds_one_batch(engine):
    ids, scorer = people(engine, 5), FixedScorer(0.4)
    assert rescore(shift(engine), scorer, needs_consent=False, batch=2) == 5
    assert scores(engine) == [(number, NIGHT, 0.4) for number in ids]
    assert [len(seen.customers) for seen in scorer.seen] == [2, 2, 1]
    assert {seen.as_of for seen in scorer.seen} == {NIGHT}


def test_the_newest_night_stands_in_the_place_of_the_one_before_and_a_turns_score_stays(engine):
    with unit_of_work(engine) as session:
        flow.handle(session, FixedScorer(0.2), said(session, customer(session)), NOW, NOBODY_HELD_OUT)
    rescore(shift(engine), FixedScorer(0.4), needs_consent=False)
    rescore(next_night(engine), FixedScorer(0.6), needs_consent=False)
    with read_only(engine) as session:
        assert sorted(row.probability for row in session.exec(select(tables.Risk))) == [0.2, 0.6]


def test_what_happened_after_the_night_began_does_not_count(engine):
    (number,) = people(engine, 1)
    with unit_of_work(engine) as session:
        session.add(tables.Event(customer_id=number, time=NOW, kind="complaint", row_key="later"))
    scorer = FixedScorer(0.4)
    rescore(shift(engine), scorer, needs_consent=False)
    assert scorer.seen[0].events["kind"].to_list() == ["order"] * 3


def test_who_refused_profiling_has_no_score_and_loses_the_old_one(engine):
    first, second = people(engine, 2)
    rescore(shift(engine), FixedScorer(0.4), needs_consent=False)
    with unit_of_work(engine) as session:
        answer(session, first, False)
    rescore(next_night(engine), FixedScorer(0.5), needs_consent=False)
    assert [row[0] for row in scores(engine)] == [second]


def test_with_consent_as_the_basis_only_a_yes_is_scored_and_older_scores_go(engine):
    asked, silent = people(engine, 2)
    rescore(shift(engine), FixedScorer(0.4), needs_consent=False)
    with unit_of_work(engine) as session:
        answer(session, asked, True)
    rescore(next_night(engine), FixedScorer(0.5), needs_consent=True)
    assert [row[0] for row in scores(engine)] == [asked]
    assert silent not in {row[0] for row in scores(engine)}


def test_who_refuses_while_the_batch_is_scored_has_no_score(engine):
    first, second = people(engine, 2)

    class Meanwhile(FixedScorer):
        def score(self, histories, embed=None):
            with unit_of_work(engine) as session:
                answer(session, first, False)
            yield from super().score(histories, embed)

    assert rescore(shift(engine), Meanwhile(0.4), needs_consent=False) == 1
    assert [row[0] for row in scores(engine)] == [second]


def test_a_run_that_was_cut_off_goes_on_behind_what_it_kept(engine):
    ids, scorer = people(engine, 5), FixedScorer(0.4)

    def cut_off():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rescore(shift(engine, lease=timedelta(0)), scorer, needs_consent=False, batch=2, kept=cut_off)
    assert [row[0] for row in scores(engine)] == ids[:2]
    assert rescore(shift(engine, "b"), scorer, needs_consent=False, batch=2) == 3
    assert [row[0] for row in scores(engine)] == ids
    assert sum(len(seen.customers) for seen in scorer.seen) == 5


def test_a_worker_that_was_overtaken_keeps_nothing(engine):
    people(engine, 2)
    stalled = shift(engine, "stalled", lease=timedelta(0))

    class Slow(FixedScorer):
        def score(self, histories, embed=None):
            yield from super().score(histories, embed)
            shift(engine, "second")

    with pytest.raises(NightEnds):
        rescore(stalled, Slow(0.4), needs_consent=False)
    assert scores(engine) == []


def test_one_customer_who_cannot_be_scored_does_not_end_the_night_of_all(engine, caplog):
    ids = people(engine, 3)

    class Choking(FixedScorer):
        def score(self, histories, embed=None):
            if "c1" in histories.customers["customer_key"]:
                raise ZeroDivisionError
            yield from super().score(histories, embed)

    assert rescore(shift(engine), Choking(0.4), needs_consent=False) == 2
    assert [row[0] for row in scores(engine)] == [ids[0], ids[2]]
    assert f"from number {ids[1]} cannot be scored" in caplog.text
