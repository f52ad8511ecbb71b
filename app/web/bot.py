"""Asking the bot over its REST channel, and reading what it says."""

import math
from dataclasses import dataclass
from typing import Any

import httpx
from tenacity import AsyncRetrying, retry_if_exception_type, stop_before_delay, wait_exponential_jitter

FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.1, 1.0


class BotSilent(Exception):
    """The bot gave no answer that can be shown; `cause` is a word for the metrics."""

    def __init__(self, cause: str) -> None:
        self.cause = cause
        super().__init__(f"expected a list of answers from the bot, got none: {cause}")


class BotStarting(BotSilent):
    """It took no connection, or said that it serves nobody yet: the turn has not begun, so asking again is safe."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One thing the bot says: words, and what goes with them (`buttons`, `offer`)."""

    text: str
    payload: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Bot:
    """The bot's address and our secret with it; every failure is a `BotSilent`.

    A bot that is still starting is asked again, with growing pauses, while `patience` (seconds) lasts.
    """

    client: httpx.AsyncClient
    url: str
    secret: str

    async def ask(self, conversation_id: str, message_id: int, text: str, patience: float) -> list[Utterance]:
        body = {"sender": conversation_id, "message": text, "metadata": {"message_id": message_id}}
        asking = AsyncRetrying(
            retry=retry_if_exception_type(BotStarting),
            wait=wait_exponential_jitter(multiplier=FIRST_WAIT_SECONDS, max=LONGEST_WAIT_SECONDS, jitter=0.1),
            stop=stop_before_delay(patience),
            reraise=True,
        )
        return await asking(self._post, body)

    async def _post(self, body: dict[str, Any]) -> list[Utterance]:
        try:
            answer = await self.client.post(self.url, json=body, headers={"X-Stayline-Secret": self.secret})
            answer.raise_for_status()
            said = read_utterances(answer.json())
        except httpx.HTTPStatusError as error:
            starting = error.response.status_code == httpx.codes.SERVICE_UNAVAILABLE
            raise (BotStarting if starting else BotSilent)("status") from error
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise BotStarting("unreachable") from error
        except httpx.TimeoutException as error:
            raise BotSilent("timeout") from error
        except httpx.HTTPError as error:
            raise BotSilent("unreachable") from error
        except (ValueError, RecursionError) as error:
            raise BotSilent("unreadable") from error
        if not said:
            raise BotSilent("empty")
        return said


def read_utterances(items: Any) -> list[Utterance]:
    """What can be shown of the bot's list; anything of another shape is left out."""
    if not isinstance(items, list):
        return []
    return [said for item in items if isinstance(item, dict) and (said := _read(item)) is not None]


def _read(item: dict[str, Any]) -> Utterance | None:
    custom = dict(item["custom"]) if isinstance(item.get("custom"), dict) else {}
    text = item.get("text") or custom.pop("text", "")
    payload = {key: value for key, value in custom.items() if _finite(value)}
    if buttons := _buttons(item.get("buttons") or custom.get("buttons")):
        payload["buttons"] = buttons
    if not isinstance(text, str) or not (text or payload):
        return None
    return Utterance(text, payload or None)


def _buttons(found: Any) -> list[dict[str, str]]:
    if not isinstance(found, list):
        return []
    return [
        {"title": button["title"], "payload": button["payload"]}
        for button in found
        if isinstance(button, dict)
        and isinstance(button.get("title"), str)
        and isinstance(button.get("payload"), str)
    ]


def _finite(value: Any) -> bool:
    return not isinstance(value, float) or math.isfinite(value)
