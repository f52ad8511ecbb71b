"""The textbook's case: a small network that learns from five counts whether a customer leaves.

Customers are simulated, so the truth is known: who is pleased rates higher, buys and looks around more, and
stays likelier; who is displeased comments more. The network sees views and rating alone, then all five counts.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from risk_model.evaluation.baselines import scaling
from risk_model.evaluation.networks import answers, learn
from risk_model.evaluation.ours import on_features
from risk_model.examples import Floats
from risk_model.plain_networks import two_layers

COUNTS = ("views", "clicks", "purchases", "rating", "comments")
TWO = [COUNTS.index("views"), COUNTS.index("rating")]
CUSTOMERS, JUDGED = 1_000, 10_000
ASKED = {"views": 5.0, "rating": 4.0}


@dataclass(frozen=True, slots=True)
class TextbookCase:
    """Accuracies on `judged` further customers, and the two-count network's answer to `ASKED`."""

    customers: int
    judged: int
    larger_class_share: float
    best_possible: float
    two_counts: float
    five_counts: float
    ours_two_counts: float
    ours_five_counts: float
    asked: dict[str, float]
    answer: float
    ours_answer: float
    true_share: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def textbook_case(seed: int) -> TextbookCase:
    """1,000 customers to learn from, 10,000 more to judge by; the same seed gives the same case."""
    rng = np.random.default_rng(seed)
    counts, left, _ = simulate(CUSTOMERS, rng)
    judged, truth, risk = simulate(JUDGED, rng)
    two, five = _network(counts[:, TWO], left, seed), _network(counts, left, seed)
    ours_two, ours_five = on_features(counts[:, TWO], left, seed), on_features(counts, left, seed)
    asked = np.array([list(ASKED.values())], dtype=np.float32)
    return TextbookCase(
        customers=CUSTOMERS,
        judged=JUDGED,
        larger_class_share=float(max(truth.mean(), 1 - truth.mean())),
        best_possible=_accuracy(risk, truth),
        two_counts=_accuracy(two(judged[:, TWO]), truth),
        five_counts=_accuracy(five(judged), truth),
        ours_two_counts=_accuracy(ours_two(judged[:, TWO]), truth),
        ours_five_counts=_accuracy(ours_five(judged), truth),
        asked=ASKED,
        answer=float(two(asked)[0]),
        ours_answer=float(ours_two(asked)[0]),
        true_share=_share_like(asked, judged, risk),
    )


def simulate(customers: int, rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """(counts (N, 5), left (N,), the true risk (N,))."""
    pleased, interest = rng.normal(size=(2, customers))
    views = rng.poisson(np.exp(2.0 + 0.5 * interest + 0.2 * pleased))
    clicks = rng.binomial(views, 1 / (1 + np.exp(0.6 - 0.5 * pleased)))
    purchases = rng.poisson(np.exp(0.2 + 0.5 * interest + 0.4 * pleased))
    rating = np.clip(np.round(3.6 + 0.9 * pleased + 0.6 * rng.normal(size=customers)), 1, 5)
    comments = rng.poisson(np.exp(-0.3 - 0.5 * pleased))
    risk = 1 / (1 + np.exp(0.6 + 1.1 * pleased + 0.5 * interest + 0.45 * (purchases - 1.5) - 0.25 * comments))
    left = rng.random(customers) < risk
    counts = np.stack([views, clicks, purchases, rating, comments], axis=1).astype(np.float32)
    return counts, left.astype(np.float32), risk.astype(np.float32)


def _network(counts: Floats, left: Floats, seed: int) -> Callable[[Floats], Floats]:
    """Two hidden layers, a fifth of the customers held back to stop by."""
    torch.manual_seed(seed)
    scale = scaling().fit(counts)

    def ready(raw: Floats) -> Floats:
        scaled: Floats = scale.transform(raw).astype(np.float32)
        return scaled

    kept = len(left) * 4 // 5
    network = nn.Sequential(two_layers(ready(counts[:1]).shape[1]), nn.Flatten(0))
    learn(network, (ready(counts[:kept]), left[:kept]), (ready(counts[kept:]), left[kept:]))
    return lambda raw: answers(network, ready(raw))


def _accuracy(probability: Floats, left: Floats) -> float:
    return float(((probability > 0.5) == (left > 0.5)).mean())


def _share_like(asked: Floats, counts: Floats, risk: Floats) -> float:
    """The true mean risk of the simulated customers with these views and this rating."""
    return float(risk[(counts[:, TWO] == asked).all(axis=1)].mean())
