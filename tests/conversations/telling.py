"""What was expected and what came, as a person reads it."""

from typing import Any

Message = dict[str, Any]


class Other(Exception):
    """Something else came than was expected."""

    def __init__(self, expected: str, came: str) -> None:
        self.expected, self.came = expected, came
        super().__init__(f"expected {expected}, came {came}")


def buttons_of(messages: list[Message]) -> list[dict[str, str]]:
    return [button for message in messages for button in (message["payload"] or {}).get("buttons", [])]


def offers_of(messages: list[Message]) -> list[dict[str, Any]]:
    return [offer for message in messages if (offer := (message["payload"] or {}).get("offer"))]


def holds(text: str, part: str) -> bool:
    """Whether the part is in the text; capitals and spaces make no difference."""
    return " ".join(part.casefold().split()) in " ".join(text.casefold().split())


def quoted(messages: list[Message]) -> str:
    lines = [f"“{one['text']}”" + "".join(f" [{b['title']}]" for b in buttons_of([one])) for one in messages]
    return "\n            ".join(lines) or "nothing"


def titles(buttons: list[dict[str, str]]) -> str:
    return ", ".join(f"“{button['title']}”" for button in buttons) or "(none)"
