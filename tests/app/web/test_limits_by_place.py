"""Limits by where a request comes from, believing only the proxies that are trusted; and who may read the numbers."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import Engine
from starlette.requests import Request

from app.web import create_app
from app.web.addresses import client_address, is_this_machine, place_of
from tests.app.web.conftest import demo_settings
from tests.app.web.serving import FakeBot, running_app
from tests.app.web.world import World, new_key

on_sqlite = pytest.mark.parametrize("shared_engine", ["sqlite"], indirect=True)
Start = Callable[..., httpx.Client]


def request_of(peer: str, *forwarded: str) -> Request:
    headers = [(b"x-forwarded-for", line.encode()) for line in forwarded]
    return Request({"type": "http", "client": (peer, 1), "headers": headers})


@pytest.mark.parametrize(
    ("forwarded", "trusted", "found"),
    [
        ([], 0, "10.0.0.9"),
        (["203.0.113.5"], 0, "10.0.0.9"),
        ([], 1, "10.0.0.9"),
        (["203.0.113.5"], 1, "203.0.113.5"),
        (["6.6.6.6, 203.0.113.5"], 1, "203.0.113.5"),
        (["6.6.6.6", "203.0.113.5"], 1, "203.0.113.5"),
        (["6.6.6.6, 203.0.113.5, 192.0.2.1"], 2, "203.0.113.5"),
        (["203.0.113.5"], 3, "203.0.113.5"),
    ],
)
def test_what_a_browser_claims_beyond_trusted_proxies_counts_for_nothing(
    forwarded: list[str], trusted: int, found: str
) -> None:
    assert client_address(request_of("10.0.0.9", *forwarded), trusted) == found


@pytest.mark.parametrize(
    ("peer", "place"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("not an address", "not an address"),
    ],
)
def test_a_household_on_ipv6_is_one_place(peer: str, place: str) -> None:
    assert place_of(request_of(peer), 0) == place


def test_whom_a_proxy_passes_on_is_not_this_machine() -> None:
    assert is_this_machine(request_of("127.0.0.1"))
    assert is_this_machine(request_of("::1"))
    assert not is_this_machine(request_of("127.0.0.1", "203.0.113.5"))
    assert not is_this_machine(request_of("203.0.113.5"))


def open_from(world: World, place: str, **body: object) -> httpx.Response:
    return world.http.post("/api/chat/sessions", json=body, headers={"X-Forwarded-For": place})


@on_sqlite
def test_flood_of_new_visitors_from_one_place_is_slowed_and_others_are_not(world: World) -> None:
    answers = [open_from(world, "203.0.113.5") for _ in range(33)]
    assert [answer.status_code for answer in answers] == [201] * 30 + [429] * 3
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert open_from(world, "203.0.113.6").status_code == 201
    assert open_from(world, "203.0.113.5", identity=world.identity(new_key())).status_code == 201
    resumed = world.http.post(
        "/api/chat/sessions",
        json={},
        headers={"X-Forwarded-For": "203.0.113.5", "Authorization": f"Bearer {answers[0].json()['token']}"},
    )
    assert resumed.status_code == 201


@on_sqlite
def test_identity_that_is_used_again_and_again_is_slowed(world: World) -> None:
    identity = world.identity(new_key())
    codes = [open_from(world, f"198.51.100.{number}", identity=identity).status_code for number in range(32)]
    assert codes == [201] * 30 + [429] * 2


@pytest.fixture
def start(shared_engine: Engine, tmp_path: Path, bot: FakeBot) -> Iterator[Start]:
    """Starts the app with settings of the test's own."""
    with ExitStack() as stack:

        def start(**changed: object) -> httpx.Client:
            settings = demo_settings(tmp_path, bot).model_copy(update=changed)
            url = stack.enter_context(running_app(create_app(settings, shared_engine)))
            return stack.enter_context(httpx.Client(base_url=url, trust_env=False))

        yield start


@on_sqlite
def test_without_a_trusted_proxy_nobody_escapes_the_limit_by_a_header(start: Start) -> None:
    http = start(trusted_proxies=0)
    codes = [
        http.post(
            "/api/chat/sessions", json={}, headers={"X-Forwarded-For": f"203.0.113.{number}"}
        ).status_code
        for number in range(31)
    ]
    assert codes == [201] * 30 + [429]


@on_sqlite
def test_numbers_are_for_this_machine_or_for_who_has_the_secret(start: Start) -> None:
    open_here = start()
    assert open_here.get("/metrics").status_code == 200
    assert open_here.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 401
    guarded = start(metrics_secret=SecretStr("the secret of the numbers"))
    assert guarded.get("/metrics").status_code == 401
    assert guarded.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 401
    told = {"Authorization": "Bearer the secret of the numbers", "X-Forwarded-For": "203.0.113.5"}
    assert "stayline_requests_total" in guarded.get("/metrics", headers=told).text
