"""Scores of many customers on all cores, or on a Ray cluster: each part is scored by whichever process is free.

A process opens the database and loads the model for itself, once; it is handed customer numbers and gives rows back.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

import polars as pl
from sqlalchemy import Engine

from db.session import make_engine
from desk.errors import DeskError
from desk.score_files import frames_of, no_scores
from desk.scoring import score_allowed
from risk_model.loading import load_scorer
from risk_model.progress import quiet
from risk_model.scorer import NoModel, Scorer

Parts = Sequence[Sequence[int]]


class RayMissing(DeskError):
    def __init__(self) -> None:
        super().__init__(
            "--engine ray: expected the package ray; install it with: pip install 'stayline[ray]'"
        )


@dataclass(frozen=True, slots=True)
class Bulk:
    """What a process needs to know to score. On another machine the same folders and database must be reached."""

    database_url: str
    models: Path
    encoder: Path
    as_of: datetime
    needs_consent: bool

    def score(self, customer_ids: Sequence[int]) -> pl.DataFrame:
        """Rows of those who may be scored."""
        engine, scorer = _opened(self.database_url, self.models, self.encoder)
        risks = score_allowed(
            engine, scorer, customer_ids, self.as_of, needs_consent=self.needs_consent, progress=quiet
        )
        return pl.concat([no_scores(), *frames_of(risks)])


def in_processes(bulk: Bulk, parts: Parts, processes: int) -> Iterator[pl.DataFrame]:
    """The rows of each part, in the order of the parts."""
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(bulk.score, parts)


def on_ray(bulk: Bulk, parts: Parts) -> Iterator[pl.DataFrame]:
    """As `in_processes`, on the cluster that Ray finds (its own variable RAY_ADDRESS names one), else on this machine.
    Raises `RayMissing`.
    """
    try:
        import ray
    except ModuleNotFoundError as error:
        raise RayMissing from error
    ray.init(include_dashboard=False, log_to_driver=False)
    try:
        score, begun = ray.remote(_score), deque[ray.ObjectRef]()
        ahead = 2 * int(ray.cluster_resources()["CPU"])  # so that memory holds no more rows than these
        for part in parts:
            begun.append(score.remote(bulk, part))
            if len(begun) == ahead:
                yield ray.get(begun.popleft())
        while begun:
            yield ray.get(begun.popleft())
    finally:
        ray.shutdown()


def _score(bulk: Bulk, customer_ids: Sequence[int]) -> pl.DataFrame:
    return bulk.score(customer_ids)


@lru_cache(maxsize=1)
def _opened(database_url: str, models: Path, encoder: Path) -> tuple[Engine, Scorer | NoModel]:
    """Kept as long as the process."""
    return make_engine(database_url), load_scorer(models, encoder)
