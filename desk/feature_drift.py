"""How far the model's inputs have moved since its training: each feature of the newest night against what the manifest
keeps of it. Only read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select

from db import tables
from risk_model.drift import shares_by, stability_index
from risk_model.risk import UNLIKE_TRAINING

MOST_READ = 2_000  # customers: more would make the page wait and tell the same
FEWEST_READ = 200  # below, chance alone moves an index of eleven bins by 0.1


@dataclass(frozen=True, slots=True)
class Moved:
    """A feature's PSI, of the tenths of its values at training and their absence."""

    feature: str
    index: float


@dataclass(frozen=True, slots=True)
class FeatureDrift:
    """Of `n` customers like those the model learned from; `moved` has the largest first, and nothing where n is below
    `FEWEST_READ`.
    """

    n: int
    moved: Sequence[Moved] = ()


def feature_drift(
    session: Session, version: str, then: Mapping[str, Mapping[str, Sequence[float]]]
) -> FeatureDrift:
    """`then` are the `feature_shares` of the manifest of this version; one of before they were kept has none."""
    rows = _night(session, version) if then else []
    if len(rows) < FEWEST_READ:
        return FeatureDrift(len(rows))
    told = [Moved(name, _index(name, known, rows)) for name, known in then.items()]
    return FeatureDrift(len(rows), sorted(told, key=lambda one: -one.index))


def _index(feature: str, then: Mapping[str, Sequence[float]], rows: Sequence[Mapping[str, float]]) -> float:
    now = [row.get(feature, float("nan")) for row in rows]
    return stability_index(then["shares"], shares_by(now, then["edges"]))


def _night(session: Session, version: str) -> list[Mapping[str, float]]:
    """The features that this model saw of the newest night's customers, evenly spread over all where they are many."""
    risk = tables.Risk
    of_night: list[ColumnElement[bool]] = [
        col(risk.message_id).is_(None),
        col(risk.model_version) == version,
        col(risk.reliability_reason).not_in(UNLIKE_TRAINING),
        col(risk.probability).is_not(None),
    ]
    number = session.exec(select(func.count()).select_from(risk).where(*of_night)).one()
    step = -(-number // MOST_READ) or 1
    found = session.exec(select(risk.inputs).where(*of_night, col(risk.id) % step == 0)).all()
    inputs: list[Mapping[str, Any]] = list(found)
    return [one["features"] for one in inputs if "features" in one]
