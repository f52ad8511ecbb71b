"""The shop over HTTP, when its back end is slow, wrong, too much or somebody else's: real servers on loopback."""

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from desk.shop import Cause, NotPossible, Order, ShopUnavailable
from desk.shop_api import ApiShop
from desk.shop_back_end import LARGEST_BODY, BackEnd
from tests.support.back_end import BackEndServer, Reply, reply, running_back_end
from tests.support.certificates import make_certificate

SECRET = "a-secret-of-the-test-that-is-long-enough"
SHORT = 0.4  # seconds, where a test waits for the deadline; the others are never to come near theirs
LONG = 20.0
KEY = "c-417"
ORDER = {
    "number": "B-2088",
    "status": "placed",
    "placed_at": "2026-11-20T09:12:00Z",
    "items": "2 × Walnut shelf",
    "total": 118,
    "currency": "EUR",
}
ONE = {"customer_key": KEY, "order": ORDER}


@pytest.fixture
def server() -> Iterator[BackEndServer]:
    with running_back_end() as back_end:
        back_end.always(ONE)
        yield back_end


@contextmanager
def connected(url: str, deadline: float = LONG) -> Iterator[BackEnd]:
    back_end = BackEnd(url, SECRET, deadline)
    yield back_end
    back_end.close()


@pytest.fixture
def back_end(server: BackEndServer) -> Iterator[BackEnd]:
    with connected(server.url) as line:
        yield line


@pytest.fixture
def shop(back_end: BackEnd) -> ApiShop:
    return ApiShop(back_end, "message-1")


@pytest.fixture
def hasty_shop(server: BackEndServer) -> Iterator[ApiShop]:
    with connected(server.url, SHORT) as line:
        yield ApiShop(line, "message-1")


def cancel(shop: ApiShop) -> Order:
    return shop.cancel_order(KEY, "B-2088", "private words")


def unusable(shop: ApiShop) -> str:
    """Why the answer to both a question and a change is none."""
    with pytest.raises(ShopUnavailable) as asked:
        shop.order(KEY, "B-2088")
    with pytest.raises(ShopUnavailable):
        cancel(shop)
    return str(asked.value)


def test_a_certificate_that_nobody_trusts_gets_no_request_and_one_of_the_shops_own_authority_does(
    tmp_path, monkeypatch
):
    certificate, tls = make_certificate(tmp_path)
    with running_back_end(tls) as server:
        server.always(ONE)
        with connected(server.url) as back_end:
            assert "ConnectError" in unusable(ApiShop(back_end, "m"))
        assert server.asked == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with connected(server.url) as back_end:
            assert ApiShop(back_end, "m").order(KEY, "B-2088").number == "B-2088"


def test_a_cookie_of_one_answer_goes_with_no_other_request(server, shop):
    headers = {"Content-Type": "application/json", "Set-Cookie": "session=of-somebody; Path=/"}
    server.answer = lambda asked, handler: Reply(200, reply(ONE).body, headers)
    for _ in range(2):
        shop.order(KEY, "B-2088")
    assert not any("Cookie" in asked.headers for asked in server.asked)


def test_each_request_carries_the_secret_and_asks_for_plain_json(server, shop):
    shop.order(KEY, "B-2088")
    (asked,) = server.asked
    assert asked.headers["Authorization"] == f"Bearer {SECRET}"
    assert (asked.headers["Accept"], asked.headers["Accept-Encoding"]) == ("application/json", "identity")


@contextmanager
def left_at_the_deadline() -> Iterator[None]:
    began = time.monotonic()
    yield
    assert SHORT <= time.monotonic() - began < 8  # the server would take ten and more


def test_a_server_that_never_answers_is_left_at_the_deadline(server, hasty_shop):
    gone = threading.Event()
    server.answer = lambda asked, handler: gone.wait(10) and None
    with left_at_the_deadline():
        assert "no answer within 0.4 s" in unusable(hasty_shop)
    gone.set()


