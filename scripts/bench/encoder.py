"""How near the encoder comes to what a core of this machine can multiply, in its own precision, side by side.
One in int8 is measured in fp32."""

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

from app.settings import Settings
from risk_model.encoder import Encoder, Manifest
from risk_model.encoder_engines import GRAPH
from risk_model.precision import Precision
from scripts.bench.figures import Figure, Report, p50
from scripts.bench.shop import scratch_home

TEXTS, WORDS = 256, 60
SAID = "the parcel came late again and nobody told me when it would be here so please look at my order"
SIZE = 1024  # of the matrices multiplied to find the limit
ROUNDS = 5
GOAL_PERCENT = 90.0
PRECISIONS: dict[Precision, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16}


def measure(report: Report) -> Iterator[Figure]:
    torch.set_num_threads(1)
    with scratch_home(report) as home:
        folder = Settings(_env_file=None, home=home).encoder_folder
        own = Manifest.read(folder).precision
        precision: Precision = own if own in PRECISIONS else "fp32"
        encoder = Encoder.load(folder, precision=precision)
        texts = _texts()
        tokens = [len(encoder._tokens(text)) for text in texts]
        work = sum(map(_flop(folder), tokens))
        products = _products(PRECISIONS[precision])
        limits, reached = [], []
        for number in range(ROUNDS):  # by turns: a machine that is shared is not equally fast all the time
            report("encoder and matrix product by turns", number, ROUNDS)
            limits += map(_flops, products)
            reached.append(work / _cpu_seconds(lambda: encoder.encode(texts)))
    yield Figure(f"limit of a core, {precision}", max(limits) / 1e9, "GFLOP/s")
    yield Figure(f"encoder, {TEXTS} texts of {p50(tokens):.0f} tokens", max(reached) / 1e9, "GFLOP/s")
    yield Figure("  of the limit", 100 * max(reached) / max(limits), "%", at_least=GOAL_PERCENT)


def _texts() -> list[str]:
    random = np.random.default_rng(0)
    words = SAID.split()
    return [" ".join(random.choice(words, WORDS)) for _ in range(TEXTS)]


def _flop(folder: Path) -> Callable[[int], float]:
    """What a text of so many tokens multiplies and adds: tokens with the weights, and in each layer's attention tokens
    with tokens, once for the scores and once for what they weigh.
    """
    graph = onnx.load(folder / GRAPH, load_external_data=False).graph
    products = [node for node in graph.node if node.op_type in ("Attention", "Gemm", "MatMul")]
    named = {name for node in products for name in node.input}
    weights = sum(math.prod(it.dims) for it in graph.initializer if it.name in named and len(it.dims) == 2)
    layers = sum(node.op_type in ("Attention", "Softmax") for node in graph.node)
    width = Manifest.read(folder).dimensions
    return lambda tokens: 2.0 * weights * tokens + 4.0 * layers * width * tokens**2


def _products(precision: torch.dtype) -> list[Callable[[], object]]:
    """A large matrix product by each library at hand: not every one knows the best instructions of every machine."""
    left, right = torch.randn(SIZE, SIZE).to(precision), torch.randn(SIZE, SIZE).to(precision)
    if precision != torch.float32:
        return [lambda: left @ right]
    mine, other = left.numpy(), right.numpy()
    session = _product_session(other)
    return [lambda: left @ right, lambda: mine @ other, lambda: session.run(None, {"left": mine})]


def _product_session(right: npt.NDArray[np.float32]) -> onnxruntime.InferenceSession:
    """Any (SIZE, SIZE) times this matrix, on one thread of ONNX Runtime."""
    left, product = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [SIZE, SIZE]) for name in ("left", "product")
    )
    node = helper.make_node("MatMul", ["left", "right"], ["product"])
    graph = helper.make_graph([node], "product", [left], [product], [numpy_helper.from_array(right, "right")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])


def _flops(product: Callable[[], object]) -> float:
    """FLOP/s of a thread in this product."""
    product()
    times = 10
    return 2.0 * SIZE**3 * times / _cpu_seconds(lambda: [product() for _ in range(times)])


def _cpu_seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began
