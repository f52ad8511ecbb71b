"""The lead's overview and the pages of models: for leads and operators, with every figure beside its number."""

import json
import re
from datetime import date, timedelta
from html import unescape
from pathlib import Path

import httpx
import pytest
from sqlmodel import select

from app.web.bars import by_day
from app.web.identity import hash_of
from app.web.overview import served_model
from db import tables
from db.session import unit_of_work
from desk.feature_drift import FEWEST_READ
from risk_model.drift import spread
from tests.app.web.test_console import risky_case
from tests.app.web.world import World

PAGES = ("/console/overview", "/console/models", "/console/models/report", "/console/models/m1")


def with_role(world: World, role: str) -> httpx.Client:
    browser = world.agent("Lea")
    with unit_of_work(world.engine) as session:
        found = session.get_one(tables.AgentSession, hash_of(browser.cookies["stayline_agent"]))
        session.get_one(tables.Agent, found.agent_id).role = role
    return browser


@pytest.mark.parametrize("path", PAGES)
def test_an_agent_without_the_role_is_told_so_in_their_language(world: World, path: str) -> None:
    agent = world.agent()
    answer = agent.get(path)
    assert answer.status_code == 403
    assert "for leads and operators" in answer.text
    assert 'href="/console/overview"' not in agent.get("/console").text
    agent.headers["Accept-Language"] = "zh-CN"
    assert "供主管和运营人员使用" in agent.get(path).text
    assert world.http.get(path).status_code == 303  # without a login it is the login that is asked for


@pytest.mark.parametrize("role", ["lead", "operator"])
def test_leads_and_operators_see_the_overview_and_the_way_to_it(world: World, role: str) -> None:
    lead = with_role(world, role)
    risky_case(world, world.customer(), "I am done waiting.")
    page = lead.get("/console/overview")
    assert page.status_code == 200
    assert "No model is served" in page.text
    assert 'href="/console/overview" aria-current="page"' in page.text


@pytest.mark.parametrize(
    ("days", "status"), [("7", 200), ("365", 200), ("0", 422), ("9999", 422), ("x", 422)]
)
def test_a_range_is_taken_or_refused_clearly(world: World, days: str, status: int) -> None:
    assert with_role(world, "lead").get(f"/console/overview?days={days}").status_code == status


def write_model(folder: Path, **changes: object) -> None:
    """A manifest as training writes it, of a model without files."""
    metrics = {
        "customers": 900, "examples": 5000, "left_share": 0.35, "test_examples": 800, "recency_only": {"auroc": 0.7},
        "with_text": {"auroc": 0.81, "brier": 0.1, "scores": [0.1] * 10, "reliability": [[0.2, 0.25, 80]] * 10},
        "behaviour_only": {"auroc": 0.8, "brier": 0.11},
    }  # fmt: skip
    manifest = {
        "format": 3, "files": {}, "ends": [30, 60, 90], "network": "fusion", "version": "m1", "features": ["recency_days"], "event_kinds": [1], "averages": [1.0], "anchor": "order",
        "horizon_days": 60, "encoder_version": "e1", "trained_until": "2026-01-01T00:00:00+00:00", "uses_text": True,
        "buying": None, "few_customers": True, "network_share": {"with_text": 0.5, "behaviour_only": 0.5},
        "calibration": {"with_text": {"method": "beta"}, "behaviour_only": {"method": "none"}},
        "metrics": metrics | changes,
    }  # fmt: skip
    folder.mkdir(exist_ok=True)
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.fixture
def model(world: World):
    folder = world.settings.models
    write_model(folder)
    yield folder
    (folder / "manifest.json").unlink()


def test_the_model_that_is_served_is_told_with_its_test_and_its_drift(world: World, model: Path) -> None:
    customer = world.customer()
    with unit_of_work(world.engine) as session:
        who = session.get_one(tables.Conversation, customer.conversation).customer_id
        for probability in (0.05, None):
            session.add(
                tables.Risk(
                    customer_id=who, as_of=world.clock(), status="scored" if probability else "unknown",
                    probability=probability, reliability="high", reliability_reason="-", reasons=[], inputs={},
                    model_version="m1",
                )
            )  # fmt: skip
    lead = with_role(world, "lead")
    page = unescape(lead.get("/console/overview").text)
    assert "0.810 (n = 800)" in page
    assert "the scores have moved much since the training" in page
    told = unescape(lead.get("/console/models/m1").text)
    assert "Reliability on its test" in told
    assert "25%" in told
    assert 'href="/console/models/m1"' in lead.get("/console/models").text
    with unit_of_work(world.engine) as session:
        for risk in session.exec(select(tables.Risk).where(tables.Risk.model_version == "m1")):
            session.delete(risk)


