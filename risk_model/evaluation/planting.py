"""A signal planted on purpose: a chat message whose tone agrees with what the customer then did three times in
four. A model that reads must find it; one that does not is told so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import polars as pl
from sklearn.metrics import roc_auc_score

from risk_model.evaluation.cases import Cases, CutOff, Question, cases_at, joined
from risk_model.evaluation.metrics import SMALLEST
from risk_model.examples import Floats
from risk_model.features import anchor_of
from risk_model.histories import TEXTS, Histories
from risk_model.sequences import kinds_in
from risk_model.texts import Lexicon

AGREES, WORTH_DRAWS = 0.75, 20
SAID_BEFORE = timedelta(days=1)
UNHAPPY_STARS, HAPPY_STARS = 2, 5
FEWEST_OF_A_TONE, MOST_OF_A_TONE = 40, 500


@dataclass(frozen=True, slots=True)
class Tones:
    """Texts whose tone is known, some to learn from and others to be tested on."""

    pleased: Sequence[str]
    displeased: Sequence[str]

    @classmethod
    def of_reviews(cls, histories: Histories) -> "Tones | None":
        """Reviews with five stars, and with at most two; None where either kind is rare."""
        rated = histories.texts.filter(pl.col("rating").is_not_null())
        pleased, displeased = (
            rated.filter(some)["text"].unique().sort().head(MOST_OF_A_TONE).to_list()
            for some in (pl.col("rating") >= HAPPY_STARS, pl.col("rating") <= UNHAPPY_STARS)
        )
        enough = min(len(pleased), len(displeased)) >= FEWEST_OF_A_TONE
        return cls(pleased, displeased) if enough else None

    def half(self, number: int) -> "Tones":
        """Every other text: half 0 and half 1 share none."""
        return Tones(self.pleased[number::2], self.displeased[number::2])


def plant(
    histories: Histories, cut: CutOff, question: Question, lexicon: Lexicon, tones: Tones, seed: int
) -> CutOff:
    """The same cut-off with a planted message for every case; test customers say what no one said in training."""
    rng = np.random.default_rng(seed)
    then, anchor = histories.until(cut.moment), anchor_of(histories.until(cut.moment))
    learned, buying = cut.known.cases, cut.known.buying
    parts = []
    for number, moment in enumerate(cut.known.moments):
        cases = learned.where(learned.examples.cut_off == number)
        said = _said(then, cases, moment, tones.half(0), rng)
        parts.append(cases_at(said, anchor, moment, question, cases.examples.keys, buying, lexicon, number))
    known = joined(parts)
    said, kinds = _said(histories, cut.test, cut.moment, tones.half(1), rng), kinds_in(known.examples.events)
    test = cases_at(said, anchor, cut.moment, question, cut.test.examples.keys, buying, lexicon, kinds=kinds)
    return replace(cut, known=replace(cut.known, cases=known), test=test)


def worth(left: Floats, alone: Floats, seed: int) -> float:
    """The AUROC that the bare tone, told outright, adds to the probabilities `alone` (N,) by Bayes' rule: the mean
    over several draws of who tells the truth.
    """
    p = np.clip(alone.astype(np.float64), SMALLEST, 1 - SMALLEST)
    log_odds, weight = np.log(p / (1 - p)), np.log(AGREES / (1 - AGREES))
    truthful = np.random.default_rng(seed).random((WORTH_DRAWS, len(left))) < AGREES
    told = log_odds + np.where((left > 0) == truthful, weight, -weight)
    return float(np.mean([roc_auc_score(left, each) for each in told]) - roc_auc_score(left, alone))


def _said(
    histories: Histories, cases: Cases, moment: datetime, tones: Tones, rng: np.random.Generator
) -> Histories:
    """The histories with one chat message of each case's customer, a day before the moment."""
    planted = pl.DataFrame(
        {
            "customer_key": cases.examples.keys,
            "time": [moment - SAID_BEFORE] * len(cases),
            "source": ["chat"] * len(cases),
            "rating": [None] * len(cases),
            "text": _sentences(cases.left, tones, rng),
        },
        schema=TEXTS,
    )
    texts = pl.concat([histories.texts, planted])
    return Histories.build(histories.as_of, histories.customers, histories.events, texts)


def _sentences(left: Floats, tones: Tones, rng: np.random.Generator) -> list[str]:
    truthful = rng.random(len(left)) < AGREES
    unhappy = (left > 0) == truthful
    return [str(rng.choice(tones.displeased if each else tones.pleased)) for each in unhappy]
