"""One way to score: the two halves of a network in ONNX Runtime, and what turns their answer into a probability."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from risk_model.calibration import Calibration
from risk_model.texts import LAST_TEXTS

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Way:
    """One way to score: the two halves of its network, what it learned about the average customer, and its
    calibration at the moment of scoring. One that looks at features alone has no reader.
    """

    reader: ort.InferenceSession | None
    judge: ort.InferenceSession
    average_course: Floats
    calibration: Calibration

    def looks_at(self, name: str) -> bool:
        return self.reader is not None and any(each.name == name for each in self.reader.get_inputs())

    def course_and_words(self, inputs: dict[str, Floats]) -> tuple[Floats, Floats]:
        """(B, C), and what was read in each text (B, LAST_TEXTS, W)."""
        customers = len(inputs["behaviour"])
        asked = {each.name: each.shape for each in self.judge.get_inputs()}
        words = np.zeros((customers, LAST_TEXTS, asked["words"][1] if "words" in asked else 0), np.float32)
        if self.reader is None:
            return np.zeros((customers, 0), np.float32), words
        read = _run(self.reader, inputs)
        return (read[0], read[1]) if len(read) > 1 else (read[0], words)

    def judged(self, inputs: dict[str, Floats]) -> tuple[Floats, Floats]:
        """Log-odds (B, MEMBERS), and the shares of the cumulative hazard (B, K)."""
        logits, shares = _run(self.judge, inputs)
        return logits, shares


def session(path: Path) -> ort.InferenceSession:
    """One intra-op thread."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _run(session: ort.InferenceSession, inputs: dict[str, Floats]) -> list[Floats]:
    """Its outputs, from those of the inputs that it looks at."""
    outputs: list[Floats] = session.run(None, {each.name: inputs[each.name] for each in session.get_inputs()})
    return outputs