def test_the_features_that_moved_furthest_are_told_by_name_in_both_languages(
    world: World, model: Path
) -> None:
    content = json.loads((model / "manifest.json").read_text())
    content["feature_shares"] = {
        "visits_30": spread([1.0, 2.0, 3.0] * 100),
        "tenure_days": spread([9.0] * 300),
    }
    (model / "manifest.json").write_text(json.dumps(content))
    lead, customer = with_role(world, "lead"), world.customer()
    assert "Not known: it takes last night's scores" in unescape(lead.get("/console/models/m1").text)
    with unit_of_work(world.engine) as session:
        who = session.get_one(tables.Conversation, customer.conversation).customer_id
        session.add_all(
            tables.Risk(
                customer_id=who, as_of=world.clock(), status="scored", probability=0.5, reliability="high",
                reliability_reason="-", reasons=[], inputs={"features": {"visits_30": 9.0, "tenure_days": 9.0}},
                model_version="m1",
            )
            for _ in range(FEWEST_READ)
        )  # fmt: skip
    told = unescape(lead.get("/console/models/m1").text)
    assert told.index("Visits, 30 days") < told.index("Days as a customer")
    assert f"of {FEWEST_READ} customers last night" in told
    lead.headers["Accept-Language"] = "zh-CN"
    assert "访问（30 天）" in lead.get("/console/models/m1").text
    with unit_of_work(world.engine) as session:
        for risk in session.exec(select(tables.Risk).where(tables.Risk.model_version == "m1")):
            session.delete(risk)


def test_the_season_that_a_model_expects_is_drawn_and_told_in_both_languages(
    world: World, model: Path
) -> None:
    lead = with_role(world, "lead")
    assert "None to speak of" in lead.get("/console/models/m1").text
    content = json.loads((model / "manifest.json").read_text())
    content["levels"] = {"with_text": [0.0] * 10 + [0.5] + [0.0] * 20 + [-0.4] + [0.0] * 21}
    (model / "manifest.json").write_text(json.dumps(content))
    page = lead.get("/console/models/m1").text
    assert page.count("<polyline") == 2
    row = re.compile(r'<tr><th scope="row">(\w+)</th><td>(2026-[\d-]+)</td><td>(×[\d.]+)</td></tr>')
    assert row.findall(page.replace("Of its training", "Training")) == [
        ("Training", "2026-01-01", "×1.00"),
        ("Lowest", "2026-08-06", "×0.67"),
        ("Highest", "2026-03-12", "×1.65"),
    ]
    lead.headers["Accept-Language"] = "zh-CN"
    assert "预期的季节变化" in lead.get("/console/models/m1").text


def test_a_model_that_could_not_be_tested_says_so_and_shows_no_picture(world: World, model: Path) -> None:
    untested = {"customers": 900, "examples": 5000, "left_share": 0.35}
    content = json.loads((model / "manifest.json").read_text())
    (model / "manifest.json").write_text(json.dumps(content | {"metrics": untested}))
    lead = with_role(world, "lead")
    assert "not tested: the log was too short" in lead.get("/console/overview").text
    page = lead.get("/console/models/m1").text
    assert "kept no reliability picture" in page
    assert "not tested" in page


def test_a_model_of_which_only_scores_are_left_has_a_page_and_an_unknown_one_has_none(world: World) -> None:
    customer = world.customer()
    with unit_of_work(world.engine) as session:
        who = session.get_one(tables.Conversation, customer.conversation).customer_id
        session.add(
            tables.Risk(
                customer_id=who, as_of=world.clock() - timedelta(days=1), status="scored", probability=0.5,
                reliability="high", reliability_reason="-", reasons=[], inputs={}, model_version="old1",
            )
        )  # fmt: skip
    lead = with_role(world, "lead")
    assert 'href="/console/models/old1"' in lead.get("/console/models").text
    assert "Its files are no longer here" in lead.get("/console/models/old1").text
    assert lead.get("/console/models/nothing").status_code == 404


def test_the_evaluation_report_is_shown_under_a_policy_of_its_own(world: World) -> None:
    lead = with_role(world, "lead")
    assert lead.get("/console/models/report").status_code == 404
    report = world.settings.data_folder / "evaluation" / "report.html"
    report.parent.mkdir(exist_ok=True)
    report.write_text("<style>p{color:red}</style><p>ECE</p><script>alert(1)</script>")
    try:
        answer = lead.get("/console/models/report")
    finally:
        report.unlink()
    assert "ECE" in answer.text
    assert answer.headers["Content-Security-Policy"].startswith(
        "default-src 'none'; style-src 'unsafe-inline'"
    )
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_a_model_that_is_refused_says_why(tmp_path: Path) -> None:
    assert served_model(tmp_path).manifest is None
    (tmp_path / "manifest.json").write_text("{")
    assert "cannot be read" in served_model(tmp_path).cause


def test_days_that_would_be_too_narrow_are_drawn_by_week() -> None:
    days = {date(2026, 1, 1) + timedelta(days=number): 1 for number in range(140)}
    weekly = by_day(days, days)
    assert (weekly.weekly, len(weekly.bars), weekly.bars[0].first, weekly.top) == (True, 20, 7, 7)
    month = dict(list(days.items())[:30])
    assert (by_day(month, month).weekly, len(by_day(month, month).bars)) == (False, 30)
    assert by_day({}, {}).bars == []
