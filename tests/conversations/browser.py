"""The customer's side of a conversation: what they write and press, and what they then see."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from tests.conversations.telling import Message, Other, buttons_of, offers_of, quoted, titles
from tests.support.chat import Chat

ANSWER_SECONDS = 10


class Browser:
    """One chat. `said` is what the customer did last, `mark` the newest message then: answers come after it.
    `refusal` is why the page did not take it. Everything that is not as it must be raises Other.
    """

    def __init__(self, chat: Chat, identity: str | None) -> None:
        self._chat, self._identity = chat, identity
        self.conversation_id: str = chat.session["conversation"]
        self.said, self.mark = "", 0
        self.refusal: str | None = None
        self._last_post: dict[str, str] = {}

    def write(self, words: str, payload: str | None = None) -> None:
        self.said = words
        self._last_post = {"text": words, "client_id": uuid4().hex} | (
            {"payload": payload} if payload else {}
        )
        self._send("/api/chat/messages", self._last_post)

    def write_again(self) -> None:
        """As over a bad line: the same post, which must be answered once."""
        self._send("/api/chat/messages", self._last_post)

    def press(self, title: str) -> None:
        shown = buttons_of(self.transcript())
        payload = next((button["payload"] for button in reversed(shown) if button["title"] == title), None)
        if payload is None:
            raise Other(f"a button “{title}” to press", f"the buttons {titles(shown)}")
        self.write(title, payload)

    def accept_offer(self) -> None:
        offers = offers_of(self.transcript())
        if not offers:
            raise Other("an offer to accept", quoted(self.answers()))
        self.said = "(accepts the offer)"
        self._send(f"/api/chat/offers/{offers[-1]['id']}/accept", {})

    def come_back(self) -> None:
        """Open the page again: it must be the same conversation, with all that was said."""
        before = self.transcript()
        opened = self._chat.http.post("/api/chat/sessions", json={"identity": self._identity}).json()
        if opened["messages"] != before:
            raise Other("the same conversation again", quoted(opened["messages"]))

    def transcript(self) -> list[Message]:
        answer = self._chat.http.get(f"/api/chat/conversations/{self.conversation_id}")
        answer.raise_for_status()
        messages: list[Message] = answer.json()["messages"]
        return messages

    def answers(self) -> list[Message]:
        """What the bot has said since the customer did something last; at the start, its greeting."""
        return [one for one in self.transcript() if one["id"] > self.mark and one["role"] == "bot"]

    def await_answer(self) -> None:
        if self.refusal is not None:
            raise Other("the page to take it", f"“{self.refusal}”")
        self.await_message(
            lambda message: message["role"] == "bot" and message["id"] > self.mark, "an answer"
        )

    def await_message(self, which: Callable[[Message], bool], what: str) -> None:
        """Until the stream has brought it."""
        try:
            self._chat.wait_for(which, ANSWER_SECONDS)
        except AssertionError:
            raise Other(f"{what} within {ANSWER_SECONDS} seconds", quoted(self.answers())) from None

    def has_lost_or_doubled_nothing(self) -> None:
        """Each line is kept once, and the stream told everything once, in order."""
        kept = self.transcript()
        posts = [message["client_id"] for message in kept if message["role"] == "customer"]
        if len(posts) != len(set(posts)):
            raise Other("each line of the customer's once", quoted(kept))
        self.await_message(lambda message: message["id"] == kept[-1]["id"], "the last message")
        if (told := [message["id"] for message in self._chat.received]) != [
            message["id"] for message in kept
        ]:
            raise Other("each message told once, in order", f"messages {told}")

    def _send(self, where: str, body: dict[str, Any]) -> None:
        newest = max(message["id"] for message in self.transcript())
        answer = self._chat.http.post(where, json=body)
        if answer.is_server_error:
            raise Other("an answer of the page", f"error {answer.status_code}")
        self.refusal = answer.json()["error"] if answer.is_client_error else None
        self.mark = newest if self.refusal else answer.json().get("id", newest)
