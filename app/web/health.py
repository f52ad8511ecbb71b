"""Whether the process lives, whether a chat turn would work right now, and the numbers behind it."""

import asyncio
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import select
from starlette.responses import JSONResponse, Response

from app.web.addresses import is_this_machine
from app.web.body import HeaderText
from app.web.context import Web, WebDep
from app.web.errors import NotSignedIn
from app.web.identity import bearer
from db import tables
from db.migrate import is_current
from db.session import read_only

router = APIRouter(tags=["health"])

PATIENCE_SECONDS = 2.0
DELIVER = "deliver"
OLDEST_TICK = timedelta(seconds=60)
ASKING = CapacityLimiter(
    4
)  # threads that a silent line to the database may keep from readiness, and from nothing else

CLOSED = "The numbers are for the operator: expected the bearer secret of STAYLINE_METRICS_SECRET."

Part = dict[str, Any]


@router.get("/health/live")
async def live() -> dict[str, str]:
    return {"status": "ok"}


@router.get("/health/ready")
async def ready(web: WebDep) -> JSONResponse:
    """200 when every part works, else 503; each part says what is wrong with it."""
    (database, worker), bot, (actions, model) = await asyncio.gather(
        _database_and_worker(web), _bot(web), _actions(web)
    )
    parts = {"database": database, "bot": bot, "actions": actions, "model": model, "worker": worker}
    works = all(part["ok"] for part in parts.values())
    return JSONResponse({"status": "ok" if works else "not ready", "parts": parts}, 200 if works else 503)


@router.get("/metrics", include_in_schema=False)
def metrics(web: WebDep, request: Request, authorization: HeaderText = None) -> Response:
    """For who has the secret; where none is set, for programs of this machine."""
    secret = web.settings.metrics_secret.get_secret_value()
    given = bearer(authorization) or ""
    if not (hmac.compare_digest(given.encode(), secret.encode()) if secret else is_this_machine(request)):
        raise NotSignedIn(CLOSED)
    with read_only(web.engine) as session:
        return Response(web.metrics.text(session), media_type=CONTENT_TYPE_LATEST)


async def _database_and_worker(web: Web) -> tuple[Part, Part]:
    """Both are read from the tables. A line that went silent would keep us as long as TCP hopes: 503 comes first."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await to_thread.run_sync(_stored, web, abandon_on_cancel=True, limiter=ASKING)
    except TimeoutError:
        silent = f"did not answer within {PATIENCE_SECONDS:.0f} seconds"
        return _broken(silent), _broken("unknown: no database")


def _stored(web: Web) -> tuple[Part, Part]:
    try:
        if not is_current(web.engine):
            return _broken("the tables are not the newest: run the migrations"), _broken("unknown")
        with read_only(web.engine) as session:
            ticks = {tick.job: tick.last_tick_at for tick in session.exec(select(tables.Tick))}
    except SQLAlchemyError as error:
        return _broken(f"cannot be reached ({type(error).__name__})"), _broken("unknown: no database")
    return {"ok": True}, _worker(web, ticks)


def _worker(web: Web, ticks: Mapping[str, datetime]) -> Part:
    """It works when it delivers; beside that, when each of its jobs last ended."""
    if DELIVER not in ticks:
        return _broken("it has never delivered: start `stayline worker`")
    told = {"jobs": {job: moment.isoformat() for job, moment in sorted(ticks.items())}}
    age = web.clock() - ticks[DELIVER]
    if age > OLDEST_TICK:
        return {**_broken(f"its last delivery round was {age.total_seconds():.0f} seconds ago"), **told}
    return {"ok": True, "last_tick_at": ticks[DELIVER].isoformat(), **told}


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
