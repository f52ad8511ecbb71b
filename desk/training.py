"""Learning from the tables. Imports torch, so only the command line's `train` and `demo` come here."""

from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from db.session import read_only, unit_of_work
from desk import histories
from desk.embeddings import CachedEncoder
from risk_model.manifest import Manifest, NetworkKind
from risk_model.progress import Progress
from risk_model.texts import TextEncoder
from risk_model.training import train


def train_model(
    engine: Engine,
    encoder: TextEncoder,
    as_of: datetime,
    horizon_days: int,
    folder: Path,
    *,
    needs_consent: bool,
    progress: Progress,
    network: NetworkKind = "fusion",
) -> Manifest:
    """Train on what was known at `as_of` and write the model to `folder`; raises what
    `risk_model.training.train` raises.
    """
    with read_only(engine) as session:
        known = histories.of_all(session, as_of, needs_consent=needs_consent).until(as_of)
    cached = CachedEncoder(
        encoder, lambda: unit_of_work(engine), lambda done, of: progress("reading texts", done, of)
    )
    return train(known, horizon_days, cached, folder, progress, network)
