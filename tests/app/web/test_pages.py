"""Every page and answer is closed to what is inline, foreign or framed; mistakes of ours say nothing of a customer."""

import logging
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import create_engine
from starlette.testclient import TestClient

from app.links import unsubscribe_token
from app.settings import Environment, Settings
from app.web import create_app
from app.web.pages import FOLDER, percent
from db import tables
from db.session import unit_of_work
from tests.app.web.world import World

on_sqlite = pytest.mark.parametrize("shared_engine", ["sqlite"], indirect=True)  # no page depends on it
PAGES = ["/", "/console/login", "/console", "/nothing-here", "/u/wrong", "/health/live", "/openapi.json"]


@on_sqlite
@pytest.mark.parametrize(("path", "frames"), [("/widget", "'self'"), *((path, "'none'") for path in PAGES)])
def test_every_answer_has_a_strict_policy(world: World, path: str, frames: str) -> None:
    answer = world.http.get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert not re.search(r"unsafe|http|data:|\*", policy)
    assert f"frame-ancestors {frames}" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"


@on_sqlite
def test_agents_pages_have_the_policy_too(world: World) -> None:
    agent = world.agent()
    for path in ("/console", f"/console/cases/{world.case(world.customer())}"):
        assert "frame-ancestors 'none'" in agent.get(path).headers["content-security-policy"]


def test_templates_hold_no_inline_script_style_or_foreign_address() -> None:
    for template in (FOLDER / "templates").glob("*.html"):
        text = template.read_text()
        assert not re.search(r"\son\w+=|\sstyle=|<style|<script(?![^>]*\ssrc=)|\|\s*safe|https?://", text), (
            template
        )


def test_widget_sets_texts_never_markup() -> None:
    for module in (FOLDER / "static").rglob("*.js"):
        assert not re.search(
            r"innerHTML\s*=[^=]|outerHTML|insertAdjacentHTML|document\.write|eval\(", module.read_text()
        ), module


def test_both_languages_of_the_widget_say_the_same_things() -> None:
    folder = FOLDER / "static/widget"
    english, chinese = (
        re.findall(r"^ +(\w+):", (folder / f"words_{language}.js").read_text(), re.M)
        for language in ("en", "zh")
    )
    assert english == chinese
    assert len(english) > 15


@on_sqlite
def test_every_module_the_widget_loads_is_served(world: World) -> None:
    for module in (FOLDER / "static").rglob("*.js"):
        path = f"/static/{module.relative_to(FOLDER / 'static')}"
        assert world.http.get(path).status_code == 200
    assert "javascript" in world.http.get("/widget.js").headers["content-type"]


@on_sqlite
def test_demo_shop_signs_in_only_its_named_customers(world: World) -> None:
    with unit_of_work(world.engine) as session:
        session.add(tables.Customer(customer_key="demo-maya", name="Maya <b>Lind"))
        session.add(tables.Customer(customer_key="somebody-real", name="Somebody"))
    assert "data-identity" not in world.http.get("/").text
    assert "data-identity" not in world.http.get("/?as=somebody-real").text
    page = world.http.get("/?as=demo-maya").text
    assert "Simulated demo shop" in page
    assert "Maya &lt;b&gt;Lind" in page
    assert "Somebody" not in page
    token = re.search(r'data-identity="([^"]+)"', page)
    assert token is not None
    assert world.open(identity=token[1]).opened["verified"] is True


def test_production_shows_no_demo_and_marks_its_cookie_secure(tmp_path: Path) -> None:
    names = ("identity_secret", "action_secret", "bot_secret", "link_secret", "hold_out_key", "ingest_key")
    secrets: dict[str, Any] = {name: SecretStr(name * 4) for name in names}
    settings = Settings(
        _env_file=None,
        env=Environment.PRODUCTION,
        home=tmp_path,
        smtp_url="smtp://mail.example:25",
        **secrets,
    )
    engine = create_engine("sqlite://")
    with TestClient(create_app(settings, engine)) as client:
        page = client.get("/").text
        assert "customer service of" in page
        assert "Simulated" not in page
    engine.dispose()


def test_mistake_of_ours_answers_plainly_and_logs_no_value(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    engine = create_engine(
        "sqlite://"
    )  # a database without tables: every query fails, quoting its parameters
    settings = Settings(_env_file=None, home=tmp_path)
    token = unsubscribe_token(settings.secret("link_secret"), 987654321, "email")
    with TestClient(create_app(settings, engine)) as client, caplog.at_level(logging.DEBUG, logger="app"):
        page = client.get(f"/u/{token}")
        told = client.post("/api/chat/messages", headers={"Authorization": "Bearer canary-token"}, json={})
    engine.dispose()
    assert page.status_code == told.status_code == 500
    assert "on our side" in page.text
    assert "on our side" in told.json()["error"]
    logged = "".join(record.getMessage() for record in caplog.records)
    assert "OperationalError" in logged
    assert "987654321" not in logged
    assert "canary" not in logged


@pytest.mark.parametrize(
    ("probability", "told"),
    [
        (0, "0%"),
        (0.0004, "<1%"),
        (0.005, "<1%"),
        (0.42, "42%"),
        (0.994, "99%"),
        (0.9996, ">99%"),
        (1, "100%"),
    ],
)
def test_what_is_not_quite_certain_is_never_told_as_certain(probability: float, told: str) -> None:
    assert percent({"t": str}, probability) == told
