"""A shop's back end on loopback: one that answers from our tables as docs/shop-api.md says, or whatever a test tells."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from sqlalchemy import Engine

from db.session import unit_of_work
from desk.shop import NotPossible, Shop
from desk.shop_tables import TablesShop


@dataclass(frozen=True, slots=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: Any

    @property
    def parts(self) -> list[str]:
        return [unquote(part) for part in urlsplit(self.path).path.strip("/").split("/")]


@dataclass(frozen=True, slots=True)
class Reply:
    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})


def reply(body: object, status: int = 200) -> Reply:
    return Reply(status, json.dumps(body, default=str).encode())


NOT_THERE = reply({}, 404)


@dataclass
class BackEndServer:
    """`answer` gives the reply, or None when it has written to the connection itself; `asked` holds every request."""

    url: str = ""
    answer: Callable[[Asked, BaseHTTPRequestHandler], Reply | None] = lambda asked, handler: NOT_THERE
    asked: list[Asked] = field(default_factory=list)

    def always(self, body: object, status: int = 200) -> None:
        self.answer = lambda asked, handler: reply(body, status)


@contextmanager
def running_back_end(tls: ssl.SSLContext | None = None) -> Iterator[BackEndServer]:
    back_end = BackEndServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # head and body are two writes
        timeout = 20

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            asked = Asked(self.command, self.path, dict(self.headers), body)
            back_end.asked.append(asked)
            try:
                told = back_end.answer(asked, self)
                if told is not None:
                    self._send(told)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the other side has had enough, as it should

        def _send(self, told: Reply) -> None:
            self.send_response(told.status)
            for name, value in told.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(told.body)))
            self.end_headers()
            self.wfile.write(told.body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    back_end.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield back_end
    finally:
        server.shutdown()
        server.server_close()


def from_tables(
    engine: Engine, now: datetime, secret: str
) -> Callable[[Asked, BaseHTTPRequestHandler], Reply]:
    """A back end as the page asks for it, that knows what our tables know."""
    given: dict[str, Reply] = {}

    def answer(asked: Asked, _: BaseHTTPRequestHandler) -> Reply:
        if asked.headers.get("Authorization") != f"Bearer {secret}":
            return reply({}, 401)
        key = asked.headers.get("Idempotency-Key", "")
        if key not in given:
            try:
                with unit_of_work(engine) as session:
                    told = _told(TablesShop(session, now), asked)
            except NotPossible as refusal:
                told = reply({"cause": refusal.cause}, 409)
            if not key:
                return told
            given[key] = told
        return given[key]

    return answer


def _told(shop: Shop, asked: Asked) -> Reply:
    if asked.parts == ["products"]:
        query = parse_qs(urlsplit(asked.path).query)
        return reply({"products": _plain(shop.products(query["words"][0], query["language"][0]))})
    _, who, what, *rest = asked.parts
    match what, rest:
        case "orders", []:
            name, found = "orders", shop.orders(who)
        case "orders", [number]:
            name, found = "order", shop.order(who, number)
        case "orders", [number, "invoice"]:
            name, found = "invoice", shop.invoice(who, number)
        case "orders", [number, "cancel"]:
            name, found = "order", shop.cancel_order(who, number, asked.body["reason"])
        case "orders", [number, "address"]:
            name, found = "order", shop.change_address(who, number, asked.body["address"])
        case "orders", [number, "return"]:
            name, found = "refund", shop.request_return(who, number, asked.body["reason"])
        case "refunds", []:
            name, found = "refunds", shop.refunds(who)
        case "account", []:
            name, found = "account", shop.account(who)
        case "subscriptions", []:
            name, found = "subscriptions", shop.subscriptions(who)
    return NOT_THERE if found is None else reply({"customer_key": who, name: _plain(found)})


def _plain(found: Any) -> Any:
    if isinstance(found, list):
        return [_plain(one) for one in found]
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(found).items()
    }
