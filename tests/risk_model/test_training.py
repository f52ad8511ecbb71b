"""Training and serving together, on a small shop with a planted cause."""

import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from risk_model.calibration import METHODS, log_odds
from risk_model.errors import ModelMissing, ModelRefused, NothingToLearn, TooFewCustomers
from risk_model.features import ORDER
from risk_model.histories import Histories
from risk_model.labels import active_customers, left_within
from risk_model.level import WEEKS
from risk_model.manifest import MANIFEST, holds_model, judge_file, read_model, runs_of
from risk_model.modes import SHARES
from risk_model.risk import Reliability, Status
from risk_model.scorer import NoModel, Scorer
from risk_model.training import FEW_CUSTOMERS, train
from tests.risk_model.small_world import AS_OF, LengthEncoder, histories, shop_where_the_slow_leave
from tests.trained import HORIZON_DAYS


@pytest.fixture(scope="module")
def shop(slow_shop: Histories) -> Histories:
    return slow_shop


@pytest.fixture(scope="module")
def model(slow_model: Path) -> Path:
    return slow_model


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


def shop_where_the_wordy_leave(shop: Histories) -> Histories:
    """Every second customer leaves (that is the shop's own doing), and two thirds of those wrote at length before."""
    said = {
        n: "a long and bitter complaint about the parcel" if n % 2 and n % 3 else "good" for n in range(300)
    }
    texts = [
        (f"c{n:04d}", float(age), "chat" if age < 90 else "review", None, said[n])
        for n in said
        for age in range(20, 400, 30)
    ]
    return Histories.build(AS_OF, shop.customers, shop.events, histories([], texts).texts)


@pytest.fixture(scope="module")
def reading(shop, tmp_path_factory) -> tuple[Histories, Scorer]:
    """A shop in which words tell who leaves, and the scorer that learned it."""
    known = shop_where_the_wordy_leave(shop)
    folder = tmp_path_factory.mktemp("reading") / "model"
    train(known, HORIZON_DAYS, LengthEncoder(), folder)
    return known, Scorer.load(folder, LengthEncoder())


def test_reasons_with_words_and_course_sum_to_the_difference_from_the_average_customer(reading, monkeypatch):
    known, scorer = reading
    assert scorer.reads_text
    monkeypatch.setattr("risk_model.scorer.SMALLEST_CONTRIBUTION", 0.0)
    average = np.concatenate([scorer.manifest.averages, scorer.way.average_course]).astype(np.float32)[None]
    width = next(each.shape[1] for each in scorer.way.judge.get_inputs() if each.name == "words")
    usual = float(scorer._logit(average, np.zeros((1, width), np.float32), np.ones((1, 1), np.float32))[0])
    for risk in list(scorer.score(known))[:5]:
        own = np.log(risk.probability / (1 - risk.probability))
        assert sum(reason.contribution for reason in risk.reasons) == pytest.approx(own - usual, abs=1e-3)
        assert {reason.kind for reason in risk.reasons} == {"behaviour", "text"}
        assert "course" in {reason.factor for reason in risk.reasons}


def test_a_customer_who_wrote_scores_alone_as_among_all_others(reading):
    known, scorer = reading
    together = {risk.customer_key: risk for risk in scorer.score(known)}
    for key in ("c0001", "c0002"):
        alone = next(scorer.score(known.of(pl.Series([key]))))
        assert alone.probability == pytest.approx(together[key].probability, abs=1e-4)
        assert alone.risk_of(30) == pytest.approx(together[key].risk_of(30), abs=1e-4)
        sizes, of_all = (
            {(reason.factor, reason.quote): reason.contribution for reason in risk.reasons}
            for risk in (alone, together[key])
        )
        assert sizes == pytest.approx(of_all, abs=1e-3)


@pytest.mark.parametrize("network", ["mlp", "cnn", "gru"])
def test_a_simpler_network_can_be_chosen_and_is_served_by_itself(shop, tmp_path, network):
    moment = AS_OF - timedelta(days=HORIZON_DAYS)
    manifest = train(shop.until(moment), HORIZON_DAYS, LengthEncoder(), tmp_path / "model", kind=network)
    assert (manifest.network, manifest.network_share) == (network, {"behaviour_only": 1.0})
    keys = active_customers(shop, ORDER, moment, timedelta(days=HORIZON_DAYS))
    risks = list(Scorer.load(tmp_path / "model", None).score(shop.of(keys).until(moment)))
    left = left_within(shop, ORDER, moment, timedelta(days=HORIZON_DAYS), keys)
    assert roc_auc_score(left, [risk.probability for risk in risks]) > 0.7


def test_every_horizon_is_answered_and_a_longer_one_is_never_likelier(shop, model):
    for risk in list(Scorer.load(model, None).score(shop))[:40]:
        assert risk.risk_of(HORIZON_DAYS) == pytest.approx(risk.probability)
        within = [risk.risk_of(days) for days in (7, 30, 60, 90, 365)]
        assert within == sorted(within, reverse=True)


def test_the_losses_of_training_lie_beside_the_model_for_tensorboard(model):
    assert {path.parent.name for path in runs_of(model).rglob("events.out.tfevents.*")} == {
        "training-behaviour",
        "testing_on_the_newest_cut-off-behaviour",
    }


