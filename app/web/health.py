"""Whether the process lives, whether a chat turn would work right now, and the numbers behind it."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
from anyio import to_thread
from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, Response

from app.web.context import Web, WebDep
from db import tables
from db.migrate import is_current
from db.session import read_only

router = APIRouter(tags=["health"])

PATIENCE_SECONDS = 2.0
DELIVER = "deliver"
OLDEST_TICK = timedelta(seconds=60)

Part = dict[str, Any]


@router.get("/health/live")
async def live() -> dict[str, str]:
    return {"status": "ok"}


@router.get("/health/ready")
async def ready(web: WebDep) -> JSONResponse:
    """200 when every part works, else 503; each part says what is wrong with it."""
    (database, worker), bot, (actions, model) = await asyncio.gather(
        to_thread.run_sync(_stored, web), _bot(web), _actions(web)
    )
    parts = {"database": database, "bot": bot, "actions": actions, "model": model, "worker": worker}
    works = all(part["ok"] for part in parts.values())
    return JSONResponse({"status": "ok" if works else "not ready", "parts": parts}, 200 if works else 503)


@router.get("/metrics", include_in_schema=False)
def metrics(web: WebDep) -> Response:
    with read_only(web.engine) as session:
        return Response(web.metrics.text(session), media_type=CONTENT_TYPE_LATEST)


def _stored(web: Web) -> tuple[Part, Part]:
    """Database and worker: both are read from the tables."""
    try:
        if not is_current(web.engine):
            return _broken("the tables are not the newest: run the migrations"), _broken("unknown")
        with read_only(web.engine) as session:
            tick = session.get(tables.Tick, DELIVER)
    except SQLAlchemyError as error:
        return _broken(f"cannot be reached ({type(error).__name__})"), _broken("unknown: no database")
    return {"ok": True}, _worker(web, tick)


def _worker(web: Web, tick: tables.Tick | None) -> Part:
    if tick is None:
        return _broken("it has never delivered: start `stayline worker`")
    age = web.clock() - tick.last_tick_at
    if age > OLDEST_TICK:
        return _broken(f"its last delivery round was {age.total_seconds():.0f} seconds ago")
    return {"ok": True, "last_tick_at": tick.last_tick_at.isoformat()}


async def _bot(web: Web) -> Part:
    answer = await _get(web, f"http://127.0.0.1:{web.settings.bot_port}/")
    return (
        {"ok": True}
        if answer is not None and answer.is_success
        else _broken("it does not answer on its port")
    )


async def _actions(web: Web) -> tuple[Part, Part]:
    """The action server, and the model it has loaded."""
    answer = await _get(web, f"http://127.0.0.1:{web.settings.actions_port}/health")
    if answer is None or not answer.is_success:
        return _broken("it does not answer on its port"), _broken("unknown: no action server")
    try:
        told = answer.json()
        version, encoder, cause = told["model"], told["encoder"], told.get("cause")
    except (ValueError, TypeError, KeyError, AttributeError):
        return _broken("its health answer cannot be read"), _broken("unknown")
    model = {"version": version, "encoder": encoder, "cause": cause}
    return {"ok": True}, {"ok": version is not None, **model}


async def _get(web: Web, url: str) -> httpx.Response | None:
    try:
        return await web.client.get(url, timeout=PATIENCE_SECONDS)
    except httpx.HTTPError:
        return None


def _broken(cause: str) -> Part:
    return {"ok": False, "cause": cause}
