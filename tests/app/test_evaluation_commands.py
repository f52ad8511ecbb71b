"""`stayline evaluate` from files to a report, and where a benchmark finds its sets."""

import json
from datetime import timedelta

from sqlmodel import func, select

from app.benchmark_sets import CDNOW, ONLINE_RETAIL, SETS, find_file, ingested
from db import tables
from db.session import read_only
from risk_model.progress import quiet
from tests.risk_model.small_world import shop_where_the_slow_leave
from tests.support.processes import stayline


def test_a_shop_without_texts_is_evaluated_and_a_pipe_gets_only_the_result(tmp_path, encoder_folder):
    home, out = tmp_path / "home", tmp_path / "out"
    home.mkdir()
    (home / "encoder").symlink_to(encoder_folder)
    shop = shop_where_the_slow_leave(customers=180, days=250)
    shop.events.select("customer_key", "time", "kind", "value").write_parquet(tmp_path / "orders.parquet")
    assert stayline("ingest", "events", str(tmp_path / "orders.parquet"), home=home).returncode == 0
    ended = stayline("evaluate", "--horizon-days", "45", "--out", str(out), home=home)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "ours minus the best" in ended.stdout
    figures = json.loads((out / "report.json").read_text())
    assert [len(found["tests"]) for found in figures["shops"]] == [2]
    outcome = {control["name"]: control["passed"] for control in figures["shops"][0]["controls"]}
    assert (outcome["texts shuffled"], outcome["a tone planted"]) == (None, None)
    assert "The textbook case" in (out / "report.html").read_text()


def test_every_public_set_has_two_cut_offs_or_more_in_order_and_in_utc():
    for real in SETS.values():
        assert len(real.moments) >= 2
        assert real.moments == sorted(real.moments)
        assert all(moment.utcoffset() == timedelta(0) for moment in real.moments)


def test_a_set_is_found_in_the_data_folder_first(tmp_path):
    (tmp_path / CDNOW.file).touch()
    assert find_file(CDNOW, tmp_path) == tmp_path / CDNOW.file
    assert find_file(ONLINE_RETAIL, tmp_path) is None


def test_cdnow_is_also_found_where_a_package_brings_it(tmp_path):
    found = find_file(CDNOW, tmp_path)
    assert found is not None
    assert found.is_file()


def test_a_set_is_read_once(tmp_path):
    file = tmp_path / CDNOW.file
    file.write_text(" 00001 19970101  1   11.77\n 00002 19970112  1   12.00\n")
    ingested(CDNOW, file, tmp_path / "sets", quiet).dispose()
    file.unlink()
    engine = ingested(CDNOW, file, tmp_path / "sets", quiet)
    with read_only(engine) as session:
        assert session.exec(select(func.count()).select_from(tables.Event)).one() == 2
    engine.dispose()
