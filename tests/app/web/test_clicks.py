"""The links in our mails: counted once, and leading to the shop's own hosts only."""

from datetime import timedelta

import pytest
from sqlmodel import select

from app.links import click_token, unsubscribe_token
from db import tables
from db.session import unit_of_work
from tests.app.web.world import World, new_key


def follow_up(world: World) -> tables.FollowUp:
    now = world.clock()
    with unit_of_work(world.engine) as session:
        customer = tables.Customer(customer_key=new_key())
        session.add(customer)
        session.flush()
        row = tables.FollowUp(
            idempotency_key=f"care:{customer.customer_key}", customer_id=customer.id, rule="care", channel="email",
            details={}, planned_at=now, due_at=now, not_after=now + timedelta(days=1),
        )  # fmt: skip
        session.add(row)
    return row


def link(world: World, row_id: int, url: str) -> str:
    return f"/c/{click_token(world.settings.secret('link_secret'), row_id, url)}"


def clicks(world: World, customer_id: int) -> int:
    query = select(tables.Event).where(
        tables.Event.customer_id == customer_id, tables.Event.kind == "mail_clicked"
    )
    with world.read() as session:
        return len(session.exec(query).all())


def test_a_click_leads_on_and_is_an_event_once(world: World) -> None:
    row = follow_up(world)
    target = f"{world.settings.web_url}/?from=mail"
    for _ in range(2):
        got = world.http.get(link(world, row.id, target))
        assert (got.status_code, got.headers["location"]) == (303, target)
    assert clicks(world, row.customer_id) == 1


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/", "javascript:alert(1)", "//evil.example", "http://127.0.0.1:8000@evil.example/"],
)
def test_a_target_outside_the_shop_is_not_followed_even_when_signed(world: World, url: str) -> None:
    row = follow_up(world)
    assert world.http.get(link(world, row.id, url)).status_code == 404
    assert clicks(world, row.customer_id) == 0


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
