"""How well the bot understands: cross-validation on its own examples, and a public set it never learned from.

Runs in the bot's environment (`make nlu-report`), because it fits Rasa's own classifier as bot/config.yml sets it up,
on vectors that are computed once. Prints a short table and writes docs/nlu-report.md.
"""

import argparse
import csv
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
from components.sentences import INFORM, readings_of, wanted
from components.spelling import Spelling
from nlu_forms import other_forms
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
NO_WISH = [OUT_OF_SCOPE, FALLBACK, INFORM]
SMALL_TALK = ("greet", "goodbye", "thank", "affirm", "deny", "bot_challenge", INFORM)

Vectors = npt.NDArray[np.float32]
# N times (1 + P, D): of each message the vector of the whole of it, then one of each of its P parts
Read = Sequence[Vectors]
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
            steps["components.intent_classifier.SentenceIntentClassifier"], "report", None, None
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

    def guess(self, read: Read) -> tuple[Names, npt.NDArray[np.float64]]:
        """The likeliest intent of each message and its probability. **Shape** (N,), (N,)"""
        names = self.classifier.classes_
        inform = list(names).index(INFORM)
        every = self.classifier.predict_proba(self.pipeline.scale * (np.concatenate(read) - self.centre))
        each = np.split(every, np.cumsum([len(vectors) for vectors in read])[:-1])
        chances = np.array([wanted(found[0], found[1:], inform) for found in each])
        return names[chances.argmax(axis=1)], chances.max(axis=1)

    def answer_to(self, read: Read) -> Names:
        """What Rasa would answer to: the likeliest intent, or the fallback below the threshold."""
        names, chances = self.guess(read)
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


class Reader:
    """The encoder, which reads the same text once."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self._known: dict[str, Vectors] = {}

    def vectors(self, messages: Sequence[Sequence[str]]) -> list[Vectors]:
        """Of each text of each message."""
        new = list(
            dict.fromkeys(text for readings in messages for text in readings if text not in self._known)
        )
        if new:
            self._known.update(zip(new, self.encoder.encode(new), strict=True))
        return [np.array([self._known[text] for text in readings]) for readings in messages]


@dataclass(frozen=True)
class Plain:
    """N messages as they are read: the whole and the parts of each in plain form, and their vectors."""

    texts: list[list[str]]
    vectors: Read

    @classmethod
    def of(cls, reader: Reader, texts: Sequence[str]) -> "Plain":
        plain = [readings_of(text) for text in texts]
        return cls(plain, reader.vectors(plain))

    @property
    def whole(self) -> Vectors:
        """**Shape** (N, D)"""
        return np.array([vectors[0] for vectors in self.vectors])

    def spelt(self, reader: Reader, spelling: Spelling, rows: Rows) -> Read:
        """The vectors of some, with slips put right."""
        return reader.vectors([list(map(spelling.corrected, self.texts[row])) for row in rows])


def read_as_the_bot(reader: Reader, spelling: Spelling, texts: Sequence[str]) -> Read:
    """As the bot's featurizer does before it centres."""
    return reader.vectors([list(map(spelling.corrected, readings_of(text))) for text in texts])


def spelling_of(reader: Reader, plain_texts: Sequence[str]) -> Spelling:
    return Spelling.of(plain_texts, reader.encoder.is_common_word)


def cross_validate(
    reader: Reader, pipeline: Pipeline, forms: Sequence[Plain], examples: Examples
) -> tuple[Names, list[Names]]:
    """For each example, from folds that it was not in: what Rasa would answer to, and the likeliest intent of each of
    its `forms`, the first of which is the example itself.
    """
    answered, guessed = np.empty_like(examples.intents), [np.empty_like(examples.intents) for _ in forms]
    strata = np.char.add(examples.intents, examples.languages)
    own = forms[0]
    whole = own.whole
    for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(whole, strata):
        understood = pipeline.fit(whole[train], examples.intents[train])
        spelling = spelling_of(reader, [own.texts[row][0] for row in train])
        for form, names in zip(forms, guessed, strict=True):
            names[test] = understood.guess(form.spelt(reader, spelling, test))[0]
        answered[test] = understood.answer_to(own.spelt(reader, spelling, test))
    return answered, guessed


