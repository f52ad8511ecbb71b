"""The one encoder at work: text to vector, with tokenizers and an engine that computes its graph.

The bot (Python 3.10) and everything else (Python 3.11) import this file, so it must run on both and never
import torch. `risk_model.encoder_build` makes the folder it loads.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from risk_model.encoder_engines import GRAPH, INT8_GRAPH, Run, Vectors, computes_bf16, run_of
from risk_model.errors import EncoderMissing, EncoderRefused
from risk_model.precision import PRECISIONS, Precision

MANIFEST, TOKENIZER = "encoder.json", "tokenizer.json"
WEIGHTS = "model.onnx.data"
FORMAT = 1

# Padding is the cost of a batch, not its size, so a batch is a number of padded tokens.
TOKEN_BUDGET = 512
# Far more than the longest text a model reads; what lies beyond would be tokenised only to be thrown away.
LONGEST_TEXT = 20_000
# Texts tokenised at a time, which bounds the memory of a long list.
SLICE = 4_096


@dataclass(frozen=True)
class Manifest:
    """What `encoder.json` says of the files beside it. `version` names the files, `precision` how serving computes
    with them.
    """

    format: int
    name: str
    version: str
    dimensions: int
    prefix: str
    max_tokens: int
    pad_id: int
    files: dict[str, str]
    precision: Precision = "fp32"

    @property
    def vectors_version(self) -> str:
        """Vectors of one version may be compared, those of two never."""
        return self.version if self.precision == "fp32" else f"{self.version}-{self.precision}"

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
        if self.precision not in PRECISIONS:
            wanted = f"precision should be one of {', '.join(PRECISIONS)}"
            raise EncoderRefused(folder, f"{wanted}, and is {self.precision!r}")
        names = [GRAPH, WEIGHTS, TOKENIZER, *([INT8_GRAPH] if self.precision == "int8" else [])]
        if not isinstance(self.files, dict) or set(self.files) != set(names):
            raise EncoderRefused(folder, f"files should be {', '.join(names)}, and are {self.files!r}")


class Encoder:
    """Turns texts into vectors of length 1. Loaded once and kept; many threads may share it."""

    version: str
    dimensions: int

    def __init__(self, manifest: Manifest, tokenizer: Tokenizer, compute: Run, workers: int) -> None:
        self.name = manifest.name
        self.version = manifest.vectors_version
        self.dimensions = manifest.dimensions
        self._prefix = manifest.prefix
        self._pad_id = manifest.pad_id
        self._tokenizer = tokenizer
        self._compute = compute
        self._workers = workers
        # what int8 answers depends on the texts beside it, so there it has none
        self._budget = 0 if manifest.precision == "int8" else TOKEN_BUDGET

    @classmethod
    def load(cls, folder: Path, workers: int = 1, precision: Precision | None = None) -> "Encoder":
        """The encoder of a folder, its files checked first; raises EncoderMissing or EncoderRefused.

        It computes in the precision that the folder names, unless another is asked for (fp32 always works).
        Serving keeps to one worker; reading many texts at once may use a worker a core, each on batches of
        its own.
        """
        manifest = Manifest.read(folder)
        manifest.check_files(folder)
        manifest = replace(manifest, precision=precision or manifest.precision)
        if manifest.precision == "bf16" and not computes_bf16():
            needs = "it computes in bf16, for which this machine needs OpenVINO and a CPU with bf16"
            remedy = "install `stayline[openvino]`, or build it anew with STAYLINE_ENCODER_PRECISION=fp32"
            raise EncoderRefused(folder, needs, remedy)
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        tokenizer.no_padding()
        tokenizer.enable_truncation(manifest.max_tokens)
        return cls(manifest, tokenizer, run_of(folder, manifest.precision, workers), workers)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One vector a text, in the order given; no text is refused, whatever it holds.

        A vector does not depend on the texts beside it (beyond 1e-5, in bf16 1e-3). A text is read up to the model's
        longest input.

        **Shape** N texts -> (N, D)
        """
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        for start in range(0, len(texts), SLICE):
            tokens = [self._tokens(text) for text in texts[start : start + SLICE]]
            batches = list(token_batches([len(ids) for ids in tokens], self._budget))
            for batch, rows in zip(batches, self._run_all(tokens, batches), strict=True):
                vectors[[start + i for i in batch]] = rows
        return vectors

    def is_common_word(self, word: str) -> bool:
        """Whether its vocabulary has the word whole, as those have that are often written."""
        return len(self._tokenizer.encode(word, add_special_tokens=False).ids) == 1

    def _run_all(self, tokens: list[list[int]], batches: list[list[int]]) -> Iterable[Vectors]:
        parts = ([tokens[i] for i in batch] for batch in batches)
        if self._workers == 1 or len(batches) == 1:
            return map(self._run, parts)
        with ThreadPoolExecutor(self._workers) as pool:  # the engines compute outside the interpreter's lock
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
        return self._compute(ids, mask)


def holds_encoder(folder: Path, name: str, precision: Precision | None = None) -> bool:
    """Whether the folder is an undamaged encoder of this name, and of this precision where one is given; cheap enough
    to ask before every build.
    """
    try:
        manifest = Manifest.read(folder)
        manifest.check_files(folder)
    except (EncoderMissing, EncoderRefused):
        return False
    return manifest.name == name and precision in (None, manifest.precision)


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
