"""How good tone is, on texts it never saw: `python -m risk_model.tone.measure ENCODER_FOLDER [REVIEWS]`.

REVIEWS are real ones for measuring only (`overall`, `reviewText`; gzipped JSON lines). `CARD.md` quotes the output.
"""

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from risk_model.encoder import Encoder
from risk_model.tone.network import Encode, Floats, alarms, read_tone, tone_of
from risk_model.tone.sentences import HELD_OUT, LABELS, TRAINING, Sentences, read_sentences
from risk_model.tone.train import SEED, fit

FOLDS = 5
MOST_PRAISING = 700  # of the five-star reviews, evenly over the file


def by_language(name: str, sentences: Sentences, tone: Floats) -> Iterator[str]:
    """A table row for each language: AUROC of each label, alarms on neutral texts, alarms on bad ones."""
    bad = sentences.labels[:, :2].any(1)
    for language in ("en", "zh"):
        own = sentences.language == language
        figures = [
            f"{roc_auc_score(sentences.labels[own, column], tone[own, column]):.3f}"
            for column in range(len(LABELS))
        ]
        shares = [f"{alarms(tone)[own & chosen].mean():.1%}" for chosen in (sentences.neutral, bad)]
        yield f"| {name}, {language} | {own.sum()} | {' | '.join(figures + shares)} |"


def cross_validated(vectors: Floats, sentences: Sentences) -> Floats:
    """(N, 3): each training sentence read by a network that did not learn from it."""
    tone = np.zeros_like(sentences.labels)
    kinds = np.char.add(sentences.language, sentences.kind)
    for rest, own in StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(vectors, kinds):
        tone[own] = fit(vectors[rest], sentences.where(rest)).probabilities(vectors[own])
    return tone


def on_reviews(path: Path, encode: Encode) -> str:
    """AUROC for one and two stars against five, and how many of each alarm."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [(review["overall"], review["reviewText"]) for review in map(json.loads, file)]
    bad = [text for stars, text in rows if stars <= 2]
    good = [text for stars, text in rows if stars == 5]
    good = good[:: max(1, len(good) // MOST_PRAISING)]
    tone = read_tone([*bad, *good], encode)
    unhappy = np.arange(len(tone)) < len(bad)
    figure, alarmed = roc_auc_score(unhappy, tone[:, 0]), alarms(tone)
    return (
        f"real reviews: {len(bad)} with 1-2 stars against {len(good)} with 5: AUROC {figure:.3f}; "
        f"alarms {alarmed[unhappy].mean():.1%} and {alarmed[~unhappy].mean():.1%}"
    )


def main(encoder_folder: Path, reviews: Path | None) -> None:
    encoder = Encoder.load(encoder_folder)
    training, held_out = read_sentences(TRAINING), read_sentences(HELD_OUT)
    print("| texts | n | dissatisfied | leaving | pleased | neutral that alarm | bad that alarm |")
    print("|---|---|---|---|---|---|---|")
    print(*by_language("held out", held_out, tone_of(encoder.encode(held_out.texts))), sep="\n")
    read = cross_validated(encoder.encode(training.texts), training)
    print(*by_language("training, cross-validated", training, read), sep="\n")
    if reviews is not None:
        print(on_reviews(reviews, encoder.encode))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