def test_a_server_that_drips_its_answer_is_left_at_the_deadline(server, hasty_shop):
    def drip(asked, handler) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Long: " + b"x" * 10_000:
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
            time.sleep(0.02)

    server.answer = drip
    with left_at_the_deadline():
        assert "no answer within 0.4 s" in unusable(hasty_shop)


def test_all_questions_of_one_message_share_the_deadline(server):
    with connected(server.url, 2.0) as back_end:
        shop = ApiShop(back_end, "message-1")
        assert shop.order(KEY, "B-2088") is not None
        time.sleep(2.0)
        with pytest.raises(ShopUnavailable, match="no answer within 2 s"):
            shop.order(KEY, "B-2088")
        assert len(server.asked) == 1
        assert ApiShop(back_end, "message-2").order(KEY, "B-2088") is not None


def test_a_server_that_is_not_there_or_takes_nothing_is_no_answer():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with connected(url) as back_end:
            assert "ConnectError" in unusable(ApiShop(back_end, "m"))
        listening.listen(0)  # connections are made, and nobody ever reads from them
        with connected(url, SHORT) as back_end:
            assert "no answer within" in unusable(ApiShop(back_end, "m"))


def test_a_connection_that_ends_in_the_midst_is_no_answer(server, shop):
    def half(asked, handler) -> None:
        handler.wfile.write(
            b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{"cust'
        )
        handler.close_connection = True

    server.answer = half
    assert "RemoteProtocolError" in unusable(shop)


def test_the_next_message_is_answered_once_the_server_is_back(server, back_end):
    server.always({}, 500)
    with pytest.raises(ShopUnavailable):
        ApiShop(back_end, "message-1").order(KEY, "B-2088")
    server.always(ONE)
    assert ApiShop(back_end, "message-2").order(KEY, "B-2088").number == "B-2088"


@pytest.mark.parametrize("status", [202, 204, 301, 400, 401, 403, 405, 410, 422, 429, 500, 502, 503])
def test_a_status_that_is_not_on_the_page_is_no_answer(server, shop, status):
    server.answer = lambda asked, handler: Reply(
        status, b"" if status == 204 else b"{}", {"Content-Type": "application/json"}
    )
    assert f"status {status}" in unusable(shop)


def test_a_redirect_is_not_followed_and_the_secret_goes_nowhere_else(server, shop):
    with running_back_end() as other:
        server.answer = lambda asked, handler: Reply(307, b"", {"Location": f"{other.url}/elsewhere"})
        assert "status 307" in unusable(shop)
        assert other.asked == []


def test_a_huge_answer_is_refused_before_it_is_read_to_its_end(server, shop):
    sent = []

    def flood(asked, handler) -> None:
        handler.wfile.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        while len(sent) < 10_000:
            handler.wfile.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
            sent.append(0x10000)

    server.answer = flood
    with pytest.raises(ShopUnavailable, match=f"more than {LARGEST_BODY} bytes"):
        shop.order(KEY, "B-2088")
    assert sum(sent) < 100 * LARGEST_BODY


def test_a_compressed_answer_is_refused(server, shop):
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    server.answer = lambda asked, handler: Reply(200, b"\x1f\x8b" + b"\0" * 30, headers)
    assert "compressed" in unusable(shop)


def changed(**fields: object) -> dict[str, object]:
    return {"customer_key": KEY, "order": {**ORDER, **fields}}


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param([], id="no object"),
        pytest.param({"order": ORDER}, id="nobody's"),
        pytest.param({"customer_key": KEY}, id="no order"),
        pytest.param({"customer_key": KEY, "order": [ORDER]}, id="a list where one was asked for"),
        pytest.param(changed(status="on its way"), id="a status that is not on the page"),
        pytest.param(changed(total="118.00"), id="money in words"),
        pytest.param(changed(total=True), id="money that is true"),
        pytest.param(changed(total=-1), id="money below nothing"),
        pytest.param(changed(currency="euro"), id="no ISO 4217"),
        pytest.param(changed(placed_at="2026-11-20 09:12"), id="a time without a zone"),
        pytest.param(changed(placed_at="yesterday"), id="no time"),
        pytest.param(changed(number=2088), id="a number that is one"),
        pytest.param(changed(number=""), id="no number"),
        pytest.param(changed(changeable="yes"), id="a word for yes"),
        pytest.param(changed(items="x" * 2001), id="more words than anybody reads"),
    ],
)
def test_what_is_not_as_documented_is_no_answer(server, shop, answer):
    server.always(answer)
    assert "is not as documented" in unusable(shop)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>Please sign in</html>", b'{"customer_key": "c-417", "ord', b"[" * 100_000, b"\xff\xfe{}"],
    ids=["empty", "a page", "cut off", "nested", "no UTF-8"],
)
def test_what_is_no_json_is_no_answer(server, shop, body):
    server.answer = lambda asked, handler: Reply(200, body)
    assert "is not as documented" in unusable(shop)


