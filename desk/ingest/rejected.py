"""The file of refused rows, beside the file they came from, so that they can be mended and ingested again."""

import json
import os
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import TracebackType
from typing import IO, Self

from desk.ingest.reads import Bad


class RejectedFile:
    """Collects bad rows and appears whole at the end of the block, replacing an older one.

    A block that raises leaves nothing; one without bad rows removes the older one. `path` is None until then.
    """

    def __init__(self, source: Path) -> None:
        writable = os.access(source.absolute().parent, os.W_OK)
        folder = source.parent if writable else Path.cwd()
        self._target = folder / f"{source.name}.rejected.jsonl"
        self._file: IO[str] | None = None
        self.count = 0
        self.path: Path | None = None

    def add(self, bad: Bad) -> None:
        if self._file is None:
            self._file = self._open()
        self.count += 1
        row = {"line": bad.line, "reason": bad.reason, "row": bad.row}
        self._file.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is None:
            if error is None:
                self._target.unlink(missing_ok=True)
            return
        self._file.close()
        if error is not None:
            Path(self._file.name).unlink()
            return
        Path(self._file.name).replace(self._target)
        self.path = self._target

    def _open(self) -> IO[str]:
        """Beside the target, so that the last move is atomic. A lone surrogate becomes JSON's own escape."""
        return NamedTemporaryFile(
            "w",
            encoding="utf-8",
            errors="backslashreplace",
            dir=self._target.parent,
            prefix=f".{self._target.name}.",
            delete=False,
        )
