"""Everyone's scores from several processes: the same as one by one, in the same order."""

import sys
from dataclasses import replace

import polars as pl
import pytest
import sqlalchemy as sa

from db import tables
from db.session import unit_of_work
from desk.bulk_scoring import Bulk, RayMissing, in_processes, on_ray
from desk.consent import Purpose, record
from desk.scoring import everyone, parts_of, score_one
from risk_model.loading import load_scorer
from tests.risk_model.small_world import AS_OF


@pytest.fixture
def filled(engine, slow_shop):
    """The 300 customers of the model's shop; the first of them refused."""
    keys = slow_shop.customers["customer_key"].to_list()
    numbers = {key: number for number, key in enumerate(reversed(keys), 1)}
    rows = slow_shop.events.select("customer_key", "time", "kind", "value").rows()
    with unit_of_work(engine) as session:
        session.execute(
            sa.insert(tables.Customer), [{"id": numbers[key], "customer_key": key} for key in keys]
        )
        events = [
            {"customer_id": numbers[key], "time": time, "kind": kind, "value": value, "row_key": str(row)}
            for row, (key, time, kind, value) in enumerate(rows)
        ]
        session.execute(sa.insert(tables.Event), events)
        record(session, numbers[keys[0]], Purpose.PROFILING, False, AS_OF, "test")
    return engine


@pytest.fixture
def bulk(filled, slow_model, tmp_path):
    url = filled.url.render_as_string(hide_password=False)
    return Bulk(url, slow_model, tmp_path / "no-encoder", AS_OF, needs_consent=False)


def test_processes_give_each_customer_the_live_score_in_the_order_of_keys(filled, bulk, slow_shop):
    rows = pl.concat(in_processes(bulk, parts_of(everyone(filled), 64), 2))
    keys = slow_shop.customers["customer_key"].to_list()
    assert rows["customer_key"].to_list() == keys[1:]
    assert rows["reasons"].str.len_chars().min() > 0
    scorer = load_scorer(bulk.models, bulk.encoder)
    for row in rows[::60].iter_rows(named=True):
        live = next(score_one(filled, scorer, row["customer_key"], AS_OF, needs_consent=False))
        assert (row["risk"], row["risk_low"], row["risk_high"]) == pytest.approx(
            (live.probability, live.low, live.high), abs=1e-4
        )


def test_with_consent_as_the_basis_nobody_is_scored_who_has_not_agreed(filled, bulk):
    asked = replace(bulk, needs_consent=True)
    assert [len(frame) for frame in map(asked.score, parts_of(everyone(filled), 200))] == [0, 0]


def test_without_the_package_the_ray_engine_says_how_to_have_it(bulk, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(RayMissing, match=r"pip install 'stayline\[ray\]'"):
        next(on_ray(bulk, [[1]]))


def test_ray_gives_the_same_rows(filled, bulk):
    pytest.importorskip("ray", reason="the optional package ray is not installed")
    parts = parts_of(everyone(filled), 64)
    assert pl.concat(on_ray(bulk, parts)).equals(pl.concat(map(bulk.score, parts)))
