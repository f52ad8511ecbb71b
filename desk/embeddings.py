"""Embeddings cached by content hash and encoder version: a text is encoded once, by whichever process meets
it first.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from hashlib import sha256

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, delete

from db import tables
from risk_model.texts import TextEncoder, Vectors

CHUNK = 256
KEPT = sa.inspect(tables.Embedding).local_table
# written once, without objects for the rows: a chat turn waits for it
REMEMBERED = sa.select(KEPT.c.text_hash, KEPT.c.vector).where(
    KEPT.c.encoder_version == sa.bindparam("version"),
    KEPT.c.text_hash.in_(sa.bindparam("hashes", expanding=True)),
)
# An encoder computes outside of the interpreter's lock, so its thread and a turn's own work share the cores.
AHEAD = ThreadPoolExecutor(os.cpu_count() or 1, "reading ahead")
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
        self._begun: dict[str, Future[Vectors]] = {}

    def begin(self, text: str) -> None:
        """Start to encode a text that will be asked for, unless it is remembered; the caller goes on meanwhile."""
        key = text_hash(text)
        with self._open() as session:
            known = key in self._begun or key in self._remembered(session, [key])
        if not known:
            self._begun[key] = AHEAD.submit(self._encoder.encode, [text])

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
        fresh = {key: self._begun.pop(key).result()[0] for key in missing if key in self._begun}
        rest = [key for key in missing if key not in fresh]
        if rest:
            fresh |= dict(zip(rest, self._encoder.encode([by_hash[key] for key in rest]), strict=True))
        with self._open() as session:
            self._remember(session, fresh)
        return found | fresh

    def _remembered(self, session: Session, hashes: list[str]) -> dict[str, Vectors]:
        rows = session.connection().execute(REMEMBERED, {"version": self.version, "hashes": hashes})
        return {key: np.frombuffer(vector, dtype="<f4") for key, vector in rows}

    def _remember(self, session: Session, fresh: dict[str, Vectors]) -> None:
        rows = [
            {"text_hash": key, "encoder_version": self.version, "vector": vector.astype("<f4").tobytes()}
            for key, vector in fresh.items()
        ]
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        session.connection().execute(dialect.insert(KEPT).on_conflict_do_nothing(), rows)


class Reading:
    """The texts of one chat turn: what was read once is at hand, whoever asks for it next."""

    def __init__(self, encoder: CachedEncoder) -> None:
        self.version, self._encoder = encoder.version, encoder
        self._at_hand: dict[str, Vectors] = {}

    def begin(self, text: str) -> None:
        """Start to read a text that will be asked for; the caller goes on meanwhile."""
        self._encoder.begin(text)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """(N, D), in the order given."""
        fresh = [text for text in dict.fromkeys(texts) if text not in self._at_hand]
        if not texts:
            return self._encoder.encode(texts)
        if fresh:
            self._at_hand |= dict(zip(fresh, self._encoder.encode(fresh), strict=True))
        return np.stack([self._at_hand[text] for text in texts])


def forget(session: Session, texts: Sequence[str]) -> None:
    """Drop the vectors of texts that go, of every encoder. An equal text that stays is encoded once more when it is
    next read, which is cheaper than to look for it now.
    """
    hashes = sorted({text_hash(text) for text in texts})
    for start in range(0, len(hashes), CHUNK):
        some = hashes[start : start + CHUNK]
        session.exec(delete(tables.Embedding).where(col(tables.Embedding.text_hash).in_(some)))


def text_hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
