"""Scoring from the tables: the operator's `score`. No torch here, so the worker can rescore at night."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import select

from db import tables
from db.session import read_only, unit_of_work
from desk import histories
from desk.consent import may_profile, who_may_be_profiled
from desk.embeddings import CachedEncoder
from desk.errors import DeskError
from risk_model.histories import Histories
from risk_model.progress import Progress, quiet
from risk_model.reasons import QUICK_ORDERS
from risk_model.risk import Risk
from risk_model.scorer import BATCH, NoModel, Scorer

READ_AT_ONCE = 50_000  # keys


class NoSuchCustomer(DeskError):
    def __init__(self, key: str) -> None:
        super().__init__(f"There is no customer {key!r}; ingest events or customers first.")


class NotToBeScored(DeskError):
    def __init__(self, key: str) -> None:
        super().__init__(
            f"Customer {key!r} objected to profiling or has not agreed to it; no score is computed."
        )


def everyone(engine: Engine) -> list[int]:
    """The number of every customer, in the order of their keys, which a database may sort by another alphabet."""
    query = sa.select(histories.CUSTOMER.customer_key, histories.CUSTOMER.id)
    schema = {"key": pl.String, "id": pl.Int64}
    with read_only(engine) as session:
        rows = session.connection().execute(query).partitions(READ_AT_ONCE)
        read = [pl.DataFrame(list(map(tuple, some)), schema=schema, orient="row") for some in rows]
    numbers: list[int] = pl.concat([pl.DataFrame(schema=schema), *read]).sort("key")["id"].to_list()
    return numbers


def parts_of(customer_ids: Sequence[int], size: int = BATCH) -> list[Sequence[int]]:
    return [customer_ids[start : start + size] for start in range(0, len(customer_ids), size)]


def score_all(
    engine: Engine,
    scorer: Scorer | NoModel,
    as_of: datetime,
    *,
    needs_consent: bool,
    progress: Progress,
    batch: int = BATCH,
) -> Iterator[Risk]:
    """A risk for everyone who may be scored and was met by `as_of`, by customer_key. Memory holds one batch of
    customers, however many there are.
    """
    numbers = everyone(engine)
    for start, some in zip(range(0, len(numbers), batch), parts_of(numbers, batch), strict=True):
        report = _of_all(progress, start, len(numbers))
        yield from score_allowed(engine, scorer, some, as_of, needs_consent=needs_consent, progress=report)


def score_allowed(
    engine: Engine,
    scorer: Scorer | NoModel,
    customer_ids: Sequence[int],
    as_of: datetime,
    *,
    needs_consent: bool,
    progress: Progress,
) -> Iterator[Risk]:
    """A risk for each of these who may be scored and was met by `as_of`, by customer_key, with quick reasons: a shop of
    a million customers would wait longest for the others.
    """
    if isinstance(scorer, Scorer):
        scorer = replace(scorer, orders=QUICK_ORDERS)
    with read_only(engine) as session:
        allowed = who_may_be_profiled(session, customer_ids, needs_consent)
    yield from score_some(engine, scorer, sorted(allowed), as_of, progress)


def score_some(
    engine: Engine, scorer: Scorer | NoModel, customer_ids: Sequence[int], as_of: datetime, progress: Progress
) -> Iterator[Risk]:
    """A risk for each of these customers who was met by `as_of`; whether they may be scored is the caller's to ask."""
    with read_only(engine) as session:
        some = histories.of_customers(session, customer_ids, as_of).until(as_of)
    yield from _scored(engine, scorer, some, progress)


def score_one(
    engine: Engine, scorer: Scorer | NoModel, key: str, as_of: datetime, *, needs_consent: bool
) -> Iterator[Risk]:
    """The risk of one customer. Raises `NoSuchCustomer` and `NotToBeScored`."""
    with read_only(engine) as session:
        customer = session.exec(select(tables.Customer).where(tables.Customer.customer_key == key)).first()
        if customer is None:
            raise NoSuchCustomer(key)
        if not may_profile(session, customer.id, needs_consent):
            raise NotToBeScored(key)
        history = histories.of_customer(session, customer, as_of)
    yield from _scored(engine, scorer, history, quiet)


def _scored(
    engine: Engine, scorer: Scorer | NoModel, everyone: Histories, progress: Progress
) -> Iterator[Risk]:
    embed = None
    if isinstance(scorer, Scorer) and scorer.encoder is not None:
        reading = CachedEncoder(
            scorer.encoder, lambda: unit_of_work(engine), lambda done, of: progress("reading texts", done, of)
        )
        embed = reading.encode
    total = len(everyone.customers)
    for number, risk in enumerate(scorer.score(everyone, embed)):
        if number % 200 == 0:
            progress("scoring", number, total)
        yield risk


def _of_all(progress: Progress, start: int, total: int) -> Progress:
    """A batch's progress as that of all."""

    def report(step: str, done: int, of: int) -> None:
        progress(step, *((start + done, total) if step == "scoring" else (done, of)))

    return report
