"""What an action hears and what it answers, as values: tests compare them, `actions.answer` hands them to Rasa."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rasa_sdk import Tracker

from actions.forms.form import Form
from actions.runtime import Said

Button = dict[str, str]
PERSON = "contact_human_agent"
# Intents that name no wish of their own: they answer a question, or say nothing that we know.
NO_TOPIC = frozenset({"", "nlu_fallback", "out_of_scope", "inform", "affirm", "deny"})
COURTESY = frozenset({"greet", "thank", "goodbye", "bot_challenge"})
_QUESTION = re.compile(r"[?？]|[吗呢么][。！!\s]*$")


@dataclass(frozen=True, slots=True)
class Understood:
    """What Rasa understood of the message. All of it is a guess, or was typed: it proves nothing."""

    intent: str
    text: str
    entities: dict[str, str]
    context: str | None = None  # the order spoken of last

    @classmethod
    def of(cls, tracker: Tracker) -> "Understood":
        message = tracker.latest_message
        found = {str(one["entity"]): str(one["value"]) for one in reversed(message.get("entities") or [])}
        intent = str((message.get("intent") or {}).get("name") or "")
        return cls(intent, str(message.get("text") or ""), found, tracker.get_slot("order_number"))

    @property
    def pressed(self) -> bool:
        """Whether it is a button: the gateway lets no typed text begin so."""
        return self.text.startswith("/")

    @property
    def order_number(self) -> str | None:
        return self.entities.get("order_number")

    @property
    def is_topic(self) -> bool:
        return self.intent not in NO_TOPIC

    @property
    def is_question(self) -> bool:
        return not self.pressed and self.intent not in NO_TOPIC and bool(_QUESTION.search(self.text))


@dataclass(frozen=True, slots=True)
class Part:
    """One thing the bot says: words of ours, or the name of fixed words in the bot's domain."""

    text: str | None = None
    buttons: Sequence[Button] = ()
    response: str | None = None
    custom: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What is said, the form that waits for the next message, and the order that was spoken of.

    `then` writes what belongs to it (a case, a consent), in a second transaction: none of ours may be open while a
    shop's own back end thinks. `person`: it says that a colleague comes.
    """

    parts: tuple[Part, ...]
    form: Form | None = None
    order_number: str | None = None
    then: Callable[[Said], None] | None = None
    person: bool = False

    def after(self, text: str) -> "Reply":
        """The same, with these words before it."""
        return replace(self, parts=(Part(text), *self.parts))

    def with_more(self, text: str, then: Callable[[Said], None] | None = None) -> "Reply":
        return replace(self, parts=(*self.parts, Part(text)), then=then or self.then)


def tell(
    text: str,
    *buttons: Button,
    form: Form | None = None,
    order_number: str | None = None,
    then: Callable[[Said], None] | None = None,
    person: bool = False,
) -> Reply:
    return Reply((Part(text, buttons),), form, order_number, then, person)


def respond(response: str) -> Reply:
    """The fixed words of the bot's domain."""
    return Reply((Part(response=response),))


def button(title: str, intent: str, **entities: str | None) -> Button:
    """A button that says an intent with what is known already."""
    known = {name: value for name, value in entities.items() if value}
    return {"title": title, "payload": f"/{intent}" + (json.dumps(known, ensure_ascii=True) if known else "")}
