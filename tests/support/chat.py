"""The chat as the widget speaks it: a session, posted messages, and what arrives by SSE."""

import json
import re
import threading
import time
from typing import Any
from uuid import uuid4

import httpx


class Chat:
    """One browser's conversation. `received` fills as the stream brings messages."""

    def __init__(self, base_url: str, identity: str | None = None, language: str | None = None) -> None:
        self.http = httpx.Client(base_url=base_url, timeout=20, trust_env=False)
        opened = self.http.post("/api/chat/sessions", json={"identity": identity, "language": language})
        opened.raise_for_status()
        self.session: dict[str, Any] = opened.json()
        self.http.headers["Authorization"] = f"Bearer {self.session['token']}"
        self.received: list[dict[str, Any]] = list(self.session["messages"])
        self._closed = threading.Event()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def say(self, text: str, client_id: str | None = None) -> dict[str, Any]:
        posted = self.http.post(
            "/api/chat/messages", json={"text": text, "client_id": client_id or uuid4().hex}
        )
        posted.raise_for_status()
        return posted.json()

    def answers_to(self, message_id: int, role: str = "bot") -> list[dict[str, Any]]:
        return [
            message for message in self.received if message["id"] > message_id and message["role"] == role
        ]

    def wait_for(self, what, seconds: float = 10) -> dict[str, Any]:
        """The first received message for which `what` holds."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := next((message for message in self.received if what(message)), None):
                return found
            time.sleep(0.05)
        raise AssertionError(f"not received within {seconds} s; got {[m['text'] for m in self.received]}")

    def close(self) -> None:
        self._closed.set()
        self._listener.join(10)
        self.http.close()

    def _listen(self) -> None:
        """Like a browser: a stream that breaks (here also after a second of silence) goes on from the last id."""
        impatient = httpx.Timeout(20, read=1)
        base, headers = self.http.base_url, self.http.headers
        with httpx.Client(base_url=base, headers=headers, timeout=impatient, trust_env=False) as http:
            while not self._closed.is_set():
                last = max((message["id"] for message in self.received), default=0)
                try:
                    with http.stream(
                        "GET", "/api/chat/events", headers={"Last-Event-ID": str(last)}
                    ) as stream:
                        self._read(stream)
                except httpx.HTTPError:
                    time.sleep(0.05)

    def _read(self, stream: httpx.Response) -> None:
        event = ""
        for line in stream.iter_lines():
            if line.startswith("event:"):
                event = line.removeprefix("event:").strip()
            elif line.startswith("data:") and event == "message":
                self.received.append(json.loads(line.removeprefix("data:")))


def identity_of(base_url: str, customer_key: str) -> str:
    """The token that the demo shop's page mints for whom it says is signed in."""
    page = httpx.get(f"{base_url}/", params={"as": customer_key}, timeout=20, trust_env=False)
    found = re.search(r'data-identity="([^"]+)"', page.text)
    assert found, page.text[:500]
    return found[1]
