"""Ours and its parts, trained as `stayline train` does: the only place here that knows the product's network."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import numpy as np
import torch

from risk_model import fitting
from risk_model.evaluation.cases import Known
from risk_model.evaluation.contender import Predict
from risk_model.examples import Examples, Floats, is_held_back
from risk_model.training import NO_TEXT, learn

ANY_HORIZON = 1  # day: of a table without times, in which who stayed came back within it


def ours(known: Known, _seed: int) -> Predict:
    """The model that would serve, calibrated: it reads texts where they clearly helped on the held-back customers.
    Its seed is the product's own.
    """
    torch.set_num_threads(1)
    learned = learn(known.cases.examples, timedelta(days=known.horizon_days))
    return lambda cases: learned.predict(cases.examples)


def behaviour_only(known: Known, _seed: int) -> Predict:
    """Ours without a text: what serves where there is no encoder."""
    torch.set_num_threads(1)
    learned = learn(known.cases.examples.without_texts(), timedelta(days=known.horizon_days))
    return lambda cases: learned.predict(cases.examples.without_texts())


def text_only(known: Known, seed: int) -> Predict:
    """Ours without a feature or an event: what is told by words alone, and by having written at all."""
    torch.set_num_threads(1)
    train, held = (_texts_of(part.examples) for part in known.cases.split())
    centre, days = train.centre(), known.horizon_days
    network = fitting.fit(train, held, centre, seed, days)
    return lambda cases: fitting.predict(network, _texts_of(cases.examples), centre, days)


def _texts_of(examples: Examples) -> Examples:
    return replace(examples, behaviour=examples.behaviour[:, :0], events=np.zeros_like(examples.events))


def on_features(features: Floats, left: Floats, seed: int) -> Callable[[Floats], Floats]:
    """Our network on any table of numbers (N, F), one row a customer, without text."""
    examples = Examples.of_table(features, left)
    held = is_held_back(examples.keys)
    network = fitting.fit(examples.where(~held), examples.where(held), NO_TEXT, seed, ANY_HORIZON)

    def predict(rows: Floats) -> Floats:
        asked = Examples.of_table(rows, np.zeros(len(rows), np.float32))
        return fitting.predict(network, asked, NO_TEXT, ANY_HORIZON)

    return predict
