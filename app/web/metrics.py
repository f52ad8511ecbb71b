"""Numbers for the operator: counted here, read at /metrics."""

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from sqlalchemy import func
from sqlmodel import Session, col, select
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from db import tables

TURN_BUCKETS = (0.05, 0.1, 0.2, 0.5, 1, 2, 4, 8, 10)


class Metrics:
    """One registry per app, so that two apps in one process do not mix."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "stayline_requests_total",
            "Requests answered",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "stayline_request_seconds", "Until the first byte of an answer", ["route"], registry=self.registry
        )
        self.turn_seconds = Histogram(
            "stayline_bot_turn_seconds", "The bot's turn", buckets=TURN_BUCKETS, registry=self.registry
        )
        self.fallbacks = Counter(
            "stayline_fallbacks_total", "Turns answered without the bot", ["cause"], registry=self.registry
        )
        self.open_escalations = Gauge(
            "stayline_open_escalations", "Cases that are not resolved", registry=self.registry
        )
        self.unanswered_escalations = Gauge(
            "stayline_unanswered_escalations", "Cases that were closed unanswered", registry=self.registry
        )

    def text(self, session: Session) -> bytes:
        """Everything in Prometheus' text format."""
        is_open, verdict = col(tables.Escalation.status) != "resolved", col(tables.Escalation.verdict)
        self.open_escalations.set(session.exec(select(func.count()).where(is_open)).one())
        unanswered = select(func.count()).where(~is_open, verdict.is_(None))
        self.unanswered_escalations.set(session.exec(unanswered).one())
        return generate_latest(self.registry)


class CountRequests:
    """Counts by route template, never by address: addresses hold tokens."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()

        async def count(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "unmatched")
                self.metrics.requests.labels(scope["method"], route, message["status"]).inc()
                self.metrics.request_seconds.labels(route).observe(time.perf_counter() - started)
            await send(message)

        await self.app(scope, receive, count)
