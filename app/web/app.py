"""The web process, put together."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial

import httpx
from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from app.settings import Settings
from app.web import (
    chat,
    chat_offers,
    clicks,
    consents,
    console,
    health,
    ingest_api,
    login,
    models_page,
    overview,
    panel,
    preferences,
    queue_page,
    rules_page,
    satisfaction,
    shop_page,
    sms_hook,
    transcript,
    typing_now,
    unread,
    unsubscribe,
    why_page,
)
from app.web.bot import Bot
from app.web.context import Web, utc_now
from app.web.errors import LastResort, add_error_handlers
from app.web.fingerprints import fingerprints_of
from app.web.gateway import Gateway
from app.web.hub import Hub
from app.web.metrics import CountRequests, Metrics
from app.web.pages import STATIC
from app.web.presence import Presence
from app.web.rates import Rates
from app.web.releases import Releases
from app.web.security import BodyLimit, SecurityHeaders
from app.web.unanswered import Sweep
from desk.canned_replies import load_canned_replies

BOT_DEADLINE_SECONDS = 8.0
ROUTERS = (
    chat, chat_offers, satisfaction, transcript, typing_now, unread, consents, ingest_api, unsubscribe, preferences,
    clicks, health, login, queue_page, console, panel, overview, models_page, why_page, rules_page, sms_hook, shop_page,
)  # fmt: skip


def create_app(
    settings: Settings,
    engine: Engine,
    *,
    clock: Callable[[], datetime] = utc_now,
    bot_deadline: float = BOT_DEADLINE_SECONDS,
) -> FastAPI:
    """The app for these settings and this database; `bot_deadline` is in seconds from a message's arrival."""
    load_canned_replies(settings.canned_replies)  # a mistake in the shop's file is told before anybody works
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with _running(settings, engine, clock, metrics, bot_deadline) as web:
            app.state.web = web
            yield

    app = FastAPI(title="Stayline", lifespan=lifespan, docs_url=None, redoc_url=None)
    for part in ROUTERS:
        app.include_router(part.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    add_error_handlers(app)
    app.add_exception_handler(login.MustSignIn, _to_login)
    # the last one added is the outermost
    app.add_middleware(BodyLimit)
    app.add_middleware(LastResort)
    app.add_middleware(SecurityHeaders, shop_origins=settings.framing_origins)
    app.add_middleware(CountRequests, metrics=metrics)
    return app


@asynccontextmanager
async def _running(
    settings: Settings, engine: Engine, clock: Callable[[], datetime], metrics: Metrics, bot_deadline: float
) -> AsyncIterator[Web]:
    """Everything that needs the event loop, from its start to its end."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
    async with httpx.AsyncClient(timeout=bot_deadline, limits=limits, trust_env=False) as client:
        url = f"http://127.0.0.1:{settings.bot_port}/webhooks/rest/webhook"
        hub = Hub(partial(fingerprints_of, engine))
        bot = Bot(client, url, settings.secret("bot_secret"))
        gateway = Gateway(bot, engine, clock, hub, metrics, bot_deadline)
        sweep = Sweep(engine, clock, hub.wake, metrics, timedelta(seconds=bot_deadline))
        releases = Releases(engine, clock, hub.wake)
        by_the_clock = [asyncio.create_task(work) for work in (hub.poll(), sweep.run(), releases.run())]
        try:
            yield Web(settings, engine, clock, client, metrics, Rates(), hub, gateway, Presence(clock))
        finally:
            await gateway.close()
            for task in by_the_clock:
                task.cancel()
            await asyncio.gather(*by_the_clock, return_exceptions=True)


async def _to_login(request: Request, _error: Exception) -> Response:
    """Pages go to the login; a script gets a 401 it can act on."""
    if request.headers.get("sec-fetch-dest", "document") == "document":
        return RedirectResponse("/console/login", 303)
    return Response(status_code=401)
