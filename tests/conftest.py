"""What every test may ask for, and an environment without the settings of the person who runs them."""

import os
from pathlib import Path

import pytest
from filelock import FileLock

from risk_model.encoder import Encoder, holds_encoder
from tests.support.processes import KEPT

pytest_plugins = ["tests.databases", "tests.trained", "tests.support.shop", "tests.side_by_side"]
for _setting in [name for name in os.environ if name.startswith("STAYLINE_")]:
    if _setting != "STAYLINE_TEST_POSTGRES_URL":
        del os.environ[_setting]
os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}


@pytest.fixture(scope="session")
def encoder_folder() -> Path:
    """The default encoder, built by the first run that needs it (half a minute) and kept between runs."""
    folder = KEPT / "encoder-e5-small"
    KEPT.mkdir(exist_ok=True)
    with FileLock(KEPT / "encoder.lock"):  # another process of this run may be building it
        if not holds_encoder(folder, "e5-small", "fp32"):
            # imports torch, which no other run should wait for
            from risk_model.encoder_build import build_encoder

            build_encoder("e5-small", folder, "fp32")
    return folder


@pytest.fixture(scope="session")
def encoder(encoder_folder: Path) -> Encoder:
    return Encoder.load(encoder_folder)
