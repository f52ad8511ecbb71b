"""How near the encoder comes to what a core of this machine can multiply, in its own precision, side by side.
One in int8 is measured in fp32."""

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
import torch

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
        limits, reached = [], []
        for number in range(ROUNDS):  # by turns: a machine that is shared is not equally fast all the time
            report("encoder and matrix product by turns", number, ROUNDS)
            limits.append(_limit(PRECISIONS[precision]))
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


def _limit(precision: torch.dtype) -> float:
    """FLOP/s of one thread in a large matrix product."""
    left, right = torch.randn(SIZE, SIZE).to(precision), torch.randn(SIZE, SIZE).to(precision)
    left @ right
    times = 10
    return 2.0 * SIZE**3 * times / _cpu_seconds(lambda: [left @ right for _ in range(times)])


def _cpu_seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began
