"""What every test may ask for, and an environment without the settings of the person who runs them."""

import os
from pathlib import Path

import pytest

from risk_model.encoder import Encoder, holds_encoder

pytest_plugins = ["tests.databases"]
for _setting in [name for name in os.environ if name.startswith("STAYLINE_")]:
    if _setting != "STAYLINE_TEST_POSTGRES_URL":
        del os.environ[_setting]
os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def encoder_folder() -> Path:
    """The default encoder, built by the first run that needs it (half a minute) and kept between runs."""
    folder = ROOT / ".stayline-test" / "encoder-e5-small"
    if not holds_encoder(folder, "e5-small"):
        # imports torch, which no other run should wait for
        from risk_model.encoder_build import build_encoder

        build_encoder("e5-small", folder)
    return folder


@pytest.fixture(scope="session")
def encoder(encoder_folder: Path) -> Encoder:
    return Encoder.load(encoder_folder)