def test_a_risk_moves_with_the_level_expected_at_its_moment(shop, model):
    scorer = Scorer.load(model, LengthEncoder())
    later = scorer.in_time.levels + WEEKS / 70  # a tenth of log-odds a week
    moving = replace(scorer, in_time=replace(scorer.in_time, levels=later))
    known = replace(shop, as_of=shop.as_of + timedelta(days=21))
    days = (known.as_of - datetime.fromisoformat(scorer.manifest.trained_until)).days
    for still, moved in zip(scorer.score(known), moving.score(known), strict=True):
        told = np.array([still.probability, moved.probability])
        assert np.diff(log_odds(told)) == pytest.approx(days / 70, abs=1e-4)
        assert moved.low <= moved.probability <= moved.high


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


def test_a_log_in_which_everybody_leaves_is_refused(tmp_path):
    once = [(f"c{n}", 200 + n % 90, "order", 1.0) for n in range(150)]
    with pytest.raises(NothingToLearn, match=r"(\d+) of \1 examples left; both kinds are needed"):
        train(histories([*once, ("late", 0, "order", 1.0)]), 45, LengthEncoder(), tmp_path / "model")


def test_a_small_shop_says_how_much_of_the_network_it_uses_and_how_it_is_calibrated(model):
    manifest = read_model(model)
    assert manifest.few_customers
    assert manifest.network_share["behaviour_only"] in SHARES
    assert manifest.calibration["behaviour_only"]["method"] in METHODS
    assert manifest.metrics["customers"] < FEW_CUSTOMERS


def test_a_model_keeps_the_scores_of_its_test_and_what_came_of_them(model):
    manifest = read_model(model)
    for way in manifest.network_share:
        measured, n = manifest.metrics[way], manifest.metrics["test_examples"]
        assert sum(measured["scores"]) == pytest.approx(1)
        assert sum(customers for _, _, customers in measured["reliability"]) == n
        left = sum(share * customers for _, share, customers in measured["reliability"]) / n
        assert left == pytest.approx(manifest.metrics["test_left_share"], abs=1e-6)


def test_scores_are_the_calibrated_ones_of_the_manifest(shop, model, tmp_path):
    def odds(name, calibration):
        copy = copy_of(model, tmp_path / name)
        manifest = json.loads((copy / MANIFEST).read_text())
        manifest |= {"calibration": {"behaviour_only": calibration}, "levels": {}}
        (copy / MANIFEST).write_text(json.dumps(manifest))
        probability = np.array([risk.probability for risk in Scorer.load(copy, None).score(shop)])
        return np.log(probability / (1 - probability))

    plain = odds("plain", {"method": "none"})
    lowered = odds("lowered", {"method": "beta", "a": 0.5, "b": 0.5, "c": -1.0})
    assert lowered == pytest.approx(plain / 2 - 1, abs=1e-3)


def test_where_venn_abers_is_chosen_it_gives_the_range(shop, model, tmp_path):
    ranged = copy_of(model, tmp_path / "copy")
    manifest = json.loads((ranged / MANIFEST).read_text())
    table = {"method": "venn-abers", "scores": [-9.0, 9.0], "low": [0.1, 0.7], "high": [0.3, 0.9]}
    manifest |= {"calibration": {"behaviour_only": table}, "levels": {}}
    (ranged / MANIFEST).write_text(json.dumps(manifest))
    risk = next(Scorer.load(ranged, None).score(shop))
    assert risk.high - risk.low == pytest.approx(0.2)
    assert risk.low < risk.probability < risk.high


@pytest.mark.parametrize(
    "calibration",
    [{"method": "magic"}, {"method": "beta", "a": 1.0}, {}],
    ids=["unknown", "cut off", "empty"],
)
def test_a_calibration_that_cannot_be_read_refuses_the_model(model, tmp_path, calibration):
    copy = copy_of(model, tmp_path / "copy")
    manifest = json.loads((copy / MANIFEST).read_text())
    manifest["calibration"]["behaviour_only"] = calibration
    (copy / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(ModelRefused, match="calibration cannot be read"):
        Scorer.load(copy, None)


def test_levels_that_cannot_be_read_refuse_the_model(model, tmp_path):
    copy = copy_of(model, tmp_path / "copy")
    manifest = json.loads((copy / MANIFEST).read_text())
    manifest["levels"]["behaviour_only"] = [0.1, 0.2]
    (copy / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(ModelRefused, match="expected 53 weekly levels"):
        Scorer.load(copy, None)


def test_a_model_of_an_older_format_is_refused_by_its_number(model, tmp_path):
    copy = copy_of(model, tmp_path / "copy")
    (copy / MANIFEST).write_text((copy / MANIFEST).read_text().replace('"format": 3', '"format": 2'))
    assert not holds_model(copy)
    assert holds_model(model)
    with pytest.raises(ModelRefused, match="expected format 3, found 2; train it again"):
        Scorer.load(copy, None)


def test_a_huge_text_and_absurd_numbers_get_a_risk(shop, model):
    events = [
        ("odd", 3, "order", float("nan")),
        ("odd", 2, "order", float("inf")),
        ("odd", 1, "order", -1e308),
    ]
    odd = histories(events, [("odd", 1, "chat", None, "why? " * 20_000)])
    risk = next(Scorer.load(model, None).score(odd))
    assert risk.status is Status.SCORED
    assert 0 < risk.low <= risk.probability <= risk.high < 1


def copy_of(model: Path, folder: Path) -> Path:
    folder.mkdir()
    for path in model.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def test_a_tampered_network_is_refused(model, tmp_path):
    copy = copy_of(model, tmp_path / "copy")
    network = copy / judge_file("behaviour_only")
    network.write_bytes(network.read_bytes()[:-1] + b"x")
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