def read_held_out(path: Path) -> list[str]:
    """Lines, without those that start with #."""
    return [line for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#")]


def refused(answered: Names) -> npt.NDArray[np.bool_]:
    """Where the bot has heard nothing that it can do, and says so."""
    return np.isin(answered, NO_WISH)


def measure_own(reader: Reader, pipeline: Pipeline, own: Plain, examples: Examples) -> Measured:
    pairs = list(zip(examples.texts, examples.languages, strict=True))
    forms = other_forms(pairs, read_held_out(BOT / "held_out" / "context.txt"))
    read = [own, *(Plain.of(reader, texts) for texts in forms.values())]
    answered, (guessed, *guessed_of_forms) = cross_validate(reader, pipeline, read, examples)
    right = guessed == examples.intents
    right_in_forms = {
        name: names == examples.intents for name, names in zip(forms, guessed_of_forms, strict=True)
    }
    off_topic, in_scope = examples.intents == OUT_OF_SCOPE, ~np.isin(examples.intents, NO_WISH)
    wishes = ~np.isin(examples.intents, [*SMALL_TALK, OUT_OF_SCOPE])
    measured = Measured(wishes_in_forms={name: {} for name in forms})
    for language in ("en", "zh", "all"):
        of = (examples.languages == language) | (language == "all")
        measured.accuracy[language] = float(right[of].mean())
        measured.plain_wishes[language] = float(right[of & wishes].mean())
        for name, right_so in right_in_forms.items():
            measured.wishes_in_forms[name][language] = float(right_so[of & wishes].mean())
        measured.refused_off_topic[language] = float(refused(answered)[of & off_topic].mean())
        measured.refused_in_scope[language] = float(refused(answered)[of & in_scope].mean())
        measured.counts[language] = int(of.sum())
        measured.confusions[language] = confusions(examples.intents[of], guessed[of])
    return measured


def measure_public(understood: Understanding, read: Read, intents: Names, measured: Measured) -> None:
    guessed, _ = understood.guess(read)
    measured.public_strict = float((guessed == intents).mean())
    one_label = np.array([NEWSLETTER.get(name, name) for name in guessed])
    measured.public = float((one_label == intents).mean())
    measured.public_refused = float(refused(understood.answer_to(read)).mean())
    measured.counts["public"] = len(intents)
    measured.confusions["public"] = confusions(intents, one_label)


def confusions(truth: Names, guessed: Names) -> dict[str, Counter[str]]:
    """For each intent, how often which one was guessed."""
    return {str(name): Counter(map(str, guessed[truth == name])) for name in np.unique(truth)}


def cpu_milliseconds(
    encoder: Encoder, spelling: Spelling, understood: Understanding, texts: Sequence[str]
) -> float:
    """CPU time to read one message: vectors and intent, one message at a time, the median over `texts`."""
    spent = []
    for text in texts:
        began = time.process_time()
        whole, *parts = map(spelling.corrected, readings_of(text))
        understood.answer_to([np.concatenate([encoder.encode([whole]), encoder.encode(parts)])])
        spent.append(1000 * (time.process_time() - began))
    return float(np.median(spent))


def learned(
    reader: Reader, pipeline: Pipeline, own: Plain, examples: Examples
) -> tuple[Understanding, Spelling]:
    """The bot as it runs: from all of its sentences."""
    spelling = spelling_of(reader, [readings[0] for readings in own.texts])
    return pipeline.fit(own.whole, examples.intents), spelling


def measure(reader: Reader, pipeline: Pipeline, examples: Examples, public: Path) -> Measured:
    own = Plain.of(reader, examples.texts)
    measured = measure_own(reader, pipeline, own, examples)
    understood, spelling = learned(reader, pipeline, own, examples)
    timed = examples.texts[:: len(examples.texts) // TIMED]
    measured.cpu_milliseconds = cpu_milliseconds(reader.encoder, spelling, understood, timed)
    two = [f"{first}. {second}" for first, second in zip(timed, reversed(timed), strict=True)]
    measured.cpu_of_two_sentences = cpu_milliseconds(reader.encoder, spelling, understood, two)
    held_out = read_held_out(BOT / "held_out" / "out_of_scope.txt")
    new_topics = understood.answer_to(read_as_the_bot(reader, spelling, held_out))
    measured.refused_new_topics = float(refused(new_topics).mean())
    measured.counts["new topics"] = len(new_topics)
    if public.is_file():
        texts, intents = read_public_set(public)
        measure_public(understood, read_as_the_bot(reader, spelling, texts), intents, measured)
    else:
        print(f"nlu-report: no public set at {public}; name one with: make nlu-report NLU_SET=file.csv")
    return measured


def main() -> None:
    given = arguments()
    reader = Reader(Encoder.load(given.encoder))
    examples = read_examples(BOT / "data" / "nlu")
    pipeline = Pipeline.read(BOT / "config.yml")
    if given.read:
        own, lines = Plain.of(reader, examples.texts), given.read.read_text("utf-8").splitlines()
        understood, spelling = learned(reader, pipeline, own, examples)
        print("\n".join(understood.answer_to(read_as_the_bot(reader, spelling, lines))))
        return
    measured = measure(reader, pipeline, examples, given.public)
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
