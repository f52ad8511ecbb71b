"""The line to a shop's own back end: one deadline over everything, a limit on what comes, and a secret of ours."""

import asyncio
import logging
import ssl
import time
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from threading import Thread
from typing import Any

import httpx

from desk.shop import ShopUnavailable

DEADLINE_SECONDS = 1.5  # an action has 2.5, and wants to say something in the rest
LARGEST_BODY = 256 * 1024
IDLE_SECONDS = 2.0  # shorter than servers keep an unused connection, so that none dies under a question
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. `what` names it in the log, where the path, which names a customer, has no place."""

    what: str
    method: str
    path: str
    params: dict[str, str] | None = None
    body: dict[str, str] | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    is_json: bool
    body: bytes


class BackEnd:
    """Connections to one back end, kept for the life of the process and usable from any thread."""

    def __init__(self, url: str, secret: str, deadline: float = DEADLINE_SECONDS) -> None:
        self.deadline = deadline
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        if secret:
            headers["Authorization"] = f"Bearer {secret}"
        self._client = httpx.AsyncClient(
            base_url=url,
            headers=headers,
            timeout=None,  # noqa: S113  (`send` has one for the whole)
            verify=ssl.create_default_context(),  # what this machine trusts, a shop's own authority too
            cookies=CookieJar(
                DefaultCookiePolicy(allowed_domains=[])
            ),  # one customer's must never be another's
            limits=httpx.Limits(max_connections=20, keepalive_expiry=IDLE_SECONDS),
            follow_redirects=False,
            trust_env=False,
        )
        # A loop of its own: only a task that is cancelled ends in time whatever a server does, byte by byte.
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="shop-back-end", daemon=True)
        self._thread.start()

    def send(self, ask: Ask, until: float) -> Answer:
        """The answer, whatever its status. Raises `ShopUnavailable` when `until` (by the monotonic clock) passes, or
        when what came is no answer.
        """
        try:
            return asyncio.run_coroutine_threadsafe(self._send(ask, until), self._loop).result()
        except TimeoutError:
            raise unavailable(ask.what, f"no answer within {self.deadline:g} s") from None
        except httpx.HTTPError as error:
            raise unavailable(ask.what, type(error).__name__) from error
        except _Unusable as error:
            raise unavailable(ask.what, str(error)) from None

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        await self._client.aclose()
        await self._loop.shutdown_asyncgens()
        await asyncio.sleep(
            0
        )  # what was left in the midst says farewell to its socket in the loop's next round

    async def _send(self, ask: Ask, until: float) -> Answer:
        headers = {"Idempotency-Key": ask.idempotency_key} if ask.idempotency_key else {}
        options: dict[str, Any] = {"params": ask.params, "json": ask.body, "headers": headers}
        async with (
            asyncio.timeout(until - time.monotonic()),
            self._client.stream(ask.method, ask.path, **options) as response,
        ):
            kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            return Answer(response.status_code, kind == "application/json", await _body(response))


class _Unusable(Exception):
    """The answer is not one to read on."""


async def _body(response: httpx.Response) -> bytes:
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise _Unusable("a compressed answer")
    body = bytearray()
    async for part in response.aiter_raw():
        body += part
        if len(body) > LARGEST_BODY:
            raise _Unusable(f"more than {LARGEST_BODY} bytes")
    return bytes(body)


def unavailable(what: str, cause: str) -> ShopUnavailable:
    """To be raised; the log gets the line that an operator needs, with nothing of a customer in it."""
    log.warning("The shop's back end, asked to %s: %s", what, cause)
    return ShopUnavailable(f"The shop's back end gave no answer that can be used: {cause}.")
