"""What `stayline score` scores with: this process for few customers, all cores for many, a Ray cluster where asked."""

import os
from collections.abc import Iterator
from datetime import datetime

import polars as pl
from sqlalchemy import Engine

from app.settings import Settings
from app.terminal import PART_FAILED, fail
from desk.bulk_scoring import Bulk, Parts, in_processes, on_ray
from desk.score_files import frames_of
from desk.scoring import everyone, parts_of, score_all, score_one
from risk_model.loading import load_scorer
from risk_model.manifest import read_model
from risk_model.progress import Progress
from risk_model.scorer import NoModel, Scorer

FEW = 4_000  # customers who are scored before a second process has begun


def scores_of_all(
    settings: Settings, database: Engine, until: datetime, report: Progress, *, on_cluster: bool
) -> Iterator[pl.DataFrame]:
    """Rows of everyone, by customer_key. Raises `RiskModelError`."""
    needs_consent = settings.policy.profiling_needs_consent
    cores, numbers = os.cpu_count() or 1, everyone(database)
    if not on_cluster and (cores == 1 or len(numbers) <= FEW):
        scorer = _scorer(settings, cores)
        return frames_of(score_all(database, scorer, until, needs_consent=needs_consent, progress=report))
    read_model(settings.models)  # a process of its own would only say that every risk is unknown
    bulk = Bulk(settings.database, settings.models, settings.encoder_folder, until, needs_consent)
    parts = parts_of(numbers)
    found = on_ray(bulk, parts) if on_cluster else in_processes(bulk, parts, cores)
    return _told(found, parts, report)


def scores_of_one(settings: Settings, database: Engine, until: datetime, key: str) -> Iterator[pl.DataFrame]:
    """The row of one customer. Raises `RiskModelError`."""
    needs_consent = settings.policy.profiling_needs_consent
    return frames_of(score_one(database, _scorer(settings, 1), key, until, needs_consent=needs_consent))


def _scorer(settings: Settings, workers: int) -> Scorer:
    scorer = load_scorer(settings.models, settings.encoder_folder, workers)
    if isinstance(scorer, NoModel):
        fail(scorer.cause, PART_FAILED)
    return scorer


def _told(frames: Iterator[pl.DataFrame], parts: Parts, report: Progress) -> Iterator[pl.DataFrame]:
    total, done = sum(map(len, parts)), 0
    report("scoring", 0, total)
    for part, frame in zip(parts, frames, strict=True):
        yield frame
        done += len(part)
        report("scoring", done, total)
