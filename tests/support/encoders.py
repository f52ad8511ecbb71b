"""Copies of the encoder that cost no space."""

from dataclasses import replace
from pathlib import Path

from risk_model.encoder import Manifest
from risk_model.precision import Precision


def in_precision(folder: Path, copy: Path, precision: Precision) -> Path:
    """The same encoder, as if it had been built for another precision."""
    copy.mkdir()
    for name in Manifest.read(folder).files:
        (copy / name).hardlink_to(folder / name)
    replace(Manifest.read(folder), precision=precision).write(copy)
    return copy
