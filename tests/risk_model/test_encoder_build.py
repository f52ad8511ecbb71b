"""Building the encoder: its graph answers as the model it was made from."""

from pathlib import Path

import numpy as np
import pytest

from risk_model.e5_weights import BLOCK, bert_name, read_e5, unpack_blocks
from risk_model.encoder import Encoder
from risk_model.encoder_build import build_encoder, sentence_model
from risk_model.errors import EncoderMissing, EncoderRefused

TEXTS = [
    "Nobody answers my mails. I will never order here again.",
    "很好，物流很快，下次还会买",
    "好的～谢谢～",
    "😡👎🏽 ok 🤷‍♀️",
    "Ｆｕｌｌ　ｗｉｄｔｈ　１２３",
    "Great shop. " * 400,
    "",
]


def _least_agreement(encoder: Encoder, name: str) -> float:
    theirs = sentence_model(name).encode(TEXTS, normalize_embeddings=True, show_progress_bar=False)
    return float((encoder.encode(TEXTS) * theirs).sum(axis=1).min())


def test_e5_answers_as_sentence_transformers_does(encoder: Encoder) -> None:
    assert _least_agreement(encoder, "e5-small") > 0.9999


def test_minilm_builds_and_answers_as_sentence_transformers_does(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "new" / "encoder"
    build_encoder("minilm", folder)
    assert capfd.readouterr() == ("", "")
    encoder = Encoder.load(folder)
    assert encoder.version.startswith("minilm-")
    assert _least_agreement(encoder, "minilm") > 0.9999

    before = (folder / "encoder.json").stat().st_mtime_ns
    build_encoder("minilm", folder)
    assert (folder / "encoder.json").stat().st_mtime_ns == before, "a valid encoder is left alone"

    (folder / "model.onnx").write_bytes(b"damaged")
    build_encoder("minilm", folder)
    assert Encoder.load(folder).version == encoder.version, "a damaged one is built again, byte for byte"
    assert [path.name for path in folder.parent.iterdir()] == ["encoder"], "nothing is left beside it"


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(EncoderRefused, match="other files"):
        build_encoder("minilm", tmp_path)
    assert (tmp_path / "letter.txt").read_text() == "mine"


def test_an_unknown_model_is_missing(tmp_path: Path) -> None:
    with pytest.raises(EncoderMissing, match="e5-small"):
        build_encoder(str(tmp_path / "no-such-model"), tmp_path / "encoder")
    assert not (tmp_path / "encoder").exists()


def test_a_block_unpacks_low_halves_first() -> None:
    block = np.zeros(1, BLOCK)
    block["scale"] = 0.5
    block["halves"][0, 0] = 0x1F
    weights = unpack_blocks(block)
    assert weights.shape == (32,)
    assert (weights[0], weights[16], weights[1]) == (3.5, -3.5, -4.0)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("emb.word", "embeddings.word_embeddings.weight"),
        ("emb.ln.b", "embeddings.LayerNorm.bias"),
        ("l11.fi.w", "encoder.layer.11.intermediate.dense.weight"),
    ],
)
def test_tensors_get_the_names_of_bert(theirs: str, ours: str) -> None:
    assert bert_name(theirs) == ours


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"E5S1\x01\0\0\0"], ids=["empty", "foreign", "cut off"]
)
def test_a_file_that_holds_no_e5_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "weights.bin"
    path.write_bytes(content)
    with pytest.raises(EncoderRefused, match=r"weights\.bin"):
        read_e5(path)
