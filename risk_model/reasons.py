"""Why this risk: contributions in log-odds that sum exactly to the difference from the shop's average
customer.

Method: Shapley values by sampled permutations (Castro, Gomez and Tejada 2009). Players are the behaviour
factors, the course of the last events, and the customer's sentences. Along one order of players the changes
always sum to the whole difference; the mean over a fixed set of orders, each also walked backwards, keeps that
sum and treats players evenly. The average customer has the shop's average features and course and, where this
customer wrote something, average words: the attention that each text got stays as it was. A factor of what was
written (`risk_model.writing`) and the sentences it was heard in are players of their own: each has only what it
adds to the others, so nothing counts twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import numpy as np
import numpy.typing as npt

from risk_model import features as behaved
from risk_model import writing
from risk_model.risk import Reason

COURSE = "course"
FACTORS = behaved.FACTORS | writing.FACTORS
FACTOR_OF = {name: factor for factor, names in FACTORS.items() for name in names}
OWNER = {**FACTOR_OF, COURSE: COURSE}
# Each is walked backwards too: even one gives the exact values of everything that at most two players do together.
# Against 64 orders, on 300 customers of the demo shop, the strongest reason is the same for 98 % with four and for 97 %
# with one; a customer's largest error is .04 and .08 in log-odds on average.
ORDERS = 4
QUICK_ORDERS = 1  # where many are scored
LONGEST_QUOTE = 240
Floats = npt.NDArray[np.float32]
Logit = Callable[[Floats, Floats, Floats], Floats]
Contributions = tuple[dict[str, float], Floats]


@dataclass(frozen=True, slots=True)
class Inputs:
    """One customer's network inputs. **Shape**: behaviour (F,), average (F,), words (S, W): what was read in each
    sentence. Columns named `COURSE` are those of the last events.
    """

    behaviour: Floats
    average: Floats
    words: Floats


def contributions(
    customers: Sequence[Inputs], features: list[str], logit: Logit, number: int = ORDERS
) -> list[Contributions]:
    """For each customer the contribution of each factor, and of each sentence (S,), by so many orders of the players.

    `logit` maps behaviour (B, F), words (B, W) and whether there were any (B, 1) to mean logits (B,); it is asked once,
    because a network takes longer to begin than to go on.
    """
    asked = [_coalition_inputs(inputs, features, number) for inputs in customers]
    scores = logit(*(np.concatenate(rows) for rows in zip(*asked, strict=True)))
    ends = np.cumsum([len(behaviour) for behaviour, _, _ in asked])[:-1]
    return [
        _shared_out(own, inputs, features, number)
        for own, inputs in zip(np.split(scores, ends), customers, strict=True)
    ]


def _coalition_inputs(inputs: Inputs, features: list[str], number: int) -> tuple[Floats, Floats, Floats]:
    """What `logit` is asked for each coalition: behaviour (C, F), words (C, W), whether there were any (C, 1)."""
    own, counted, _ = _coalitions(tuple(features), _players(inputs, features), number)
    wrote = np.full((len(own), 1), len(inputs.words) > 0, np.float32)
    return np.where(own, inputs.behaviour, inputs.average), counted @ inputs.words, wrote


def _shared_out(scores: Floats, inputs: Inputs, features: list[str], number: int) -> Contributions:
    """What each player adds, from the coalitions' scores (C,)."""
    players = _players(inputs, features)
    orders = _orders(players, number)
    _, _, step = _coalitions(tuple(features), players, number)
    gains = np.zeros_like(orders, dtype=np.float64)
    np.put_along_axis(gains, orders, np.diff(scores[step]), axis=1)
    gains = gains.mean(0)
    factors, _ = _factors(tuple(features))
    by_factor = dict(zip(factors, gains[: len(factors)].tolist(), strict=True))
    return by_factor, gains[len(factors) :].astype(np.float32)


def _players(inputs: Inputs, features: list[str]) -> int:
    return len(_factors(tuple(features))[0]) + len(inputs.words)


def quoted(row: Mapping[str, object], gain: float, factor: str = "words") -> Reason:
    """The reason that a text of `risk_model.texts.latest_texts` is, in its writer's words."""
    text = str(row["text"])
    quote = text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 1] + "…"
    time = row["time"].isoformat() if isinstance(row["time"], datetime) else None
    return Reason("text", factor, gain, {}, quote=quote, source=str(row["source"]), time=time)


@cache  # here and below: a chat turn would spend longer on them than on the networks
def _factors(features: tuple[str, ...]) -> tuple[list[str], npt.NDArray[np.bool_]]:
    """The factors that these features belong to, and which of the features belong to each (P, F)."""
    factors = [name for name in (*FACTORS, COURSE) if any(OWNER[feature] == name for feature in features)]
    return factors, np.array([[OWNER[feature] == name for feature in features] for name in factors])


@cache
def _orders(players: int, number: int) -> npt.NDArray[np.int64]:
    """(R, players): the same orders for every customer, so that equal inputs give equal reasons."""
    random = np.random.default_rng(players)
    forward = np.stack([random.permutation(players) for _ in range(number)])
    return np.concatenate([forward, forward[:, ::-1]])


@cache
def _coalitions(
    features: tuple[str, ...], players: int, number: int
) -> tuple[npt.NDArray[np.bool_], Floats, npt.NDArray[np.int64]]:
    """Who is there after so many steps along some order, each coalition once: which features are the customer's own
    (C, F) and not the average's, which sentences count (C, S), and which coalition it is after each step
    (R, players + 1).
    """
    place = np.argsort(_orders(players, number), axis=1)[:, None]
    steps = place < np.arange(players + 1)[:, None]  # (R, players + 1, players)
    present, which = np.unique(steps.reshape(-1, players), axis=0, return_inverse=True)
    factors, member = _factors(features)
    own = present[:, : len(factors)] @ member  # (C, P) @ (P, F)
    return own, present[:, len(factors) :].astype(np.float32), which.reshape(steps.shape[:2])
