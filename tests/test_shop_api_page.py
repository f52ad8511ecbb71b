"""docs/shop-api.md keeps its word: each of its examples is asked by the adapter as written, and its answer is read."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from desk.shop import Cause, NotPossible, OrderStatus, RefundStatus
from desk.shop_api import ApiShop
from desk.shop_back_end import BackEnd
from tests.support.back_end import Asked, Reply, running_back_end

PAGE = (Path(__file__).parent.parent / "docs" / "shop-api.md").read_text(encoding="utf-8")
KEY = "c-417"
SECRET = "..."


@dataclass(frozen=True)
class Example:
    """A request of the page with the answer under it."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    reply: Reply


def examples() -> list[Example]:
    blocks = re.findall(r"```http\n(.+?)```", PAGE, re.DOTALL)
    return [_example(asked, told) for asked, told in zip(blocks[::2], blocks[1::2], strict=True)]


def _example(asked: str, told: str) -> Example:
    (request, headers, body), (status, told_headers, told_body) = _parts(asked), _parts(told)
    method, path, _ = request.split()
    answer = Reply(int(status.split()[1]), told_body.encode(), told_headers)
    return Example(method, path, headers, json.loads(body) if body.strip() else None, answer)


def _parts(block: str) -> tuple[str, dict[str, str], str]:
    head, _, body = block.partition("\n\n")
    first, *rest = head.strip().splitlines()
    return first, dict(line.split(": ", 1) for line in rest), body


EXAMPLES = examples()


@pytest.fixture
def shop():
    with running_back_end() as server:

        def answer(asked: Asked, _: object) -> Reply:
            (shown,) = [one for one in EXAMPLES if (one.method, one.path) == (asked.method, asked.path)]
            assert asked.body == shown.body
            assert set(shown.headers) <= set(asked.headers)
            assert asked.headers["Authorization"] == shown.headers["Authorization"]
            assert ("Idempotency-Key" in asked.headers) == ("Idempotency-Key" in shown.headers)
            return shown.reply

        server.answer = answer
        back_end = BackEnd(server.url, SECRET, deadline=20)
        shop = ApiShop(back_end, "message-1")
        yield shop
        back_end.close()
        assert {(one.method, one.path) for one in server.asked} <= {
            (one.method, one.path) for one in EXAMPLES
        }


def test_questions_are_asked_and_answered_as_the_page_shows(shop):
    placed, delivered = shop.orders(KEY)
    assert (placed.number, placed.changeable, placed.ship_to) == ("B-2088", True, "4 Quay Street, Galway, IE")
    assert delivered.returnable_until is not None
    assert shop.order(KEY, "#B-2088").total == 118.0
    (refund,) = shop.refunds(KEY)
    assert (refund.status, refund.paid_at is None) == (RefundStatus.PAID, False)
    assert shop.invoice(KEY, "B-1990").url.endswith("R-2026-1990")
    assert shop.account(KEY).name == "Nora Byrne"
    assert [one.active for one in shop.subscriptions(KEY)] == [True]
    (lamp,) = shop.products("desk lamps", "en")
    assert (lamp.stock, lamp.back_at is None) == (0, False)


def test_changes_are_asked_and_answered_as_the_page_shows(shop):
    assert shop.cancel_order(KEY, "B-2088", "I ordered two by mistake").status is OrderStatus.CANCELLED
    with pytest.raises(NotPossible) as refusal:
        shop.cancel_order(KEY, "B-1990", "I no longer need it")
    assert refusal.value.cause is Cause.TOO_LATE
    moved = shop.change_address(KEY, "B-2088", "11 Shop Street, Galway, IE")
    assert moved.ship_to == "11 Shop Street, Galway, IE"
    assert shop.request_return(KEY, "B-1990", "The switch is broken").amount == 39.5


def test_the_page_names_every_status_and_every_cause():
    told = set(re.findall(r"`(\w+)`", PAGE))
    assert {*OrderStatus, *RefundStatus, *Cause} <= told
