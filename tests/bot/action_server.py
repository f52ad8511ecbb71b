"""An action server of a few lines that serves on loopback, remembers every call and can fail on purpose."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass(frozen=True)
class Call:
    """One action that Rasa asked for."""

    action: str
    sender: str
    secret: str | None
    latest_message: dict[str, Any]
    slots: dict[str, Any]
    events: int


@dataclass
class ActionServer:
    """What came, and how to answer: as asked, after a delay, or with a failure that quotes the conversation."""

    url: str
    calls: list[Call] = field(default_factory=list)
    broken: bool = False
    delay: float = 0.0

    def of(self, sender: str) -> list[Call]:
        return [call for call in self.calls if call.sender == sender]

    def answer(self, call: Call) -> tuple[int, dict[str, Any]]:
        self.calls.append(call)
        time.sleep(self.delay)
        if self.broken:
            return 500, {"error": f"failed over {call.latest_message['text']}"}
        events = [language_of(call.latest_message["text"])] if call.action == "action_assess_risk" else []
        responses = []
        if call.action == "action_order_status":
            responses = [{"text": "order status"}]
        if call.action == "action_talk":
            responses = [{"response": f"utter_{call.latest_message['intent']['name']}"}]
        return 200, {"events": events, "responses": responses}


def language_of(text: str) -> dict[str, Any]:
    """The slot event a risk action would answer with."""
    language = "zh" if any("\u4e00" <= sign <= "\u9fff" for sign in text) else "en"
    return {"event": "slot", "name": "language", "value": language, "timestamp": None}


@contextmanager
def running_action_server() -> Iterator[ActionServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            tracker = body["tracker"]
            status, answer = actions.answer(
                Call(
                    action=body["next_action"],
                    sender=body["sender_id"],
                    secret=self.headers["X-Stayline-Secret"],
                    latest_message=tracker["latest_message"],
                    slots=tracker["slots"],
                    events=len(tracker["events"]),
                )
            )
            payload = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            try:
                self.wfile.write(payload)
            except BrokenPipeError:  # the bot gave the turn up, as it should
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing: the calls are what is looked at."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    actions = ActionServer(f"http://127.0.0.1:{server.server_port}/webhook")
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield actions
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
