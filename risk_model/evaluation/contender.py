"""A contender: a name, what it stands for, and how it learns. Whatever fits this plugs into the report."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from risk_model.evaluation.cases import Cases, Known
from risk_model.examples import Floats

Predict = Callable[[Cases], Floats]  # (N,) the probability of leaving, for each case


class Role(StrEnum):
    BASELINE = "baseline"
    PART = "part of ours"
    OURS = "ours"


@dataclass(frozen=True, slots=True)
class Contender:
    """`fit` learns from what is known and a seed, and gives the function that predicts. It never sees a label
    of the test.
    """

    name: str
    role: Role
    fit: Callable[[Known, int], Predict]
    needs_texts: bool = False
