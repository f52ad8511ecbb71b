"""Embeddings cached by content hash and encoder version: a text is encoded once, by whichever process meets
it first.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from hashlib import sha256

import numpy as np
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from db import tables
from risk_model.texts import TextEncoder, Vectors

CHUNK = 256
Open = Callable[[], AbstractContextManager[Session]]


class CachedEncoder:
    """An encoder that remembers in the database. `open_session` gives a session that commits when its block
    ends; new vectors are kept chunk by chunk, so an interrupted run loses little.
    """

    def __init__(
        self, encoder: TextEncoder, open_session: Open, progress: Callable[[int, int], None] | None = None
    ) -> None:
        self.version, self.dimensions = encoder.version, encoder.dimensions
        self._encoder, self._open, self._progress = (
            encoder,
            open_session,
            progress or (lambda _done, _of: None),
        )

    def encode(self, texts: Sequence[str]) -> Vectors:
        """(N, D), in the order given; equal texts are encoded once."""
        by_hash = {text_hash(text): text for text in texts}
        vectors: dict[str, Vectors] = {}
        hashes = list(by_hash)
        for start in range(0, len(hashes), CHUNK):
            self._progress(start, len(hashes))
            vectors |= self._chunk({key: by_hash[key] for key in hashes[start : start + CHUNK]})
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        return np.stack([vectors[text_hash(text)] for text in texts])

    def _chunk(self, by_hash: dict[str, str]) -> dict[str, Vectors]:
        with self._open() as session:
            found = self._remembered(session, list(by_hash))
        missing = [key for key in by_hash if key not in found]
        if not missing:
            return found
        fresh = dict(zip(missing, self._encoder.encode([by_hash[key] for key in missing]), strict=True))
        with self._open() as session:
            self._remember(session, fresh)
        return found | fresh

    def _remembered(self, session: Session, hashes: list[str]) -> dict[str, Vectors]:
        query = select(tables.Embedding.text_hash, tables.Embedding.vector).where(
            tables.Embedding.encoder_version == self.version, col(tables.Embedding.text_hash).in_(hashes)
        )
        return {key: np.frombuffer(vector, dtype="<f4") for key, vector in session.exec(query)}

    def _remember(self, session: Session, fresh: dict[str, Vectors]) -> None:
        rows = [
            {"text_hash": key, "encoder_version": self.version, "vector": vector.astype("<f4").tobytes()}
            for key, vector in fresh.items()
        ]
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        session.execute(dialect.insert(tables.Embedding).on_conflict_do_nothing(), rows)


def text_hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
