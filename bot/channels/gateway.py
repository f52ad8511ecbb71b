"""The one door to the bot: Rasa's REST channel behind a shared secret, for the web gateway alone."""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.channels.rest import RestInput
from rasa.shared.exceptions import RasaException
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

import channels.answer_format  # noqa: F401  (its import is what makes action calls quick)
from channels.failed_actions import noticing_failed_actions
from desk.masking import mask_logs

SECRET_HEADER = "X-Stayline-Secret"
DEADLINE_SECONDS = 7.0

logger = logging.getLogger(__name__)
mask_logs()  # Rasa has set its log up before it looks for channels

Handler = Callable[[UserMessage], Awaitable[Any]]


class SecretMissing(RasaException):
    """There is no secret to check callers against."""

    def __init__(self) -> None:
        super().__init__("The bot needs a shared secret and got none: set STAYLINE_BOT_SECRET.")


class ModelNotReady(RasaException):
    """Rasa would serve on without a model, and answer nothing to everybody."""

    def __init__(self) -> None:
        super().__init__("The bot has no usable model, for the reason logged above: it does not start.")


class GatewayInput(RestInput):
    """`POST /webhooks/rest/webhook` as Rasa's own, but with a secret and without streaming.

    200 holds the replies. 400 means that the body is no message, 401 a wrong secret, 500 that the turn
    failed, 502 that an action failed (the replies there are, are in the body), 504 that it took too long.
    """

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> GatewayInput:
        given = credentials or {}
        return cls(
            str(given.get("secret") or ""),
            float(given.get("deadline_seconds", DEADLINE_SECONDS)),
        )

    def __init__(self, secret: str, deadline: float = DEADLINE_SECONDS) -> None:
        if not secret:
            raise SecretMissing()
        self._secret = secret.encode()
        self._deadline = deadline

    def blueprint(self, on_new_message: Handler) -> Blueprint:
        gateway = Blueprint("gateway", __name__)
        gateway.listener("after_server_start")(_require_model)

        @gateway.route("/webhook", methods=["POST"])
        async def receive(request: Request) -> HTTPResponse:
            if not self._knows(request):
                return response.empty(401)
            message = self._message(request.json)
            if message is None:
                return response.empty(400)
            return await self._answer(message, on_new_message)

        return gateway

    def _knows(self, request: Request) -> bool:
        given = request.headers.get(SECRET_HEADER, "")
        return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), self._secret)

    def _message(self, body: Any) -> UserMessage | None:
        """The message in a body of `sender`, `message` and perhaps `metadata`; None if it holds none."""
        if not isinstance(body, dict):
            return None
        sender, text, metadata = (
            body.get("sender"),
            body.get("message"),
            body.get("metadata"),
        )
        if not _has_words(sender) or not _has_words(text):
            return None
        return UserMessage(
            text,
            CollectingOutputChannel(),
            sender,
            input_channel=self.name(),
            metadata=metadata,
        )

    async def _answer(self, message: UserMessage, on_new_message: Handler) -> HTTPResponse:
        """The bot's replies. A failure is logged by name alone: a traceback may quote the customer."""
        try:
            with noticing_failed_actions() as failed:
                await asyncio.wait_for(on_new_message(message), self._deadline)
        except asyncio.TimeoutError:
            logger.error("A turn was given up after %.1f s.", self._deadline)  # noqa: TRY400 - see above
            return response.empty(504)
        except Exception as error:  # noqa: BLE001 - the edge of the process: a failure is this turn's alone
            logger.error("A turn failed with %s.", type(error).__name__)  # noqa: TRY400 - see above
            return response.empty(500)
        return response.json(message.output_channel.messages, status=502 if failed else 200)


def _has_words(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


async def _require_model(app: Sanic, _: Any) -> None:
    if not app.ctx.agent.is_ready():
        raise ModelNotReady()
