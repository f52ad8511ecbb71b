"""The sentences that tone is learned from and, kept apart, those it is measured on; all written for Stayline."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

LABELS = ("dissatisfied", "leaving", "pleased")
# What a shop is asked all day long. Nobody writes these in anger, so none of them may raise an alarm.
NEUTRAL_KINDS = ("question", "statement", "return_neutral")
HERE = Path(__file__).parent
TRAINING, HELD_OUT = HERE / "sentences.tsv", HERE / "held_out.tsv"


@dataclass(frozen=True, slots=True)
class Sentences:
    """N labelled texts. **Shape**: language, kind (N,) of str; labels (N, 3) of 0 and 1, in the order of `LABELS`."""

    texts: Sequence[str]
    language: npt.NDArray[np.str_]
    kind: npt.NDArray[np.str_]
    labels: npt.NDArray[np.float32]

    @property
    def neutral(self) -> npt.NDArray[np.bool_]:
        """(N,): the questions and statements that must not alarm."""
        chosen: npt.NDArray[np.bool_] = np.isin(self.kind, NEUTRAL_KINDS)
        return chosen

    def where(self, chosen: npt.NDArray[np.int64]) -> "Sentences":
        """The sentences of these row numbers."""
        texts = [self.texts[number] for number in chosen]
        return Sentences(texts, self.language[chosen], self.kind[chosen], self.labels[chosen])


def read_sentences(path: Path) -> Sentences:
    """A table of `language, text, dissatisfied, leaving, pleased, kind` with tabs between."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return Sentences(
        [row["text"] for row in rows],
        np.array([row["language"] for row in rows]),
        np.array([row["kind"] for row in rows]),
        np.array([[float(row[label]) for label in LABELS] for row in rows], dtype=np.float32),
    )
