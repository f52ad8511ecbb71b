"""Scores as a file, part by part, whole or not at all."""

import polars as pl
import pytest

from desk.score_files import SCHEMA, frames_of, no_scores, write_scores
from risk_model.risk import Reason, Reliability, Risk, Status
from tests.desk.people import NOW

READ = {".csv": pl.read_csv, ".parquet": pl.read_parquet}


def risk(number):
    reasons = tuple(
        Reason("text", "words", 0.5 - n / 10, {}, quote=f'late, "again" {n}', source="chat") for n in range(5)
    )
    return Risk(
        f"c{number:05d}", NOW, Status.SCORED, Reliability.HIGH, "all", 30, 0.1234567, 0.1, 0.2, reasons
    )


@pytest.fixture(params=sorted(READ))
def path(request, tmp_path):
    return tmp_path / f"scores{request.param}"


def test_everyone_is_written_in_order_with_the_three_strongest_reasons(path):
    risks = [*map(risk, range(2_500)), Risk.unknown("last", NOW, "no model")]
    assert write_scores(frames_of(iter(risks)), path) == 2_501
    found = READ[path.suffix](path)
    assert found.columns == list(SCHEMA)
    assert found["customer_key"].to_list() == [risk.customer_key for risk in risks]
    told = "; ".join(f'wrote in the chat: “late, "again" {n}”' for n in range(3))
    assert found.row(0)[:6] == ("c00000", 0.123457, 0.1, 0.2, "high", told)
    assert found.row(-1) == ("last", None, None, None, "low", "no model", None, None, None)
    assert list(path.parent.iterdir()) == [path]


def test_without_customers_there_is_a_file_with_its_columns(path):
    assert write_scores(iter([no_scores()]), path) == 0
    assert READ[path.suffix](path).columns == list(SCHEMA)


def test_what_breaks_off_leaves_the_file_of_before_as_it_was(path):
    path.write_text("of yesterday")

    def breaks():
        yield from frames_of(map(risk, range(2_000)))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_scores(breaks(), path)
    assert path.read_text() == "of yesterday"
    assert list(path.parent.iterdir()) == [path]
