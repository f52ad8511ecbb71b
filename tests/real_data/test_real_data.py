"""Ingest, train and score by the command line on real data, and look at the true future that followed.

The files lie beside the repository (`../shared/data`); a machine without them skips. Nothing of them is in the repository.
"""

import gzip
import importlib.util
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from sklearn.metrics import roc_auc_score
from sqlmodel import select

from db import tables
from db.session import make_engine, read_only
from risk_model.manifest import read_model
from tests.support.processes import ROOT, stayline

DATA = ROOT.parent / "shared" / "data"
HORIZON = 91
READ_CHARACTERS = 200  # of a review


def cdnow_file() -> Path:
    found = importlib.util.find_spec("lifetimes")
    assert found and found.origin, "lifetimes is a development dependency"
    return Path(found.origin).parent / "datasets" / "CDNOW_master.txt"


def with_short_reviews(file: Path, copy: Path) -> Path:
    """The same reviews, each cut off after its first sentences: to read them whole took most of this test's time, and
    what they say tells little of who leaves.
    """
    with gzip.open(file, "rt", encoding="utf-8") as lines, gzip.open(copy, "wt", encoding="utf-8") as out:
        for line in lines:
            review = json.loads(line)
            out.write(json.dumps(review | {"reviewText": review["reviewText"][:READ_CHARACTERS]}) + "\n")
    return copy


@dataclass(frozen=True)
class Case:
    kind: str
    file: Path
    format: str
    as_of: str
    at_least: int  # orders or reviews of a customer by then
    auroc: float  # what a logistic regression on hand-made features reaches, less a margin for noise


CASES = {
    "online-retail": Case(
        "events", DATA / "online_retail_2009_2010.parquet", "online-retail", "2010-09-09", 1, 0.70
    ),
    "cdnow": Case("events", cdnow_file(), "cdnow", "1998-03-31", 2, 0.68),
    "amazon": Case(
        "reviews", DATA / "musical_instruments_to_2013_10.json.gz", "amazon", "2013-07-21", 5, 0.66
    ),
}


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", CASES)
def test_real_data_goes_in_trains_and_scores_the_future_sensibly(name, tmp_path, encoder_folder):
    case, home = CASES[name], tmp_path / "home"
    if not case.file.is_file():
        pytest.skip(f"the real data set {case.file.name} is not on this machine")
    home.mkdir()
    (home / "encoder").symlink_to(encoder_folder)
    out = tmp_path / "scores.csv"
    file = (
        with_short_reviews(case.file, tmp_path / "reviews.json.gz") if case.kind == "reviews" else case.file
    )
    for arguments in (
        ("ingest", case.kind, str(file), "--format", case.format),
        ("train", "--as-of", case.as_of, "--horizon-days", str(HORIZON)),
        ("score", "--as-of", case.as_of, "--out", str(out)),
    ):
        ended = stayline(*arguments, home=home, timeout=900)
        assert ended.returncode == 0, ended.stderr
        assert ended.stderr == "", "a pipe gets no progress"
    scores = pl.read_csv(out, schema_overrides={"customer_key": pl.String})
    assert scores["risk"].is_between(0, 1).all()
    assert (scores["risk_low"] <= scores["risk"]).all()
    assert (scores["risk"] <= scores["risk_high"]).all()
    truth = future(home, case)
    judged = scores.join(truth, on="customer_key")
    assert roc_auc_score(judged["left"], judged["risk"]) > case.auroc
    assert abs(judged["risk"].mean() - judged["left"].mean()) < 0.2
    metrics = read_model(home / "model").metrics
    assert metrics["behaviour_only"]["auroc"] > metrics["recency_only"]["auroc"]


def future(home: Path, case: Case) -> pl.DataFrame:
    """Who of the customers with enough of a past was not seen in the horizon after the moment."""
    table = tables.Review if case.kind == "reviews" else tables.Event
    engine = make_engine(f"sqlite:///{home / 'stayline.db'}")
    with read_only(engine) as session:
        query = select(tables.Customer.customer_key, table.time).join(table)
        if table is tables.Event:
            query = query.where(tables.Event.kind == "order")
        seen = pl.DataFrame(session.exec(query).all(), schema=["customer_key", "time"], orient="row")
    engine.dispose()
    moment = datetime.fromisoformat(case.as_of).replace(tzinfo=UTC)
    past = (
        seen.filter(pl.col("time") <= moment)
        .group_by("customer_key")
        .len()
        .filter(pl.col("len") >= case.at_least)
    )
    window = pl.col("time").is_between(moment, moment + timedelta(days=HORIZON), closed="right")
    back = seen.filter(window)["customer_key"].unique()
    return past.with_columns(left=~pl.col("customer_key").is_in(back.implode()))
