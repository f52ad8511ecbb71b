"""Real servers on loopback: the app under uvicorn, and a bot that answers as Rasa's REST channel does."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import uvicorn
from fastapi import FastAPI

from app.commands.processes import KEEP_ALIVE_SECONDS
from tests.support.processes import free_port as free_port


def echo(message: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"recipient_id": message["sender"], "text": f"You said: {message['message']}"}]


@dataclass
class FakeBot:
    """Its `answer` may be replaced at any time; `asked` holds every request's JSON."""

    port: int = 0
    answer: Any = echo
    status: int = 200
    delay: float = 0.0
    asked: list[dict[str, Any]] = field(default_factory=list)
    secrets: set[str | None] = field(default_factory=set)

    def heard(self, conversation: str) -> list[str]:
        return [message["message"] for message in self.asked if message["sender"] == conversation]


@contextmanager
def running_bot(port: int = 0) -> Iterator[FakeBot]:
    bot = FakeBot()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(200, b'{"status":"ok","model":"m1","encoder":"e1","cause":null}')

        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            bot.asked.append(message)
            bot.secrets.add(self.headers.get("X-Stayline-Secret"))
            time.sleep(bot.delay)
            body = bot.answer(message) if callable(bot.answer) else bot.answer
            self._send(bot.status, body if isinstance(body, bytes) else json.dumps(body).encode())

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    bot.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield bot
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def running_app(app: FastAPI) -> Iterator[str]:
    """The address of the app under uvicorn."""
    port = free_port()
    config = uvicorn.Config(
        app, "127.0.0.1", port, log_level="warning", timeout_graceful_shutdown=1, proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 10
    while not server.started:
        assert thread.is_alive(), "the app did not start"
        assert time.monotonic() < until, "the app took too long to start"
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
