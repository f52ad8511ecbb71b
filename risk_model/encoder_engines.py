"""What computes the encoder's graph: ONNX Runtime in fp32 or int8, or OpenVINO in bf16.

Loaded under Python 3.10 too, and OpenVINO is an optional package: it is imported only where it is to compute.
"""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import local
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from risk_model.precision import Precision

GRAPH, INT8_GRAPH = "model.onnx", "model.int8.onnx"
Vectors = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]
Run = Callable[[Ids, Ids], Vectors]  # ids and mask (B, T) -> (B, D)


def computes_bf16() -> bool:
    """Whether OpenVINO is installed and this CPU has instructions for bf16: about half the time of fp32 at a cosine
    of .99999 to it.
    """
    return find_spec("openvino") is not None and "BF16" in import_module("openvino").Core().get_property(
        "CPU", "OPTIMIZATION_CAPABILITIES"
    )


def run_of(folder: Path, precision: Precision, workers: int) -> Run:
    """The encoder graph of a folder, ready to be run by up to `workers` threads at a time, each on one core."""
    if precision == "bf16":
        return _openvino(folder / GRAPH, workers)
    return _onnxruntime(folder / (INT8_GRAPH if precision == "int8" else GRAPH))


def _onnxruntime(graph: Path) -> Run:
    """One thread that never spins: with two on a busy machine the slowest answers take over a second."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])

    def run(ids: Ids, mask: Ids) -> Vectors:
        vectors: Vectors = session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
        return vectors

    return run


def _openvino(graph: Path, workers: int) -> Run:
    core: Any = import_module("openvino").Core()
    settings = {
        "INFERENCE_PRECISION_HINT": "bf16",
        "INFERENCE_NUM_THREADS": workers,
        "NUM_STREAMS": workers,
        "ENABLE_CPU_PINNING": False,  # else every process of this machine would compute on the same core
    }
    model, mine = core.compile_model(core.read_model(str(graph)), "CPU", settings), local()

    def run(ids: Ids, mask: Ids) -> Vectors:
        if not hasattr(mine, "request"):  # a request holds one batch, so each thread has its own
            mine.request = model.create_infer_request()
        found = mine.request.infer({"input_ids": ids, "attention_mask": mask})
        return np.array(found[0], np.float32)

    return run
