"""How well the bot understands: cross-validation on its own examples, and a public set it never learned from.

Runs in the bot's environment (`make nlu-report`), because it fits Rasa's own classifier as bot/config.yml sets it up,
on vectors that are computed once. Prints a short table and writes docs/nlu-report.md.
"""

import argparse
import csv
import random
import re
import sys
import time
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import yaml
from components.plain_form import plain_form
from components.spelling import Spelling
from nlu_report_page import NEWSLETTER, Measured, page, short_table
from rasa.nlu.classifiers.logistic_regression_classifier import LogisticRegressionClassifier
from rasa.shared.nlu.training_data.formats.rasa_yaml import RasaYAMLReader
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from risk_model.encoder import Encoder

BOT = Path(__file__).resolve().parent.parent / "bot"
FOLDS, TIMED = 5, 200
OUT_OF_SCOPE, FALLBACK = "out_of_scope", "nlu_fallback"
LATIN_PAIR = re.compile("[A-Za-z]{2}")
SMALL_TALK = ("greet", "goodbye", "thank", "affirm", "deny", "bot_challenge")

Vectors = npt.NDArray[np.float32]
Names = npt.NDArray[np.str_]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Examples:
    """The bot's own sentences, entity marks removed; three columns of one length."""

    texts: list[str]
    intents: Names
    languages: Names


@dataclass(frozen=True)
class Pipeline:
    """The parts of bot/config.yml that decide on the intent."""

    scale: float
    threshold: float
    classifier: LogisticRegression

    @classmethod
    def read(cls, path: Path) -> "Pipeline":
        steps = {step["name"]: step for step in yaml.safe_load(path.read_text("utf-8"))["pipeline"]}
        fitted_by_rasa = LogisticRegressionClassifier(
            steps["LogisticRegressionClassifier"], "report", None, None
        )
        return cls(
            steps["components.encoder_featurizer.EncoderFeaturizer"]["scale"],
            steps["FallbackClassifier"]["threshold"],
            fitted_by_rasa.clf,
        )

    def fit(self, vectors: Vectors, intents: Names) -> "Understanding":
        centre = vectors.mean(axis=0)
        return Understanding(
            self, centre, clone(self.classifier).fit(self.scale * (vectors - centre), intents)
        )


@dataclass(frozen=True)
class Understanding:
    """A pipeline that has learned."""

    pipeline: Pipeline
    centre: Vectors
    classifier: LogisticRegression

    def guess(self, vectors: Vectors) -> tuple[Names, npt.NDArray[np.float64]]:
        """The likeliest intent of each vector and its probability. **Shape** (N, D) -> (N,), (N,)"""
        chances = self.classifier.predict_proba(self.pipeline.scale * (vectors - self.centre))
        return self.classifier.classes_[chances.argmax(axis=1)], chances.max(axis=1)

    def read(self, vectors: Vectors) -> Names:
        """What Rasa would answer to: the likeliest intent, or the fallback below the threshold."""
        names, chances = self.guess(vectors)
        return np.where(chances < self.pipeline.threshold, FALLBACK, names)


