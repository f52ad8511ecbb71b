"""The model's answer about one customer at one moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from risk_model.hazards import leaves_within

NOTHING_YET = "nothing bought or done yet"
AWAY = "away for longer than any customer the model learned from"
UNLIKE_TRAINING = (NOTHING_YET, AWAY)  # of customers whom the training left out


class Status(StrEnum):
    SCORED = "scored"
    UNKNOWN = "unknown"


class Reliability(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that moved the risk, by `contribution` in log-odds against the shop's average customer.

    A behaviour reason names a `factor` and its `values`; a text reason quotes the customer's own sentence.
    """

    kind: str
    factor: str
    contribution: float
    values: dict[str, float]
    quote: str | None = None
    source: str | None = None
    time: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """As it is stored; `dataclasses.asdict` would copy the values too, which many scores at once would wait for."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Curve:
    """How the risk falls with a longer horizon, that leaves more time to come back: the cumulative hazard at the `ends`
    (days), as `shares` of that of the horizon trained for.
    """

    ends: Sequence[float]
    shares: Sequence[float]


@dataclass(frozen=True, slots=True)
class Risk:
    """Probability of leaving within `horizon_days`, with range, reliability, reasons and the inputs used.

    `probability`, `low` and `high` are None exactly when `status` is unknown; then `reliability_reason` says
    why.
    """

    customer_key: str
    as_of: datetime
    status: Status
    reliability: Reliability
    reliability_reason: str
    horizon_days: int | None = None
    probability: float | None = None
    low: float | None = None
    high: float | None = None
    reasons: tuple[Reason, ...] = ()
    inputs: dict[str, Any] | None = None
    model_version: str | None = None
    curve: Curve | None = None

    def risk_of(self, days: float) -> float | None:
        """The probability of leaving within any number of days: the more, the lower. None where it is unknown."""
        if self.probability is None or self.curve is None:
            return None
        return leaves_within(days, self.probability, self.curve.ends, self.curve.shares)

    @classmethod
    def unknown(cls, customer_key: str, as_of: datetime, cause: str) -> "Risk":
        return cls(customer_key, as_of, Status.UNKNOWN, Reliability.LOW, cause)
