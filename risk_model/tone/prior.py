"""What tone says about leaving before a shop has taught it: a bounded shift of the risk's log-odds.

A prior, not a measurement. A fresh text that surely means to leave counts about as much as three times the
odds, a dissatisfied one twice, a pleased one two thirds; a text that does not tip beyond one half counts
nothing, so that neutral questions move nobody. Older texts count less (half-life 30 days). Each time that the newest
question was asked before, within a week and since the last order, counts a quarter more odds. However many texts
there are, all together move the odds by at most a factor of 3 either way. Once a shop has about 500 texts whose
outcome is known, what its own model learned from words replaces the prior, also where it learned that words add
nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl

from risk_model.histories import Histories
from risk_model.manifest import Manifest
from risk_model.reasons import quoted
from risk_model.risk import Reason, Reliability, Risk
from risk_model.texts import LatestTexts, latest_texts
from risk_model.tone.network import ALARM, DIMENSIONS, Encode, Floats, reads, tone_of
from risk_model.tone.sentences import LABELS
from risk_model.words import REPEATS_PRIOR, TONE_PRIOR
from risk_model.writing import WRITTEN, written

ENOUGH_TO_LEARN = 500
LARGEST_FACTOR = 3.0
LIMIT = float(np.log(LARGEST_FACTOR))
HALF_LIFE_DAYS = 30.0
# in the order of `LABELS`
LOG_ODDS = np.log(np.array([2.0, 3.0, 2 / 3]))
LOG_ODDS_AGAIN = float(np.log(1.25))  # of each time that the newest question was asked before
REPEATS = "repeats_7"
# Behaviour alone may be nearly sure; its log-odds stay finite.
NEARLY_SURE = 1e-6


def labelled_texts(histories: Histories, horizon: timedelta) -> int:
    """How many texts are old enough that what their writer did within the horizon is known."""
    return histories.texts.filter(pl.col("time") <= histories.as_of - horizon).height


def applies(manifest: Manifest, encoder_version: str) -> bool:
    """Whether this shop's model knows too little of words, and the encoder is the one that tone reads with."""
    known = int(manifest.metrics.get("labelled_texts", ENOUGH_TO_LEARN))
    return not manifest.uses_text and known < ENOUGH_TO_LEARN and reads(encoder_version)


def with_tone(risks: Iterable[Risk], histories: Histories, encode: Encode) -> Iterator[Risk]:
    """The same risks, one per customer of `histories` and in their order, with the tone of each one's texts."""
    texts = latest_texts(histories)
    ages = texts.select((pl.lit(histories.as_of) - pl.col("time")) / timedelta(days=1)).to_series().to_numpy()
    vectors = encode(texts["text"].to_list()) if len(texts) else np.zeros((0, DIMENSIONS), np.float32)
    tones = tone_of(vectors)
    said = written(LatestTexts(texts, vectors), histories, tone=True)
    repeats = np.nan_to_num(said[:, WRITTEN.index(REPEATS)])  # (customers,)
    writers = texts["customer"].to_numpy()
    for number, risk in enumerate(risks):
        own = np.flatnonzero(writers == number)
        shares = prior_log_odds(tones[own], ages[own], float(repeats[number]))
        yield _moved(risk, texts[own], tones[own], shares, float(repeats[number])) if len(own) else risk


def _moved(risk: Risk, texts: pl.DataFrame, tones: Floats, shares: Floats, repeats: float) -> Risk:
    """Probability and range moved by the sum of the shares (n + 1,), which become reasons; unknown stays unknown."""
    if risk.probability is None or risk.low is None or risk.high is None:
        return risk
    shift = float(shares.sum())
    told = [
        _reason(row, tone, float(share))
        for row, tone, share in zip(texts.iter_rows(named=True), tones, shares[:-1], strict=True)
        if share
    ]
    if repeats:
        told.append(Reason("behaviour", REPEATS_PRIOR, float(shares[-1]), {REPEATS: repeats}))
    because = "behaviour, and the tone of own words as a prior: too few texts here to learn from"
    return replace(
        risk,
        reliability_reason=because if risk.reliability is Reliability.MEDIUM else risk.reliability_reason,
        probability=_shifted(risk.probability, shift),
        low=_shifted(risk.low, shift),
        high=_shifted(risk.high, shift),
        reasons=tuple(sorted([*risk.reasons, *told], key=lambda reason: -abs(reason.contribution))),
        inputs={**(risk.inputs or {}), "texts": len(texts), "tone_prior_log_odds": round(shift, 6)},
    )


def _reason(row: dict[str, object], tone: Floats, share: float) -> Reason:
    values = {label: round(float(value), 3) for label, value in zip(LABELS, tone, strict=True)}
    return replace(quoted(row, share, TONE_PRIOR), values=values)


def _shifted(probability: float, log_odds: float) -> float:
    kept = min(max(probability, NEARLY_SURE), 1 - NEARLY_SURE)
    return float(1 / (1 + np.exp(-(np.log(kept / (1 - kept)) + log_odds))))


def prior_log_odds(tones: Floats, ages: Floats, repeats: float = 0) -> Floats:
    """Each text's share of the shift, then that of repeated questions (n + 1,), whose sum lies within `LIMIT`: (n, 3)
    tones written `ages` (n,) days ago.

    The sum s is squeezed to LIMIT * tanh(s / LIMIT), and each share shrinks by the same factor, so that they still sum
    to the shift exactly.
    """
    tipped = np.clip((tones - ALARM) / (1 - ALARM), 0, 1)
    of_texts = (tipped @ LOG_ODDS) * 0.5 ** (ages / HALF_LIFE_DAYS)
    raw = np.append(of_texts, LOG_ODDS_AGAIN * repeats)
    total = float(raw.sum())
    shrink = np.tanh(total / LIMIT) * LIMIT / total if total else 1.0
    return np.asarray(raw * shrink, dtype=np.float32)
