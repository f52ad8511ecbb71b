"""Bytes and lines of a file, plain or gzip, within a budget: never more than one line in memory."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO

from desk.ingest.errors import BrokenFile, OverBudget, UnknownFormat
from desk.ingest.reads import Bad, Budget

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

GZIP_MAGIC = b"\x1f\x8b"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
BLOCK = 1 << 18
SHOWN_OF_A_LONG_LINE = 200


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its end."""

    number: int
    text: str
    size: int


@contextmanager
def open_stream(path: Path, budget: Budget) -> Iterator[BinaryIO]:
    """The file's bytes, unpacked when it is gzip by content."""
    with path.open("rb") as raw:
        if raw.peek(2)[:2] != GZIP_MAGIC:
            yield raw
            return
        with io.BufferedReader(_Unpacked(path, raw, budget), BLOCK) as unpacked:
            yield unpacked


def read_lines(path: Path, stream: BinaryIO, budget: Budget) -> Iterator[Line | Bad]:
    """Every line in order, blank ones too. One that is too long or not UTF-8 is a `Bad`; reading goes on."""
    number, limit = 0, budget.line_bytes
    while data := stream.readline(limit + 1):
        number += 1
        if number == 1:
            data = _without_mark(path, data)
        if len(data) > limit and not data.endswith(b"\n"):
            _drop_rest(stream)
            yield Bad(number, f"longer than {limit:,} bytes", _shown(data[:SHOWN_OF_A_LONG_LINE]))
            continue
        try:
            yield Line(number, data.decode("utf-8").rstrip("\r\n"), len(data))
        except UnicodeDecodeError as error:
            found = f"byte 0x{data[error.start]:02x} at {error.start + 1}"
            yield Bad(number, f"expected UTF-8 text, got {found}", _shown(data))


class _Unpacked(io.RawIOBase):
    """Gzip content that stops at the budget; damage is a `BrokenFile`."""

    def __init__(self, path: Path, packed: IO[bytes], budget: Budget) -> None:
        self._path, self._packed, self._budget = path, packed, budget
        self._gzip = gzip.GzipFile(fileobj=packed)
        self._unpacked = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        try:
            count = self._gzip.readinto(buffer)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise BrokenFile(self._path, f"its gzip data is cut off or damaged ({error})") from error
        self._unpacked += count
        self._check()
        return count

    def _check(self) -> None:
        budget = self._budget
        if self._unpacked > budget.unpacked_bytes:
            raise OverBudget(self._path, f"{budget.unpacked_bytes:,} bytes unpacked", "more")
        ratio = self._unpacked / max(self._packed.tell(), 1)
        if self._unpacked > budget.ratio_counts_after and ratio > budget.expansion_ratio:
            limit = f"{budget.expansion_ratio:g} bytes unpacked for each packed one"
            raise OverBudget(self._path, limit, f"{ratio:.0f}")


def _without_mark(path: Path, data: bytes) -> bytes:
    if data.startswith(UTF16_MARKS):
        raise UnknownFormat(path, "it is UTF-16 text, expected UTF-8")
    return data.removeprefix(b"\xef\xbb\xbf")


def _drop_rest(stream: BinaryIO) -> None:
    while (rest := stream.readline(BLOCK)) and not rest.endswith(b"\n"):
        pass


def _shown(data: bytes) -> str:
    return data.decode("utf-8", "replace").rstrip("\r\n")
