"""What programs and mail use: the ingest API, unsubscribe links, health and metrics."""

import json
from datetime import timedelta

import pytest
from sqlmodel import select

from app.links import read_unsubscribe_token, unsubscribe_token
from db import tables
from db.session import unit_of_work
from desk.consent import Purpose, answer
from desk.errors import NotFound
from tests.app.web.world import World, new_key

# the ingest API


def ingest(world: World, kind: str, *lines: object, key: str | None = None) -> tuple[int, dict[str, object]]:
    body = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    headers = {"Authorization": f"Bearer {key or world.settings.secret('ingest_key')}"}
    got = world.http.post(f"/api/ingest/{kind}", content=body.encode(), headers=headers)
    return got.status_code, got.json()


def test_good_lines_are_kept_once_and_bad_ones_named_with_their_line(world: World) -> None:
    key = new_key()
    good = {"customer_key": key, "time": "2026-01-02T03:04:05Z", "kind": "order", "value": 12.5, "id": "o1"}
    status, told = ingest(world, "events", good, "{broken", "", "[1]", {"customer_key": key}, "[" * 5000)
    assert status == 207
    assert told["kept"] == 1
    assert told["new"] == 1
    assert [bad["line"] for bad in told["rejected"]] == [2, 4, 5, 6]  # type: ignore[attr-defined]
    assert ingest(world, "events", good) == (200, {"kept": 1, "new": 0, "skipped": 0, "rejected": []})


def test_ingest_needs_the_shops_key(world: World) -> None:
    assert ingest(world, "customers", {"customer_key": "x"}, key="wrong")[0] == 401
    assert world.http.post("/api/ingest/customers", content=b"{}").status_code == 401


def test_unknown_kind_is_not_found_and_too_large_a_body_refused(world: World) -> None:
    assert ingest(world, "secrets", {})[0] == 404
    assert ingest(world, "customers", "x" * 20_000_001)[0] == 413


# unsubscribe links


def customer_with_follow_up(world: World) -> tuple[int, str]:
    now, key = world.clock(), new_key()
    with unit_of_work(world.engine) as session:
        customer = tables.Customer(customer_key=key)
        session.add(customer)
        session.flush()
        assert customer.id is not None
        for channel in ("email", "widget"):
            session.add(
                tables.FollowUp(
                    idempotency_key=f"{key}-{channel}",
                    customer_id=customer.id,
                    rule="care",
                    channel=channel,
                    details={},
                    planned_at=now,
                    due_at=now,
                    not_after=now + timedelta(days=1),
                )
            )
        return customer.id, unsubscribe_token(world.settings.secret("link_secret"), customer.id, "email")


def state(world: World, customer_id: int) -> tuple[bool | None, dict[str, str]]:
    with world.read() as session:
        rows = session.exec(select(tables.FollowUp).where(tables.FollowUp.customer_id == customer_id))
        return answer(session, customer_id, Purpose.FOLLOW_UP, "email"), {
            row.channel: row.status for row in rows
        }


def test_looking_at_the_link_changes_nothing(world: World) -> None:
    customer_id, token = customer_with_follow_up(world)
    assert "Unsubscribe?" in world.http.get(f"/u/{token}").text
    assert world.http.head(f"/u/{token}").status_code == 405
    assert state(world, customer_id) == (None, {"email": "pending", "widget": "pending"})


def test_one_click_unsubscribes_at_once_without_cookie_or_origin(world: World) -> None:
    customer_id, token = customer_with_follow_up(world)
    one_click = world.browser(Origin="https://mail.example")
    got = one_click.post(f"/u/{token}", data={"List-Unsubscribe": "One-Click"})
    assert got.status_code == 200
    assert "You are unsubscribed" in got.text
    assert "set-cookie" not in got.headers
    assert state(world, customer_id) == (False, {"email": "cancelled", "widget": "pending"})


def test_wrong_or_outlived_link_is_a_page_not_found(world: World) -> None:
    secret = world.settings.secret("link_secret")
    _, token = customer_with_follow_up(world)
    for wrong in ("x", "a.b.c", token[:-4] + "AAAA", unsubscribe_token(secret, 2_000_000_000, "email")):
        for got in (world.http.get(f"/u/{wrong}"), world.http.post(f"/u/{wrong}")):
            assert got.status_code == 404
            assert "text/html" in got.headers["content-type"]


def test_token_of_another_purpose_or_secret_is_no_link() -> None:
    token = unsubscribe_token("one secret that is long enough", 5, "email")
    assert read_unsubscribe_token("one secret that is long enough", token) == (5, "email")
    with pytest.raises(NotFound):
        read_unsubscribe_token("another secret, long enough too", token)


def test_identity_token_does_not_unsubscribe(world: World) -> None:
    with pytest.raises(NotFound):
        read_unsubscribe_token(world.settings.secret("identity_secret"), world.identity("ana"))


# health and metrics


def tick(world: World, seconds_ago: float) -> None:
    with unit_of_work(world.engine) as session:
        session.merge(tables.Tick(job="deliver", last_tick_at=world.clock() - timedelta(seconds=seconds_ago)))


def test_ready_only_when_every_part_is(world: World) -> None:
    assert world.http.get("/health/live").status_code == 200
    tick(world, 5)
    got = world.http.get("/health/ready")
    assert got.status_code == 200, got.text
    assert got.json()["parts"]["model"] == {"ok": True, "version": "m1", "encoder": "e1", "cause": None}
    assert set(got.json()["parts"]["worker"]["jobs"]) >= {"deliver"}
    tick(world, 61)
    got = world.http.get("/health/ready")
    assert got.status_code == 503
    parts = got.json()["parts"]
    assert [name for name, part in parts.items() if not part["ok"]] == ["worker"]
    assert parts["worker"]["cause"]


def test_metrics_count_requests_by_route_never_by_address(world: World) -> None:
    customer = world.customer()
    world.bot.status = 503
    customer.post("hi")
    customer.replies(1)
    world.http.get("/u/secret-token-in-the-address")
    text = world.http.get("/metrics").text
    assert 'stayline_requests_total{method="POST",route="/api/chat/messages",status="202"}' in text
    assert 'stayline_fallbacks_total{cause="status"}' in text
    assert "stayline_bot_turn_seconds_count" in text
    assert float(text.split("\nstayline_open_escalations ")[1].split("\n")[0]) >= 1
    assert "secret-token" not in text
    assert customer.conversation not in text
