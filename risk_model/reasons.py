"""Why this risk: contributions in log-odds that sum exactly to the difference from the shop's average
customer.

Method: Shapley values by sampled permutations (Castro, Gomez and Tejada 2009). Players are the behaviour
factors and the customer's sentences. Along one order of players the changes always sum to the whole
difference; the mean over a fixed set of orders, each also walked backwards, keeps that sum and treats players
evenly. The average customer has the shop's average features and, where this customer wrote something, average
words.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from risk_model.features import FACTOR_OF, FACTORS

ORDERS = 8
Floats = npt.NDArray[np.float32]
Logit = Callable[[Floats, Floats], Floats]


@dataclass(frozen=True, slots=True)
class Inputs:
    """One customer's network inputs. **Shape**: behaviour (F,), average (F,), words (S, D): weighted, centred
    sentences.
    """

    behaviour: Floats
    average: Floats
    words: Floats


def contributions(inputs: Inputs, features: list[str], logit: Logit) -> tuple[dict[str, float], Floats]:
    """Contribution of each factor, and of each sentence (S,).

    `logit` maps behaviour (B, F) and pooled text (B, D) to mean logits (B,).
    """
    factors = [name for name in FACTORS if any(FACTOR_OF[feature] == name for feature in features)]
    member = np.array([[FACTOR_OF[feature] == name for feature in features] for name in factors])  # (P, F)
    players = len(factors) + len(inputs.words)
    orders = _orders(players)
    present = _coalitions(orders)  # (R, players + 1, players)
    scores = logit(*_mixtures(inputs, member, present.reshape(-1, players))).reshape(len(orders), players + 1)
    gains = np.zeros(players)
    for order, path in zip(orders, scores, strict=True):
        gains[order] += np.diff(path)
    gains /= len(orders)
    by_factor = dict(zip(factors, gains[: len(factors)].tolist(), strict=True))
    return by_factor, gains[len(factors) :].astype(np.float32)


def _orders(players: int) -> list[npt.NDArray[np.int64]]:
    random = np.random.default_rng(players)  # the same orders for every customer: equal inputs, equal reasons
    forward = [random.permutation(players) for _ in range(ORDERS)]
    return forward + [order[::-1] for order in forward]


def _coalitions(orders: list[npt.NDArray[np.int64]]) -> npt.NDArray[np.bool_]:
    players = len(orders[0])
    present = np.zeros((len(orders), players + 1, players), dtype=bool)
    for row, order in enumerate(orders):
        for step, player in enumerate(order):
            present[row, step + 1 :, player] = True
    return present


def _mixtures(
    inputs: Inputs, member: npt.NDArray[np.bool_], present: npt.NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """Behaviour (B, F) and text (B, D) where the players present have the customer's values and the others
    the average.
    """
    factors = len(member)
    own = present[:, :factors] @ member  # (B, P) @ (P, F)
    behaviour = np.where(own, inputs.behaviour, inputs.average).astype(np.float32)
    text = present[:, factors:].astype(np.float32) @ inputs.words
    return behaviour, text
