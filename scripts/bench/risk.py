"""Where the time of a chat turn's risk goes: `desk.flow.handle` in this process, on a scratch copy of the demo shop.

Each message is new and has about twelve tokens; what the customer wrote before is known already. It is encoded in a
thread beside the turn's own, so each part is counted by its own thread.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from threading import current_thread, main_thread
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from sqlalchemy import Engine
from sqlmodel import select

from app.settings import Settings
from db import tables
from db.session import make_engine, unit_of_work
from desk import flow, histories
from desk.conversations import add_message, open_conversation
from desk.rules import load_rules
from risk_model import scorer as serving
from risk_model.encoder import Encoder
from risk_model.loading import load_scorer
from scripts.bench.figures import Figure, Report, p50
from scripts.bench.shop import customers, scratch_home

ROUNDS, WARM = 60, 5
# ms CPU of features and score, on a machine whose encoder alone takes ENCODER ms in fp32 for such a message
WITHOUT_REASONS, WITH_REASONS = 16.0, 30.0
ENCODER = 8.7
SAID = ("Where is my parcel number {} please, it is late", "how do I send back the blue shoes, number {}?")
SPANS: dict[str, tuple[Any, str]] = {
    "history from the database": (histories, "of_customer"),
    "features and score": (flow, "score"),
    "embedding": (Encoder, "encode"),
    "features": (serving, "feature_matrix"),
    "features of what was written": (serving, "written"),
    "reasons": (serving.Scorer, "_reasons"),
    "networks, also for reasons": (serving.Way, "judged"),
}
BESIDE = "beside the turn's own thread"


class Spans:
    """CPU milliseconds spent in each of `SPANS`, by round; `BESIDE` is what other threads spent of them."""

    def __init__(self) -> None:
        self.rounds: list[dict[str, float]] = []

    @contextmanager
    def round(self) -> Iterator[None]:
        self.rounds.append(dict.fromkeys([*SPANS, BESIDE], 0.0))
        began = time.process_time()
        yield
        self.rounds[-1]["all"] = 1000 * (time.process_time() - began)

    def measured(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **named: Any) -> Any:
            began = time.thread_time()
            try:
                return function(*args, **named)
            finally:
                spent = 1000 * (time.thread_time() - began)
                self.rounds[-1][name] += spent
                if current_thread() is not main_thread():
                    self.rounds[-1][BESIDE] += spent

        return timed

    def of(self, *names: str, less: str | None = None) -> float:
        """The median over rounds of their sum, less another."""
        sums = [sum(each[name] for name in names) - (each[less] if less else 0) for each in self.rounds]
        return p50(sums[WARM:])


def measure(report: Report) -> Iterator[Figure]:
    spans = Spans()
    with scratch_home(report) as home, ExitStack() as stack:
        settings = Settings(_env_file=None, home=home)
        alone = _alone(Encoder.load(settings.encoder_folder))
        for name, (owner, attribute) in SPANS.items():
            timed = spans.measured(name, getattr(owner, attribute))
            stack.enter_context(
                patch.object(
                    owner, attribute, timed if owner in (flow, histories, serving) else _method(timed)
                )
            )
        _handle(settings, spans, report)
    unit = "ms CPU"
    yield Figure("encoder alone, a new message", alone, unit)
    for what, less, goal in (("without", "reasons", WITHOUT_REASONS), ("with", None, WITH_REASONS)):
        taken = spans.of("features and score", BESIDE, less=less)
        yield Figure(f"features and score, {what} reasons", taken, unit, goal)
        yield Figure("  of the encoder alone", 100 * taken / alone, "%", round(100 * goal / ENCODER))
    for name in (
        "embedding",
        "features",
        "features of what was written",
        "networks, also for reasons",
        "reasons",
        "history from the database",
    ):
        yield Figure(f"  {name}", spans.of(name), unit)
    yield Figure("all of desk.flow.handle", spans.of("all"), unit)


def _method(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, *args, **named: function(self, *args, **named)


def _alone(encoder: Encoder) -> float:
    """CPU milliseconds to encode such a message by itself, again and again."""
    taken = []
    for number in range(ROUNDS + WARM):
        began = time.thread_time()
        encoder.encode([SAID[number % len(SAID)].format(number)])
        taken.append(1000 * (time.thread_time() - began))
    return p50(taken[WARM:])


def _handle(settings: Settings, spans: Spans, report: Report) -> None:
    engine, scorer = make_engine(settings.database), load_scorer(settings.models, settings.encoder_folder)
    policy, rules = settings.policy, load_rules(settings.rules)
    key = customers(engine, 1)[0]
    for number in range(ROUNDS + WARM):
        report("risk of a turn", number, ROUNDS + WARM)
        now = datetime.now(UTC)
        message = _said(engine, key, SAID[number % len(SAID)].format(number), now)
        with unit_of_work(engine) as session, spans.round():
            flow.handle(session, scorer, message, now, policy, rules)
    engine.dispose()


def _said(engine: Engine, key: str, text: str, now: datetime) -> tables.Message:
    """The message, in a conversation of its own, so that each turn finds as much as the one before."""
    with unit_of_work(engine) as session:
        who = session.exec(select(tables.Customer).where(tables.Customer.customer_key == key)).one()
        conversation = open_conversation(session, who, "en", now)
        return add_message(session, conversation.id, "customer", text, now, row_key=uuid4().hex)