def test_infinity_is_no_amount(server, shop):
    server.answer = lambda asked, handler: Reply(200, reply(changed(total=float("inf"))).body)
    assert "is not as documented" in unusable(shop)


def test_an_answer_about_another_customer_or_another_order_is_told_to_nobody(server, shop):
    server.always({"customer_key": "c-418", "order": ORDER})
    assert "about another customer" in unusable(shop)
    server.always({"customer_key": "c-418", "orders": [ORDER]})
    with pytest.raises(ShopUnavailable, match="another customer"):
        shop.orders(KEY)
    server.always(changed(number="B-1"))
    with pytest.raises(ShopUnavailable, match="another order"):
        shop.order(KEY, "B-2088")
    server.always(
        {
            "customer_key": KEY,
            "invoice": {
                "number": "R-1",
                "order_number": "B-1",
                "issued_at": ORDER["placed_at"],
                "total": 1,
                "currency": "EUR",
            },
        }
    )
    with pytest.raises(ShopUnavailable, match="another order"):
        shop.invoice(KEY, "B-2088")


def test_a_link_that_is_no_web_address_is_no_answer(server, shop):
    product = {"key": "p", "name": "P", "price": 1, "currency": "EUR", "url": "javascript:alert(1)"}
    server.always({"products": [product]})
    with pytest.raises(ShopUnavailable):
        shop.products("p")


def test_a_cancelled_order_must_be_cancelled(server, shop):
    with pytest.raises(ShopUnavailable, match="placed all the same"):
        cancel(shop)
    server.always(changed(status="cancelled"))
    assert cancel(shop).status == "cancelled"


def test_not_found_is_nothing_known_but_a_page_that_says_so_is_no_answer(server, shop):
    server.always({}, 404)
    assert shop.order(KEY, "B-2088") is shop.account(KEY) is shop.invoice(KEY, "B-2088") is None
    assert shop.orders(KEY) == shop.refunds(KEY) == shop.subscriptions(KEY) == shop.products("lamp") == []
    with pytest.raises(NotPossible) as refusal:
        cancel(shop)
    assert refusal.value.cause is Cause.UNKNOWN_ORDER
    server.answer = lambda asked, handler: Reply(404, b"<h1>Not found</h1>", {"Content-Type": "text/html"})
    assert "status 404" in unusable(shop)


@pytest.mark.parametrize("cause", list(Cause))
def test_a_refused_change_says_why(server, shop, cause):
    server.always({"cause": cause}, 409)
    with pytest.raises(NotPossible) as refusal:
        cancel(shop)
    assert refusal.value.cause is cause


def test_a_refusal_without_a_cause_that_is_known_or_of_a_question_is_no_answer(server, shop):
    server.always({"cause": "full moon"}, 409)
    with pytest.raises(ShopUnavailable, match="cause is not as documented"):
        cancel(shop)
    server.always({"cause": "too_late"}, 409)
    with pytest.raises(ShopUnavailable, match="status 409"):
        shop.order(KEY, "B-2088")


