"""Scoring from the tables: the operator's `score`. No torch here, so the worker can rescore at night."""

import csv
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import polars as pl
from sqlalchemy import Engine
from sqlmodel import select

from db import tables
from db.session import read_only, unit_of_work
from desk import histories
from desk.embeddings import CachedEncoder
from desk.errors import DeskError
from risk_model.histories import Histories
from risk_model.progress import Progress, quiet
from risk_model.risk import Risk
from risk_model.scorer import NoModel, Scorer
from risk_model.words import in_words

COLUMNS = ("customer_key", "risk", "risk_low", "risk_high", "reliability", "reasons")
SHOWN_REASONS = 3


class NoSuchCustomer(DeskError):
    def __init__(self, key: str) -> None:
        super().__init__(f"There is no customer {key!r}; ingest events or customers first.")


def score_all(
    engine: Engine, scorer: Scorer | NoModel, as_of: datetime, *, needs_consent: bool, progress: Progress
) -> Iterator[Risk]:
    """A risk for everyone who may be scored and was met by `as_of`."""
    with read_only(engine) as session:
        everyone = histories.of_all(session, as_of, needs_consent=needs_consent).until(as_of)
    yield from _scored(engine, scorer, everyone, progress)


def score_one(engine: Engine, scorer: Scorer | NoModel, key: str, as_of: datetime) -> Iterator[Risk]:
    """The risk of one customer. Raises `NoSuchCustomer`."""
    with read_only(engine) as session:
        customer = session.exec(select(tables.Customer).where(tables.Customer.customer_key == key)).first()
        if customer is None:
            raise NoSuchCustomer(key)
        history = histories.of_customer(session, customer, as_of)
    yield from _scored(engine, scorer, history, quiet)


def write_scores(risks: Iterator[Risk], path: Path, language: str = "en") -> int:
    """Write `COLUMNS` as CSV or Parquet, whole or not at all; returns how many."""
    rows = [_row(risk, language) for risk in risks]
    fresh = path.with_name(f".{path.name}.part")
    if path.suffix == ".parquet":
        pl.DataFrame(rows, schema=COLUMNS, orient="row", infer_schema_length=None).write_parquet(fresh)
    else:
        with fresh.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(rows)
    fresh.replace(path)
    return len(rows)


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


def _row(risk: Risk, language: str) -> tuple[object, ...]:
    reasons = "; ".join(in_words(asdict(reason), language) for reason in risk.reasons[:SHOWN_REASONS])
    numbers = (risk.probability, risk.low, risk.high)
    rounded = tuple(None if number is None else round(number, 6) for number in numbers)
    text = reasons or ("" if risk.probability is not None else risk.reliability_reason)
    return (risk.customer_key, *rounded, str(risk.reliability), text)
