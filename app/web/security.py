"""What stands around every request: headers, the size of bodies, and the origin of forms."""

import asyncio
from contextlib import suppress
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.errors import TooLarge, WrongOrigin, answer

BODY_LIMIT = 64_000
DRAIN_LIMIT = 32_000_000
DRAIN_SECONDS = 0.8
METHODS_WITH_BODY = {"POST", "PUT", "PATCH", "DELETE"}
OWN_LIMIT = "/api/ingest/"  # checks its key before it reads, and has a larger limit
READ_BY_THE_SHOP = "/api/chat/unread"  # the one answer that a script of the shop's page reads
POLICY = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; object-src 'none'; "
    "script-src 'self'; style-src 'self'; frame-ancestors {ancestors}"
)


class SecurityHeaders:
    """Nothing inline, nothing from elsewhere, and only the widget may stand in a frame: ours or the shop's."""

    def __init__(self, app: ASGIApp, shop_origins: tuple[str, ...] = ()) -> None:
        self.app = app
        self.shop_origins = frozenset(shop_origins)
        self.policy = POLICY.format(ancestors="'none'")
        self.frame_policy = POLICY.format(ancestors=" ".join(("'self'", *shop_origins)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        policy = self.frame_policy if path == "/widget" else self.policy
        reader = self._reader(Headers(scope=scope)) if path == READ_BY_THE_SHOP else None

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                _add_headers(headers, path, policy)
                if reader is not None:
                    headers["Access-Control-Allow-Origin"] = reader
                    headers.add_vary_header("Origin")
            await send(message)

        await self.app(scope, receive, with_headers)

    def _reader(self, headers: Headers) -> str | None:
        """The origin of the shop's page that asks, None for every other."""
        origin = headers.get("origin", "")
        return origin if origin and not self.shop_origins.isdisjoint((origin, "*")) else None


class BodyLimit:
    """Refuses a body above the limit before anything parses it; at most the limit is ever held in memory."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        unlimited = scope["type"] != "http" or scope["method"] not in METHODS_WITH_BODY
        if unlimited or scope["path"].startswith(OWN_LIMIT):
            await self.app(scope, receive, send)
            return
        try:
            body = await read_limited(Headers(scope=scope), receive, BODY_LIMIT)
        except TooLarge as refusal:
            await answer(Request(scope), refusal.status, str(refusal))(scope, receive, send)
            return
        if body is not None:
            await self.app(scope, _replayed(body, receive), send)


async def read_limited(headers: Headers, receive: Receive, limit: int) -> bytes | None:
    """The whole body, or None when the client left.

    Raises `TooLarge` after draining what is still being sent: an answer to half a request would be lost.
    """
    declared = headers.get("content-length", "0")
    too_large = declared.isdigit() and int(declared) > limit
    body = bytearray()
    while not too_large:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        too_large = len(body) > limit
        if not message.get("more_body", False) and not too_large:
            return bytes(body)
    if not (declared.isdigit() and int(declared) > DRAIN_LIMIT):
        await _drain(receive)
    raise TooLarge(limit)


def require_same_origin(request: Request) -> None:
    """Refuses an unsafe request that another site sent, or that does not say where it comes from."""
    if request.method not in METHODS_WITH_BODY:
        return
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise WrongOrigin
        return
    host = urlsplit(request.headers.get("origin", "")).netloc
    ours = {request.headers.get("host"), urlsplit(request.app.state.web.settings.web_url).netloc}
    if not host or host not in ours:
        raise WrongOrigin


def _add_headers(headers: MutableHeaders, path: str, policy: str) -> None:
    headers.setdefault("Content-Security-Policy", policy)  # a page may be stricter
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = (
        "same-origin"  # "no-referrer" would turn the Origin of our own forms into null
    )
    if not path.startswith(("/static/", "/widget.js")):
        headers.setdefault("Cache-Control", "no-store")


async def _drain(receive: Receive) -> None:
    seen = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            while seen < DRAIN_LIMIT:
                message = await receive()
                seen += len(message.get("body", b""))
                if not message.get("more_body", False):
                    return


def _replayed(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