def test_the_same_change_of_one_message_has_one_key_and_every_other_its_own(server, back_end):
    server.always(changed(status="cancelled"))

    def key(message: str, change) -> str:
        change(ApiShop(back_end, message))
        return server.asked[-1].headers["Idempotency-Key"]

    first = key("message-1", cancel)
    assert key("message-1", cancel) == first
    others = {
        key("message-2", cancel),
        key("message-1", lambda shop: shop.change_address(KEY, "B-2088", "1 Old Street")),
        key("message-1", lambda shop: shop.change_address(KEY, "B-2088", "2 New Street")),
    }
    assert len(others | {first}) == 4
    ApiShop(back_end, "message-1").order(KEY, "B-2088")
    assert "Idempotency-Key" not in server.asked[-1].headers


def test_an_order_written_otherwise_is_asked_for_again_as_the_back_end_writes_it(server, shop):
    def picky(asked, handler) -> Reply:
        if asked.parts[-1] == "orders":
            return reply({"customer_key": KEY, "orders": [ORDER]})
        known = asked.parts[3] == "B-2088"
        return reply(changed(status="cancelled") if known else {}, 200 if known else 404)

    server.answer = picky
    assert shop.cancel_order(KEY, "# b2088", "twice").number == "B-2088"
    assert [asked.parts[2:] for asked in server.asked] == [
        ["orders", "b2088", "cancel"],
        ["orders"],
        ["orders", "B-2088", "cancel"],
    ]


@pytest.mark.parametrize("key", ["客户 7/ana", "a/../../b", "a?b=c#d", "100%", "a b"])
def test_a_customers_key_is_one_part_of_the_path_whatever_is_in_it(server, shop, key):
    server.always({"customer_key": key, "orders": []})
    assert shop.orders(key) == []
    assert server.asked[0].parts == ["customers", key, "orders"]


@pytest.mark.parametrize("number", ["", "#", "..", "B" * 61, "?!"])
def test_what_is_no_number_is_never_asked_for(server, shop, number):
    assert shop.order(KEY, number) is None
    assert server.asked == []


@pytest.mark.parametrize("key", [".", "..", ""])
def test_a_key_that_no_path_can_hold_is_never_asked_for(server, shop, key):
    with pytest.raises(ShopUnavailable):
        shop.orders(key)
    assert server.asked == []


def test_the_newest_come_first_however_the_back_end_sorts_and_never_too_many(server, shop):
    orders = [
        {**ORDER, "number": f"B-{day}", "placed_at": f"2026-11-{day:02d}T00:00:00Z"} for day in range(1, 29)
    ]
    server.always({"customer_key": KEY, "orders": orders})
    assert [order.number for order in shop.orders(KEY)] == [f"B-{day}" for day in range(28, 8, -1)]
    products = [{"key": f"p{n}", "name": f"P{n}", "price": n, "currency": "EUR"} for n in range(9)]
    server.always({"products": products})
    assert [product.key for product in shop.products("p")] == ["p0", "p1", "p2", "p3", "p4"]


def test_the_log_says_what_failed_and_nothing_of_a_customer(server, shop, caplog):
    server.always(changed(items=17, ship_to="private street 1"))
    with caplog.at_level(logging.INFO, logger="desk"), pytest.raises(ShopUnavailable):
        cancel(shop)
    assert [record.getMessage() for record in caplog.records if record.name.startswith("desk")] == [
        "The shop's back end, asked to change an order (cancel): order.items is not as documented (string_type)"
    ]
    assert not any(word in caplog.text for word in ("private", SECRET, "B-2088"))


def test_many_messages_at_once_are_each_answered_with_their_own(server, back_end):
    def echo(asked, handler) -> Reply:
        time.sleep(0.02)
        return reply({"customer_key": asked.parts[1], "account": {"name": asked.parts[1]}})

    server.answer = echo
    found: dict[str, str | None] = {}

    def ask(key: str) -> None:
        account = ApiShop(back_end, key).account(key)
        found[key] = account.name if account else None

    threads = [threading.Thread(target=ask, args=(f"c-{n}",)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {f"c-{n}": f"c-{n}" for n in range(16)}
