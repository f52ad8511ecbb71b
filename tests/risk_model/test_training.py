"""Training and serving together, on a small shop with a planted cause."""

import hashlib
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from risk_model.errors import ModelMissing, ModelRefused, NothingToLearn, TooFewCustomers
from risk_model.features import ORDER
from risk_model.histories import Histories
from risk_model.labels import active_customers, left_within
from risk_model.manifest import MANIFEST, read_model
from risk_model.risk import Reliability, Status
from risk_model.scorer import NoModel, Scorer
from risk_model.training import train
from tests.risk_model.small_world import AS_OF, histories, shop_where_the_slow_leave

HORIZON_DAYS = 45


class LengthEncoder:
    """A text's vector says how long it is: enough to carry a planted signal without the real encoder."""

    version, dimensions = "length-1", 8

    def encode(self, texts):
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        vectors[:, 0] = [len(text) / 40 for text in texts]
        vectors[:, 1] = 1
        return vectors


@pytest.fixture(scope="module")
def shop() -> Histories:
    return shop_where_the_slow_leave()


@pytest.fixture(scope="module")
def model(shop: Histories, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("model") / "model"
    train(shop.until(AS_OF - timedelta(days=HORIZON_DAYS)), HORIZON_DAYS, LengthEncoder(), folder)
    return folder


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_a_model_tells_who_leaves_in_a_future_it_never_saw(shop, model):
    moment = AS_OF - timedelta(days=HORIZON_DAYS)
    keys = active_customers(shop, ORDER, moment, timedelta(days=HORIZON_DAYS))
    risks = list(Scorer.load(model, None).score(shop.of(keys).until(moment)))
    left = left_within(shop, ORDER, moment, timedelta(days=HORIZON_DAYS), keys)
    assert [risk.customer_key for risk in risks] == keys.to_list()
    assert roc_auc_score(left, [risk.probability for risk in risks]) > 0.8


def test_nothing_dated_after_the_training_moment_changes_a_byte(shop, model, tmp_path):
    moment = AS_OF - timedelta(days=HORIZON_DAYS)
    only_the_past = Histories.build(
        moment,
        shop.customers,
        shop.events.filter(pl.col("time") <= moment),
        shop.texts,
    ).until(moment)
    train(only_the_past, HORIZON_DAYS, LengthEncoder(), tmp_path / "again")
    assert hashes(tmp_path / "again") == hashes(model)


def test_every_probability_lies_in_its_range_and_has_reasons_that_sum_up(shop, model):
    for risk in list(Scorer.load(model, None).score(shop))[:40]:
        assert 0 < risk.low <= risk.probability <= risk.high < 1
        assert risk.reasons
        assert all(reason.kind == "behaviour" for reason in risk.reasons)


def test_a_customer_alone_scores_as_among_all_others(shop, model):
    scorer = Scorer.load(model, None)
    together = {risk.customer_key: risk.probability for risk in scorer.score(shop)}
    for key in ("c0000", "c0007", "c0123"):
        alone = next(scorer.score(shop.of(pl.Series([key]))))
        assert alone.probability == pytest.approx(together[key], abs=1e-4)


def test_a_new_customer_gets_a_risk_of_low_reliability_with_its_reason(model):
    risk = next(Scorer.load(model, None).score(histories([], joined={"new": 1})))
    assert risk.status is Status.SCORED
    assert (risk.reliability, risk.reliability_reason) == (Reliability.LOW, "nothing bought or done yet")


def test_without_the_encoder_the_risk_is_by_behaviour_and_says_so(shop, tmp_path):
    said = [("good" if n % 2 else "a long and bitter complaint about the parcel") for n in range(300)]
    texts = [(f"c{n:04d}", 60.0, "chat", None, said[n]) for n in range(300)]
    known = Histories.build(AS_OF, shop.customers, shop.events, histories([], texts).texts)
    train(known, HORIZON_DAYS, LengthEncoder(), tmp_path / "model")
    assert read_model(tmp_path / "model").encoder_version == "length-1"
    risk = next(Scorer.load(tmp_path / "model", None, "no encoder at all").score(known))
    assert risk.status is Status.SCORED
    assert risk.reliability is not Reliability.HIGH


def test_too_few_customers_are_refused_and_leave_no_folder(tmp_path):
    few = shop_where_the_slow_leave(customers=40)
    with pytest.raises(TooFewCustomers, match=r"at least 100 customers and found \d+"):
        train(few, HORIZON_DAYS, LengthEncoder(), tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_log_is_refused_with_what_is_needed(tmp_path):
    with pytest.raises(NothingToLearn, match="at least 90 days of log"):
        train(histories([], joined={"a": 3}), HORIZON_DAYS, LengthEncoder(), tmp_path / "model")


def test_a_log_in_which_nobody_leaves_is_refused(tmp_path):
    steady = [(f"c{n}", age, "order", 1.0) for n in range(150) for age in range(0, 300, 5)]
    with pytest.raises(NothingToLearn, match="0 of"):
        train(histories(steady), HORIZON_DAYS, LengthEncoder(), tmp_path / "model")


def copy_of(model: Path, folder: Path) -> Path:
    folder.mkdir()
    for path in model.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def test_a_tampered_network_is_refused(model, tmp_path):
    copy = copy_of(model, tmp_path / "copy")
    (copy / "behaviour_only.onnx").write_bytes((copy / "behaviour_only.onnx").read_bytes()[:-1] + b"x")
    with pytest.raises(ModelRefused, match="sha256"):
        Scorer.load(copy, None)


@pytest.mark.parametrize("name", ["weights.pkl", "../full.onnx", "/etc/passwd"])
def test_a_pickle_or_a_path_outside_the_folder_is_refused(model, tmp_path, name):
    copy = copy_of(model, tmp_path / "copy")
    manifest = json.loads((copy / MANIFEST).read_text())
    manifest["files"][name] = "0" * 64
    (copy / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(ModelRefused, match="not a plain"):
        Scorer.load(copy, None)


def test_a_truncated_manifest_is_refused_and_a_missing_one_is_missing(model, tmp_path):
    copy = copy_of(model, tmp_path / "copy")
    (copy / MANIFEST).write_text((copy / MANIFEST).read_text()[:50])
    with pytest.raises(ModelRefused, match="cannot be read"):
        Scorer.load(copy, None)
    with pytest.raises(ModelMissing):
        Scorer.load(tmp_path, None)


def test_without_a_model_every_risk_is_unknown_and_never_zero(shop):
    risk = next(NoModel("no model here").score(shop))
    assert (risk.status, risk.probability, risk.reliability_reason) == (Status.UNKNOWN, None, "no model here")


def test_serving_imports_no_training_library():
    code = "import sys, actions.assess_risk, actions.server; print([m for m in ('torch','transformers') if m in sys.modules])"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert loaded.stdout.strip() == "[]"
