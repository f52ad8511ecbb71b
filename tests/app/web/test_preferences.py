"""The preference page behind every mail, and the unsubscribe page's way to it."""

from typing import Any

import pytest
from sqlmodel import select

from app.links import click_token, unsubscribe_token
from db import tables
from db.session import unit_of_work
from desk.consent import Purpose, answer
from tests.app.web.world import World, new_key


def customer(world: World, **fields: Any) -> tuple[int, str]:
    with unit_of_work(world.engine) as session:
        row = tables.Customer(customer_key=new_key(), **fields)
        session.add(row)
        session.flush()
        return row.id, f"/u/{unsubscribe_token(world.settings.secret('link_secret'), row.id, 'email')}"


def answers(world: World, customer_id: int) -> dict[str, bool | None]:
    with world.read() as session:
        found = {
            name: answer(session, customer_id, Purpose.FOLLOW_UP, name)
            for name in ("email", "in_chat", "sms", "phone")
        }
        return {**found, "profiling": answer(session, customer_id, Purpose.PROFILING)}


def test_the_page_shows_what_counts_and_looking_changes_nothing(world: World) -> None:
    customer_id, link = customer(world)
    page = world.http.get(f"{link}/preferences").text
    assert 'name="profiling" aria-describedby="profiling-means" checked' in page
    assert 'name="email" aria-describedby="email-means">' in page
    assert set(answers(world, customer_id).values()) == {None}


def test_only_what_was_changed_is_kept_without_cookie_or_origin(world: World) -> None:
    customer_id, link = customer(world)
    browser = world.browser(Origin="https://mail.example")
    got = browser.post(f"{link}/preferences", data={"email": "on", "sms": "on"})
    assert got.status_code == 200
    assert "Saved. It counts from now on." in got.text
    assert "set-cookie" not in got.headers
    wanted = {"email": True, "in_chat": None, "sms": True, "phone": None, "profiling": False}
    assert answers(world, customer_id) == wanted
    browser.post(f"{link}/preferences", data={"sms": "on", "profiling": "on"})
    assert answers(world, customer_id) == wanted | {"email": False, "profiling": True}
    with world.read() as session:
        query = select(tables.Consent.source).where(tables.Consent.customer_id == customer_id)
        assert set(session.exec(query)) == {"preference page"}


def test_unsubscribing_is_an_event_and_leads_on_to_the_preferences(world: World) -> None:
    customer_id, link = customer(world)
    for _ in range(2):
        page = world.http.post(link).text
    assert f'href="{link}/preferences"' in page
    with world.read() as session:
        query = select(tables.Event.kind).where(tables.Event.customer_id == customer_id)
        assert list(session.exec(query)) == ["unsubscribed"]


def test_a_chinese_customer_reads_chinese(world: World) -> None:
    _, link = customer(world, language="zh")
    assert "确定退订吗？" in world.http.get(link).text
    page = world.http.get(f"{link}/preferences").text
    assert '<div lang="zh">' in page
    assert "您愿意接收的消息" in page


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_wrong_or_outlived_link_is_a_page_not_found(world: World, method: str) -> None:
    secret = world.settings.secret("link_secret")
    tokens = ("x", unsubscribe_token(secret, 2_000_000_000, "email"), click_token(secret, 1, world.url))
    for token in tokens:
        assert world.http.request(method, f"/u/{token}/preferences").status_code == 404


def test_a_form_of_thousands_of_fields_or_with_a_file_is_refused(world: World) -> None:
    _, link = customer(world)
    many = {f"f{number}": "on" for number in range(500)}
    assert world.http.post(f"{link}/preferences", files={"email": b"x"}).status_code == 400
    assert world.http.post(f"{link}/preferences", data=many).status_code in (200, 400)
