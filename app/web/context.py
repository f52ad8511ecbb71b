"""What every route needs, made once when the app starts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import httpx
from fastapi import Depends, Path, Query, Request
from sqlalchemy import Engine

from app.settings import Settings
from app.web.gateway import Gateway
from app.web.hub import Hub
from app.web.metrics import Metrics
from app.web.presence import Presence
from app.web.rates import Rates

LARGEST_ID = 2**31 - 1  # what an Integer column of PostgreSQL holds


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Web:
    settings: Settings
    engine: Engine
    clock: Callable[[], datetime]
    client: httpx.AsyncClient
    metrics: Metrics
    rates: Rates
    hub: Hub
    gateway: Gateway
    presence: Presence


def web_of(request: Request) -> Web:
    web: Web = request.app.state.web
    return web


WebDep = Annotated[Web, Depends(web_of)]
RowId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
AfterId = Annotated[int, Query(ge=0, le=LARGEST_ID)]
