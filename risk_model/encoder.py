"""The one encoder at work: text to vector, with onnxruntime and tokenizers alone.

The bot (Python 3.10) and everything else (Python 3.11) import this file, so it must run on both and never
import torch. `risk_model.encoder_build` makes the folder it loads.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

from risk_model.errors import EncoderMissing, EncoderRefused

MANIFEST, TOKENIZER = "encoder.json", "tokenizer.json"
GRAPH, WEIGHTS = "model.onnx", "model.onnx.data"
FORMAT = 1

# Padding is the cost of a batch, not its size, so a batch is a number of padded tokens.
TOKEN_BUDGET = 512
# Far more than the longest text a model reads; what lies beyond would be tokenised only to be thrown away.
LONGEST_TEXT = 20_000
# Texts tokenised at a time, which bounds the memory of a long list.
SLICE = 4_096

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Manifest:
    """What `encoder.json` says of the files beside it."""

    format: int
    name: str
    version: str
    dimensions: int
    prefix: str
    max_tokens: int
    pad_id: int
    files: dict[str, str]

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """The manifest, checked for form; raises EncoderMissing or EncoderRefused."""
        path = folder / MANIFEST
        if not path.is_file():
            raise EncoderMissing(folder)
        try:
            manifest = cls(**json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError) as error:
            raise EncoderRefused(folder, f"its {MANIFEST} cannot be read ({error})") from error
        manifest._check_form(folder)
        return manifest

    def write(self, folder: Path) -> None:
        (folder / MANIFEST).write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    def check_files(self, folder: Path) -> None:
        """Raises EncoderRefused unless every file lies in the folder and has its sha256."""
        for name, expected in self.files.items():
            path = folder / name
            if path.resolve().parent != folder.resolve():
                raise EncoderRefused(folder, f"its file {name!r} lies outside the folder")
            if not path.is_file():
                raise EncoderRefused(folder, f"its file {name!r} is missing")
            if (found := sha256(path)) != expected:
                raise EncoderRefused(folder, f"{name} should have the sha256 {expected} and has {found}")

    def _check_form(self, folder: Path) -> None:
        if self.format != FORMAT:
            raise EncoderRefused(folder, f"its format should be {FORMAT} and is {self.format!r}")
        for field in ("dimensions", "max_tokens", "pad_id"):
            if type(value := getattr(self, field)) is not int or value < 0:
                raise EncoderRefused(folder, f"{field} should be a whole number and is {value!r}")
        for field in ("name", "version", "prefix"):
            if not isinstance(value := getattr(self, field), str):
                raise EncoderRefused(folder, f"{field} should be text and is {value!r}")
        if not isinstance(self.files, dict) or set(self.files) != {GRAPH, WEIGHTS, TOKENIZER}:
            wanted = f"files should be {GRAPH}, {WEIGHTS} and {TOKENIZER}"
            raise EncoderRefused(folder, f"{wanted}, and are {self.files!r}")


class Encoder:
    """Turns texts into vectors of length 1. Loaded once and kept; many threads may share it."""

    version: str
    dimensions: int

    def __init__(
        self, manifest: Manifest, tokenizer: Tokenizer, session: onnxruntime.InferenceSession, workers: int
    ) -> None:
        self.name = manifest.name
        self.version = manifest.version
        self.dimensions = manifest.dimensions
        self._prefix = manifest.prefix
        self._pad_id = manifest.pad_id
        self._tokenizer = tokenizer
        self._session = session
        self._workers = workers

    @classmethod
    def load(cls, folder: Path, workers: int = 1) -> "Encoder":
        """The encoder of a folder, its files checked first; raises EncoderMissing or EncoderRefused.

        Serving keeps to one worker; reading many texts at once may use a worker a core, each on batches of
        its own.
        """
        manifest = Manifest.read(folder)
        manifest.check_files(folder)
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        tokenizer.no_padding()
        tokenizer.enable_truncation(manifest.max_tokens)
        return cls(manifest, tokenizer, _session(folder / GRAPH), workers)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One vector a text, in the order given; no text is refused, whatever it holds.

        A vector does not depend on the texts beside it (beyond 1e-5). A text is read up to the model's
        longest input.

        **Shape** N texts -> (N, D)
        """
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        for start in range(0, len(texts), SLICE):
            tokens = [self._tokens(text) for text in texts[start : start + SLICE]]
            batches = list(token_batches([len(ids) for ids in tokens]))
            for batch, rows in zip(batches, self._run_all(tokens, batches), strict=True):
                vectors[[start + i for i in batch]] = rows
        return vectors

    def _run_all(self, tokens: list[list[int]], batches: list[list[int]]) -> Iterable[Vectors]:
        parts = ([tokens[i] for i in batch] for batch in batches)
        if self._workers == 1 or len(batches) == 1:
            return map(self._run, parts)
        with ThreadPoolExecutor(
            self._workers
        ) as pool:  # ONNX Runtime computes outside the interpreter's lock
            return list(pool.map(self._run, parts))

    def _tokens(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(self._prefix + readable(text[:LONGEST_TEXT])).ids
        return ids

    def _run(self, tokens: list[list[int]]) -> Vectors:
        """**Shape** B lists of at most T ids -> (B, D)"""
        ids = np.full((len(tokens), max(map(len, tokens))), self._pad_id, np.int64)
        mask = np.zeros_like(ids)
        for row, own in enumerate(tokens):
            ids[row, : len(own)] = own
            mask[row, : len(own)] = 1
        vectors: Vectors = self._session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
        return vectors


def holds_encoder(folder: Path, name: str) -> bool:
    """Whether the folder is an undamaged encoder of this name; cheap enough to ask before every build."""
    try:
        manifest = Manifest.read(folder)
        manifest.check_files(folder)
    except (EncoderMissing, EncoderRefused):
        return False
    return manifest.name == name


def token_batches(lengths: Sequence[int], budget: int = TOKEN_BUDGET) -> Iterator[list[int]]:
    """Every index once, shortest first, in batches of at most `budget` padded tokens; a longer one alone."""
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[index] > budget:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def readable(text: str) -> str:
    """The text in valid Unicode: two halves of a surrogate pair are joined, a lone one becomes U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()


def _session(graph: Path) -> onnxruntime.InferenceSession:
    """One thread that never spins: with two on a busy machine the slowest answers take over a second."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
