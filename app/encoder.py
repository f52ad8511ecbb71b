"""The one encoder: built at first need, then loaded to read many texts on every core."""

import os

from app.settings import Settings
from risk_model.encoder import Encoder, holds_encoder
from risk_model.progress import Progress


def open_encoder(settings: Settings, report: Progress) -> Encoder:
    """The configured encoder, built from its packaged weights where it is missing."""
    if not holds_encoder(settings.encoder_folder, settings.encoder, settings.encoder_precision):
        # here and not above: it brings torch and transformers, which only building needs
        from risk_model.encoder_build import build_encoder

        report("building the encoder", 0, 0)
        build_encoder(settings.encoder, settings.encoder_folder, settings.encoder_precision)
    return Encoder.load(settings.encoder_folder, workers=os.cpu_count() or 1)
