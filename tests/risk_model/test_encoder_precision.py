"""The encoder in int8 and in bf16: close to fp32, never taken for it, and the same alone as among others."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from risk_model import encoder as serving
from risk_model.encoder import Encoder, Manifest, holds_encoder
from risk_model.encoder_build import build_encoder
from risk_model.encoder_engines import computes_bf16
from risk_model.errors import EncoderRefused
from tests.support.encoders import in_precision

TEXTS = [
    "Where is my order?",
    "ok",
    "I have asked three times now and nobody answers. Cancel my subscription, I am going to another shop.",
    "The parcel arrived opened, the charger is missing. " * 10,
]
needs_bf16 = pytest.mark.skipif(not computes_bf16(), reason="needs the package openvino and a CPU with bf16")


def agreement(encoder: Encoder, fp32: Encoder) -> float:
    return float((encoder.encode(TEXTS) * fp32.encode(TEXTS)).sum(axis=1).min())


def alone(encoder: Encoder) -> np.ndarray:
    return np.concatenate([encoder.encode([text]) for text in TEXTS])


def test_int8_is_near_fp32_and_says_the_same_alone_as_among_others(tmp_path: Path) -> None:
    build_encoder("minilm", tmp_path / "encoder", "int8")
    assert holds_encoder(tmp_path / "encoder", "minilm", "int8")
    assert not holds_encoder(tmp_path / "encoder", "minilm", "fp32")
    quick, exact = Encoder.load(tmp_path / "encoder"), Encoder.load(tmp_path / "encoder", precision="fp32")
    assert 0.95 < agreement(quick, exact) < 0.99999
    assert np.array_equal(quick.encode(TEXTS), alone(quick))
    assert quick.version == f"{exact.version}-int8", "their vectors are never compared"


def test_bf16_is_refused_where_it_cannot_be_computed(
    encoder_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = in_precision(encoder_folder, tmp_path / "encoder", "bf16")
    monkeypatch.setattr(serving, "computes_bf16", lambda: False)
    with pytest.raises(EncoderRefused, match=r"install `stayline\[openvino\]`"):
        Encoder.load(folder)
    assert Encoder.load(folder, precision="fp32").version == Encoder.load(encoder_folder).version


@needs_bf16
def test_bf16_is_near_fp32_alone_among_others_and_in_many_threads(
    encoder_folder: Path, tmp_path: Path, encoder: Encoder
) -> None:
    folder = in_precision(encoder_folder, tmp_path / "encoder", "bf16")
    quick = Encoder.load(folder, workers=2)
    assert 0.999 < agreement(quick, encoder) < 0.9999999
    assert (quick.encode(TEXTS) * alone(quick)).sum(axis=1).min() > 0.9999
    with ThreadPoolExecutor(4) as threads:
        for found in threads.map(quick.encode, [TEXTS] * 8):
            assert np.abs(found - quick.encode(TEXTS)).max() < 1e-6
    assert quick.version == f"{encoder.version}-bf16"


@needs_bf16
def test_bf16_is_what_a_machine_that_can_is_given(tmp_path: Path) -> None:
    build_encoder("minilm", tmp_path / "encoder")
    assert Manifest.read(tmp_path / "encoder").precision == "bf16"
