"""The shipped tone model on texts it never saw, and its files when they are not what they should be."""

import json
import os

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from risk_model.encoder import Encoder
from risk_model.errors import ToneRefused
from risk_model.tone.network import MANIFEST, WEIGHTS, alarms, load_tone, read_tone, tone_of
from risk_model.tone.sentences import HELD_OUT, LABELS, TRAINING, read_sentences
from risk_model.tone.train import fit


@pytest.fixture(scope="module")
def held_out():
    return read_sentences(HELD_OUT)


@pytest.fixture(scope="module")
def vectors(held_out, encoder):
    return encoder.encode(held_out.texts)


@pytest.fixture(scope="module")
def tone(vectors):
    return tone_of(vectors)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("label", LABELS)
def test_each_label_is_told_apart_in_texts_that_were_held_out(held_out, tone, language, label):
    own, column = held_out.language == language, LABELS.index(label)
    assert roc_auc_score(held_out.labels[own, column], tone[own, column]) >= 0.9


@pytest.mark.parametrize("language", ["en", "zh"])
def test_neutral_questions_and_statements_hardly_ever_alarm(held_out, tone, language):
    neutral = held_out.neutral & (held_out.language == language)
    assert neutral.sum() >= 80
    assert alarms(tone)[neutral].mean() <= 0.03


def test_no_held_out_text_is_trained_on(held_out):
    assert not set(held_out.texts) & set(read_sentences(TRAINING).texts)


def test_there_are_enough_sentences_of_both_languages_and_none_twice(held_out):
    training = read_sentences(TRAINING)
    assert len(set(training.texts)) == len(training.texts)
    assert (training.language == "en").sum() >= 900
    assert (training.language == "zh").sum() >= 600
    assert min((held_out.language == language).sum() for language in ("en", "zh")) >= 150


def test_the_sentences_give_the_shipped_weights_again(vectors, tone, encoder_folder):
    training = read_sentences(TRAINING)
    on_every_core = Encoder.load(encoder_folder, workers=os.cpu_count() or 1)
    again = fit(on_every_core.encode(training.texts), training)
    # Rounding, which CPUs differ in, puts a hidden unit near zero on either side: that moves a probability by up to
    # .003 and the mean of all by .0001; another seed moves one by .2 and the mean by .016.
    apart = np.abs(again.probabilities(vectors) - tone)
    assert apart.max() <= 0.02
    assert apart.mean() <= 1e-3


def test_a_text_reads_the_same_alone_and_among_others(encoder):
    texts = ["It broke on the first day.", "太好了，谢谢！", "Where is my order?"]
    alone = np.concatenate([read_tone([text], encoder.encode) for text in texts])
    assert read_tone(texts, encoder.encode) == pytest.approx(alone, abs=1e-4)


def test_no_text_gives_no_row():
    assert read_tone([], lambda texts: np.zeros((len(texts), 384), np.float32)).shape == (0, 3)


def test_a_complaint_at_the_end_of_a_long_neutral_text_is_heard(encoder):
    neutral = "The set has four knives and a block. The handles are oak. The blades are 20 cm long. " * 4
    calm, angry = read_tone(
        [neutral, neutral + "All four rusted within a week, I am so disappointed."], encoder.encode
    )
    assert angry[0] > calm[0] + 0.05


def test_a_hundred_thousand_characters_are_read_in_few_windows():
    sizes = []

    def encode(texts):
        sizes.extend(len(text) for text in texts)
        return np.zeros((len(texts), 384), np.float32)

    assert read_tone(["字" * 100_000, "word " * 20_000], encode).shape == (2, 3)
    assert len(sizes) <= 128
    assert max(sizes) <= 240


def test_vectors_of_another_encoder_are_refused_with_what_was_expected():
    with pytest.raises(ValueError, match=r"expected vectors \(n, 384\), got \(2, 8\)"):
        tone_of(np.zeros((2, 8), np.float32))


def test_damaged_weights_are_refused(tmp_path):
    stored = bytearray(WEIGHTS.read_bytes())
    stored[-1] ^= 1
    (tmp_path / "tone.safetensors").write_bytes(stored)
    with pytest.raises(ToneRefused, match="sha256"):
        load_tone(tmp_path / "tone.safetensors", MANIFEST)


@pytest.mark.parametrize("manifest", ["not json", json.dumps({}), json.dumps([1])])
def test_a_manifest_that_cannot_be_read_is_refused(tmp_path, manifest):
    (tmp_path / "tone.json").write_text(manifest)
    with pytest.raises(ToneRefused, match="cannot be read"):
        load_tone(WEIGHTS, tmp_path / "tone.json")