def read_examples(folder: Path) -> Examples:
    """Every sentence of `en_*.yml` and `zh_*.yml`, the language being in the name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Rasa's libraries tell of each other's old age
        rows = [
            (message.get("text"), message.get("intent"), path.name[:2])
            for path in sorted(folder.glob("[a-z][a-z]_*.yml"))
            for message in RasaYAMLReader().read(path).intent_examples
        ]
    texts, intents, languages = zip(*rows, strict=True)
    return Examples(list(texts), np.array(intents), np.array(languages))


def read_public_set(path: Path) -> tuple[list[str], Names]:
    """Utterances and intents of a CSV with these two columns (Bitext's customer-support set has them)."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows or not {"utterance", "intent"} <= rows[0].keys():
        sys.exit(f"nlu-report: {path} should have rows with the columns utterance and intent, and has not.")
    return [row["utterance"] for row in rows], np.array([row["intent"] for row in rows])


@dataclass(frozen=True)
class Plain:
    """N texts in their plain form, and their vectors (N, D)."""

    texts: list[str]
    vectors: Vectors

    @classmethod
    def of(cls, encoder: Encoder, texts: Sequence[str]) -> "Plain":
        plain = [plain_form(text) for text in texts]
        return cls(plain, encoder.encode(plain))

    def spelt(self, encoder: Encoder, spelling: Spelling, rows: Rows) -> Vectors:
        """The vectors of some, with slips put right; only texts that this changes are read anew."""
        vectors = self.vectors[rows]
        told = {place: spelling.corrected(self.texts[row]) for place, row in enumerate(rows)}
        changed = {place: text for place, text in told.items() if text != self.texts[rows[place]]}
        if changed:
            vectors[list(changed)] = encoder.encode(list(changed.values()))
        return vectors


def encode(encoder: Encoder, spelling: Spelling, texts: Sequence[str]) -> Vectors:
    """As the bot's featurizer does before it centres. **Shape** N texts -> (N, D)"""
    return encoder.encode([spelling.corrected(plain_form(text)) for text in texts])


def spelling_of(encoder: Encoder, plain_texts: Sequence[str]) -> Spelling:
    return Spelling.of(plain_texts, encoder.is_common_word)


def cross_validate(
    encoder: Encoder, pipeline: Pipeline, forms: Sequence[Plain], examples: Examples
) -> tuple[Names, list[Names]]:
    """For each example, from folds that it was not in: what Rasa would answer to, and the likeliest intent of each of
    its `forms`, the first of which is the example itself.
    """
    answered, guessed = np.empty_like(examples.intents), [np.empty_like(examples.intents) for _ in forms]
    strata = np.char.add(examples.intents, examples.languages)
    own = forms[0]
    for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(own.vectors, strata):
        understood = pipeline.fit(own.vectors[train], examples.intents[train])
        spelling = spelling_of(encoder, [own.texts[row] for row in train])
        for form, names in zip(forms, guessed, strict=True):
            names[test] = understood.guess(form.spelt(encoder, spelling, test))[0]
        answered[test] = understood.read(own.spelt(encoder, spelling, test))
    return answered, guessed


def polite_form(text: str, language: str) -> str:
    """As a letter would have it."""
    told = text.rstrip(" ?.!？。！")
    return (
        f"你好，{told}，谢谢！"
        if language == "zh"
        else f"Good morning, {told}, please. Thank you in advance!"
    )


def slipped_form(text: str) -> str:
    """With one slip of the finger between two Latin letters: swapped, the second left out or struck twice."""
    chance = random.Random(text)
    places = [place for place in range(len(text)) if LATIN_PAIR.match(text, place)]
    if not places:
        return text
    place = chance.choice(places)
    first, second = text[place], text[place + 1]
    return text[:place] + chance.choice([second + first, first, first + second * 2]) + text[place + 2 :]


def read_held_out(path: Path) -> list[str]:
    """Lines, without those that start with #."""
    return [line for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#")]


def refused(answered: Names) -> npt.NDArray[np.bool_]:
    """Both ways in which the bot says that it cannot help with a message."""
    return np.isin(answered, [OUT_OF_SCOPE, FALLBACK])


def measure_own(encoder: Encoder, pipeline: Pipeline, own: Plain, examples: Examples) -> Measured:
    pairs = zip(examples.texts, examples.languages, strict=True)
    polite = Plain.of(encoder, [polite_form(text, language) for text, language in pairs])
    slipped = Plain.of(encoder, [slipped_form(text) for text in examples.texts])
    answered, (guessed, of_polite, of_slipped) = cross_validate(
        encoder, pipeline, (own, polite, slipped), examples
    )
    off_topic = examples.intents == OUT_OF_SCOPE
    wishes = ~np.isin(examples.intents, [*SMALL_TALK, OUT_OF_SCOPE])
    measured = Measured()
    for language in ("en", "zh", "all"):
        of = (examples.languages == language) | (language == "all")
        measured.accuracy[language] = float((guessed == examples.intents)[of].mean())
        measured.plain_wishes[language] = float((guessed == examples.intents)[of & wishes].mean())
        measured.polite_wishes[language] = float((of_polite == examples.intents)[of & wishes].mean())
        measured.slipped_wishes[language] = float((of_slipped == examples.intents)[of & wishes].mean())
        measured.refused_off_topic[language] = float(refused(answered)[of & off_topic].mean())
        measured.refused_in_scope[language] = float(refused(answered)[of & ~off_topic].mean())
        measured.counts[language] = int(of.sum())
        measured.confusions[language] = confusions(examples.intents[of], guessed[of])
    return measured


def measure_public(understood: Understanding, vectors: Vectors, intents: Names, measured: Measured) -> None:
    guessed, _ = understood.guess(vectors)
    measured.public_strict = float((guessed == intents).mean())
    one_label = np.array([NEWSLETTER.get(name, name) for name in guessed])
    measured.public = float((one_label == intents).mean())
    measured.public_refused = float(refused(understood.read(vectors)).mean())
    measured.counts["public"] = len(intents)
    measured.confusions["public"] = confusions(intents, one_label)


def confusions(truth: Names, guessed: Names) -> dict[str, Counter[str]]:
    """For each intent, how often which one was guessed."""
    return {str(name): Counter(map(str, guessed[truth == name])) for name in np.unique(truth)}


def cpu_milliseconds(
    encoder: Encoder, spelling: Spelling, understood: Understanding, texts: Sequence[str]
) -> float:
    """CPU time to read one message: vector and intent, one message at a time, the median over `texts`."""
    spent = []
    for text in texts:
        began = time.process_time()
        understood.read(encode(encoder, spelling, [text]))
        spent.append(1000 * (time.process_time() - began))
    return float(np.median(spent))


def measure(encoder: Encoder, pipeline: Pipeline, examples: Examples, public: Path) -> Measured:
    own = Plain.of(encoder, examples.texts)
    measured = measure_own(encoder, pipeline, own, examples)
    understood, spelling = pipeline.fit(own.vectors, examples.intents), spelling_of(encoder, own.texts)
    timed = examples.texts[:: len(examples.texts) // TIMED]
    measured.cpu_milliseconds = cpu_milliseconds(encoder, spelling, understood, timed)
    held_out = read_held_out(BOT / "held_out" / "out_of_scope.txt")
    new_topics = understood.read(encode(encoder, spelling, held_out))
    measured.refused_new_topics = float(refused(new_topics).mean())
    measured.counts["new topics"] = len(new_topics)
    if public.is_file():
        texts, intents = read_public_set(public)
        measure_public(understood, encode(encoder, spelling, texts), intents, measured)
    else:
        print(f"nlu-report: no public set at {public}; name one with: make nlu-report NLU_SET=file.csv")
    return measured


def main() -> None:
    given = arguments()
    encoder = Encoder.load(given.encoder)
    examples = read_examples(BOT / "data" / "nlu")
    pipeline = Pipeline.read(BOT / "config.yml")
    if given.read:
        own, lines = Plain.of(encoder, examples.texts), given.read.read_text("utf-8").splitlines()
        understood, spelling = pipeline.fit(own.vectors, examples.intents), spelling_of(encoder, own.texts)
        print("\n".join(understood.read(encode(encoder, spelling, lines))))
        return
    measured = measure(encoder, pipeline, examples, given.public)
    given.out.write_text(page(measured), encoding="utf-8")
    print(f"{short_table(measured)}\nwritten: {given.out}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoder", type=Path, required=True, help="folder of the built encoder")
    parser.add_argument("--read", type=Path, help="only print what each line of this file is understood as")
    parser.add_argument(
        "--public", type=Path, default=Path(), help="CSV with the columns utterance and intent"
    )
    parser.add_argument("--out", type=Path, default=BOT.parent / "docs" / "nlu-report.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
