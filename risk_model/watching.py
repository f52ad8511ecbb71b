"""How training goes, for whoever watches: a progress bar, and the losses of each epoch for TensorBoard."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from torch.utils.tensorboard import SummaryWriter

from risk_model.manifest import runs_of
from risk_model.progress import Progress


@dataclass(frozen=True, slots=True)
class Watch:
    """`model` is the folder that the model will be written to; the losses go beside it. Without one they go nowhere."""

    progress: Progress
    model: Path | None = None
    started: datetime = field(default_factory=datetime.now)

    @contextmanager
    def fitting(self, step: str, epochs: int) -> Iterator[Callable[[int, dict[str, float]], None]]:
        """What to call after each epoch of this step, with the losses by name."""
        writer = None if self.model is None else SummaryWriter(str(self._run(self.model, step)))

        def report(epoch: int, losses: dict[str, float]) -> None:
            self.progress(step, epoch, epochs)
            if writer is not None:
                for name, loss in losses.items():
                    writer.add_scalar(f"loss/{name}", loss, epoch)

        try:
            yield report
        finally:
            if writer is not None:
                writer.close()

    def _run(self, model: Path, step: str) -> Path:
        name = step.replace(": ", "-").replace(" ", "_")
        return runs_of(model) / f"{self.started:%Y%m%d-%H%M%S}" / name
