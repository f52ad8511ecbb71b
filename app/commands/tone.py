"""`stayline tone`: texts in, one JSON line a text out."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from app.settings import Settings
from app.terminal import PART_FAILED, fail, progress, read_settings
from desk.ingest.errors import UnknownFile
from desk.ingest.reads import Bad, Budget, Raw
from desk.ingest.streams import Line, open_stream, read_lines
from desk.ingest.text_tables import read_jsonl
from risk_model.encoder import Encoder
from risk_model.errors import ToneRefused
from risk_model.tone.network import ENCODER, read_tone
from risk_model.tone.sentences import LABELS

STDIN = Path("-")
READ_TOGETHER = 64
SHOWN = 80
BUDGET = Budget()


def tone(
    file: Annotated[Path, typer.Argument(help='One text a line, or JSON lines with a "text"; - is stdin.')],
) -> None:
    """How probable it is that each text's writer is dissatisfied, means to leave, is pleased: JSON lines."""
    refused: list[Bad] = []
    with _opened(file) as stream:
        encoder = _encoder(read_settings())
        texts = _texts(file, stream, refused)
        while part := list(islice(texts, READ_TOGETHER)):
            _write(part, encoder)
    if refused:
        first = f"line {refused[0].line}: {refused[0].reason}"
        told = first if len(refused) == 1 else f"{len(refused)} lines left out, the first is {first}"
        fail(f"{file}: {told}", PART_FAILED)


def _encoder(settings: Settings) -> Encoder:
    from app.encoder import open_encoder  # brings torch where the encoder has to be built first

    if settings.encoder != ENCODER:
        reason = f"it reads with the encoder {ENCODER}, and STAYLINE_ENCODER is {settings.encoder}"
        raise ToneRefused("risk_model/tone", reason, f"set STAYLINE_ENCODER={ENCODER}")
    with progress() as report:
        return open_encoder(settings, report)


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    if file == STDIN:
        yield sys.stdin.buffer
    elif not file.is_file():
        raise UnknownFile(file)
    else:
        with open_stream(file, BUDGET) as stream:
            yield stream


def _texts(file: Path, stream: BinaryIO, refused: list[Bad]) -> Iterator[str]:
    """Every text in order; blank lines are nothing, and a line that holds no text goes to `refused`."""
    for found in _lines(file, stream):
        if isinstance(found, Bad):
            refused.append(found)
        else:
            yield found


def _lines(file: Path, stream: BinaryIO) -> Iterator[str | Bad]:
    """JSON lines by the file's name or by how the first line begins, else the lines as they are."""
    lines = (line for line in read_lines(file, stream, BUDGET) if isinstance(line, Bad) or line.text.strip())
    first = next(lines, None)
    if first is None:
        return
    everything = chain([first], lines)
    begins_as_json = isinstance(first, Line) and first.text.lstrip().startswith("{")
    if file.suffix in {".jsonl", ".ndjson"} or begins_as_json:
        yield from (
            _text_of(read) if isinstance(read, Raw) else read
            for read in read_jsonl(everything, BUDGET)
            if isinstance(read, Raw | Bad)
        )
    else:
        yield from (line if isinstance(line, Bad) else line.text for line in everything)


def _text_of(raw: Raw) -> str | Bad:
    text = raw.row.get("text")
    if isinstance(text, str) and text.strip():
        return text
    shown = json.dumps(raw.row, ensure_ascii=False)[:SHOWN]
    return Bad(raw.line, f'expected a JSON object with a "text" that is not empty, got {shown}', raw.row)


def _write(texts: list[str], encoder: Encoder) -> None:
    """UTF-8 whatever the terminal says; half a character becomes JSON's own escape of it."""
    for text, probabilities in zip(texts, read_tone(texts, encoder.encode), strict=True):
        told = {"text": text} | {
            label: round(float(value), 4) for label, value in zip(LABELS, probabilities, strict=True)
        }
        line = json.dumps(told, ensure_ascii=False) + "\n"
        sys.stdout.buffer.write(line.encode("utf-8", "backslashreplace"))
    sys.stdout.buffer.flush()
