"""The links in our mails: counted once, and leading to the shop's own hosts only."""

from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlmodel import select

from app.links import click_token, unsubscribe_token
from app.web import create_app
from db import tables
from db.session import make_engine, unit_of_work
from tests.app.web.serving import running_app
from tests.app.web.world import World, new_key


def follow_up(world: World, sent_ago: timedelta | None = timedelta(minutes=5)) -> tables.FollowUp:
    """One whose mail went out so long ago, or is still on its way."""
    now = world.clock()
    with unit_of_work(world.engine) as session:
        customer = tables.Customer(customer_key=new_key())
        session.add(customer)
        session.flush()
        row = tables.FollowUp(
            idempotency_key=f"care:{customer.customer_key}", customer_id=customer.id, rule="care", channel="email",
            details={}, planned_at=now, due_at=now, not_after=now + timedelta(days=1),
            sent_at=None if sent_ago is None else now - sent_ago,
        )  # fmt: skip
        session.add(row)
    return row


def link(world: World, row_id: int, url: str) -> str:
    return f"/c/{click_token(world.settings.secret('link_secret'), row_id, url)}"


def kept(world: World, row: tables.FollowUp) -> list[str]:
    """The kinds of the customer's events, in order."""
    query = select(tables.Event.kind).where(tables.Event.customer_id == row.customer_id)
    with world.read() as session:
        return list(session.exec(query.order_by(tables.Event.id)))


def test_a_click_leads_on_and_is_an_event_once(world: World) -> None:
    row = follow_up(world)
    target = f"{world.settings.web_url}/?from=mail"
    for _ in range(2):
        got = world.http.get(link(world, row.id, target))
        assert (got.status_code, got.headers["location"]) == (303, target)
    assert kept(world, row) == ["mail_clicked"]


def test_head_leads_on_and_leaves_nothing(world: World) -> None:
    row, target = follow_up(world), f"{world.settings.web_url}/"
    got = world.http.head(link(world, row.id, target))
    assert (got.status_code, got.headers["location"], kept(world, row)) == (303, target, [])


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Purpose": "prefetch;prerender"},
        {"Purpose": "prefetch"},
        {"X-Purpose": "preview"},
        {"X-Moz": "Prefetch"},
        {"Sec-Fetch-Dest": "image"},
    ],
    ids=["sec-purpose", "purpose", "x-purpose", "x-moz", "not a page"],
)
def test_a_program_that_says_so_is_scanned_and_a_later_click_still_counts(
    world: World, headers: dict[str, str]
) -> None:
    row, target = follow_up(world), f"{world.settings.web_url}/"
    got = world.http.get(link(world, row.id, target), headers=headers)
    assert (got.status_code, kept(world, row)) == (303, ["mail_scanned"])
    world.http.get(link(world, row.id, target), headers={"Sec-Fetch-Dest": "document"})
    assert kept(world, row) == ["mail_scanned", "mail_clicked"]


@pytest.mark.parametrize("sent_ago", [None, timedelta(), timedelta(seconds=3)], ids=str)
def test_who_is_faster_than_a_reader_is_a_scanner(world: World, sent_ago: timedelta | None) -> None:
    row, target = follow_up(world, sent_ago), f"{world.settings.web_url}/"
    assert world.http.get(link(world, row.id, target)).status_code == 303
    assert kept(world, row) == ["mail_scanned"]


def test_without_a_database_the_link_leads_on(world: World, tmp_path: Path) -> None:
    app = create_app(world.settings, make_engine(f"sqlite:///{tmp_path / 'empty.db'}"), clock=world.clock)
    target = f"{world.settings.web_url}/"
    with running_app(app) as url:
        got = httpx.get(url + link(world, 1, target), trust_env=False)
    assert (got.status_code, got.headers["location"]) == (303, target)


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/", "javascript:alert(1)", "//evil.example", "http://127.0.0.1:8000@evil.example/"],
)
def test_a_target_outside_the_shop_is_not_followed_even_when_signed(world: World, url: str) -> None:
    row = follow_up(world)
    assert world.http.get(link(world, row.id, url)).status_code == 404
    assert kept(world, row) == []


def test_a_link_that_we_did_not_sign_as_one_is_not_found(world: World) -> None:
    row = follow_up(world)
    secret = world.settings.secret("link_secret")
    forged = click_token("another secret, long enough too", row.id, world.settings.web_url)
    for token in ("x", forged, unsubscribe_token(secret, row.customer_id, "email")):
        assert world.http.get(f"/c/{token}").status_code == 404


def test_a_link_outlives_its_follow_up(world: World) -> None:
    target = f"{world.settings.web_url}/"
    got = world.http.get(link(world, 2_000_000_000, target))
    assert (got.status_code, got.headers["location"]) == (303, target)


def test_the_shop_s_own_hosts_may_be_named_in_the_settings(world: World) -> None:
    from app.settings import Settings

    settings = Settings(_env_file=None, home=world.settings.home, shop_hosts="Shop.example, www.shop.example")
    assert settings.click_hosts == {"127.0.0.1:8000", "shop.example", "www.shop.example"}
