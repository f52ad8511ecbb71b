"""A small shop whose customers also write, and an encoder that reads two words."""

from datetime import timedelta

import numpy as np
import polars as pl

from risk_model.evaluation.cases import Question
from risk_model.histories import TEXTS, Histories
from risk_model.texts import Lexicon
from tests.risk_model.small_world import AS_OF, shop_where_the_slow_leave

QUESTION = Question(timedelta(days=45))
MOMENT = AS_OF - timedelta(days=45)
PLEASED = [f"lovely tea number {n}" for n in range(60)]
DISPLEASED = [f"awful tea number {n}" for n in range(60)]


class WordEncoder:
    """A text's vector says whether it is lovely or awful."""

    version, dimensions = "words-1", 8

    def encode(self, texts):
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        vectors[:, 0] = ["lovely" in text for text in texts]
        vectors[:, 1] = ["awful" in text for text in texts]
        vectors[:, 2] = 1
        return vectors


def shop_with_reviews(customers: int = 200, days: int = 250) -> Histories:
    """Every customer reviewed twice at random moments, in words and stars that tell nothing of leaving."""
    shop = shop_where_the_slow_leave(customers, days=days)
    rng = np.random.default_rng(9)
    rows = [
        (key, AS_OF - timedelta(days=float(rng.uniform(0, days))), "review", stars, words)
        for number, key in enumerate(shop.customers["customer_key"])
        for stars, words in ((5.0, PLEASED[number % 60]), (1.0, DISPLEASED[number % 60]))
    ]
    texts = pl.DataFrame(rows, schema=TEXTS, orient="row")
    return Histories.build(shop.as_of, shop.customers, shop.events, texts)


def memory_of(histories: Histories) -> Lexicon:
    return Lexicon.read([*histories.texts["text"], *PLEASED, *DISPLEASED], WordEncoder())
