"""The action server: rasa-sdk's own, made private.

As it comes it listens everywhere, asks for no secret and answers an error with the whole tracker. Here it
listens on loopback, wants the shared secret, takes no compressed bodies, and an action that fails or hangs
gives the customer words.
"""

import asyncio
import hmac
import logging
from typing import Any

from rasa_sdk.endpoint import create_app
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import ActionExecutor, ActionExecutorRunResult
from sanic import Request, response
from sanic.response import HTTPResponse

from actions.runtime import runtime
from actions.words import say, talk_button
from app.settings import Settings
from desk.masking import mask_logs
from risk_model.scorer import NoModel

DEADLINE_SECONDS = 2.5
LARGEST_BODY = 20 * 1024 * 1024
SECRET_HEADER = "X-Stayline-Secret"  # noqa: S105  (its name, not its value)
log = logging.getLogger(__name__)


class GuardedExecutor(ActionExecutor):
    """Runs an action within the deadline. One that fails leaves Rasa a truthful answer instead of an error."""

    async def run(self, action_call: dict[str, Any]) -> ActionExecutorRunResult | None:
        name = action_call.get("next_action")
        try:
            return await asyncio.wait_for(super().run(action_call), DEADLINE_SECONDS)
        except TimeoutError:
            log.error("%s took longer than %s s", name, DEADLINE_SECONDS)  # noqa: TRY400  (no traceback to show)
        except Exception:  # the edge of the process: a failure is this action's alone
            log.exception("%s failed", name)
        return _apology(action_call)

    def update_and_return_domain(self, payload: dict[str, Any], action_name: str) -> dict[str, Any]:
        """An empty one: Rasa is told to send none, and rasa-sdk would refuse a call without."""
        return {}


def make_server(settings: Settings) -> Any:
    """The Sanic app with every action of this package registered and the model loaded."""
    executor = GuardedExecutor()
    executor.register_package("actions")
    server = create_app(executor, cors_origins=[])
    server.config.REQUEST_MAX_SIZE = LARGEST_BODY
    secret = settings.secret("action_secret")

    @server.on_request
    async def guard(request: Request) -> HTTPResponse | None:
        if request.path == "/health":
            return response.json(_health())
        if not hmac.compare_digest(request.headers.get(SECRET_HEADER, "").encode(), secret.encode()):
            return response.empty(status=401)
        if request.headers.get("Content-Encoding"):
            return response.json({"error": "expected a plain body, got a compressed one"}, status=415)
        return None

    return server


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs addresses, and those name customers
    settings = Settings()
    runtime().scorer.get()  # load before the first customer waits for it
    server = make_server(settings)
    mask_logs()  # those of Sanic are there by now
    server.run(
        host="127.0.0.1", port=settings.actions_port, single_process=True, access_log=False, motd=False
    )


def _health() -> dict[str, str | None]:
    scorer = runtime().scorer.get()
    if isinstance(scorer, NoModel):
        return {"status": "ok", "model": None, "encoder": None, "cause": scorer.cause}
    encoder = scorer.encoder.version if scorer.encoder else None
    return {
        "status": "ok",
        "model": scorer.manifest.version,
        "encoder": encoder,
        "cause": scorer.without_text_because,
    }


def _apology(action_call: dict[str, Any]) -> ActionExecutorRunResult:
    """Words for an action that answers; silence for one that only looks (the turn goes on without a risk). A form that
    was open is over: what failed in it once would fail in it at every message. `fallback` tells the gateway to ask
    for a person.
    """
    quiet = action_call.get("next_action") == "action_assess_risk"
    language = str((action_call.get("tracker") or {}).get("slots", {}).get("language") or "en")
    words = {"text": say("trouble", language), "buttons": [talk_button(language)], "fallback": True}
    if quiet:
        return ActionExecutorRunResult(events=[], responses=[])
    return ActionExecutorRunResult(events=[SlotSet("form", None)], responses=[{"custom": words}])


if __name__ == "__main__":
    main()
