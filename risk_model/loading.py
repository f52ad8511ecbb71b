"""Load what serving needs, degrade truthfully when a part is missing, and notice a model trained meanwhile."""

import logging
from pathlib import Path
from threading import Lock

from risk_model.encoder import Encoder
from risk_model.errors import EncoderMissing, EncoderRefused, RiskModelError
from risk_model.manifest import MANIFEST
from risk_model.scorer import NoModel, Scorer

log = logging.getLogger(__name__)


def load_scorer(model_folder: Path, encoder_folder: Path, workers: int = 1) -> Scorer | NoModel:
    """The scorer of this folder: by behaviour alone without an encoder, and `NoModel` with the cause without
    a model.

    `workers` read texts side by side: one where customers wait, a core each where many are scored.
    """
    encoder: Encoder | None = None
    because = ""
    try:
        encoder = Encoder.load(encoder_folder, workers)
    except (EncoderMissing, EncoderRefused) as error:
        because = str(error)
        log.warning("scoring by behaviour alone: %s", error)
    try:
        return Scorer.load(model_folder, encoder, because)
    except RiskModelError as error:
        log.warning("every risk is unknown: %s", error)
        return NoModel(str(error))


class CurrentScorer:
    """Always the newest model of a folder: loaded at first use, again after the manifest changed."""

    def __init__(self, model_folder: Path, encoder_folder: Path) -> None:
        self._folders = model_folder, encoder_folder
        self._lock = Lock()
        self._stamp: int | None = -1
        self._scorer: Scorer | NoModel = NoModel("not loaded yet")

    def get(self) -> Scorer | NoModel:
        with self._lock:
            if (stamp := self._newest()) != self._stamp:
                self._scorer, self._stamp = load_scorer(*self._folders), stamp
            return self._scorer

    def _newest(self) -> int | None:
        try:
            return (self._folders[0] / MANIFEST).stat().st_mtime_ns
        except FileNotFoundError:
            return None
