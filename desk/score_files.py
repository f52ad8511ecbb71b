"""Scores as a file, CSV or Parquet: written part by part, so that memory holds one part, and whole or not at all."""

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from risk_model.hazards import USUAL_ENDS
from risk_model.risk import Risk
from risk_model.words import in_words

SCHEMA = {
    "customer_key": pl.String,
    "risk": pl.Float64,
    "risk_low": pl.Float64,
    "risk_high": pl.Float64,
    "reliability": pl.String,
    "reasons": pl.String,
    **{f"risk_{days}": pl.Float64 for days in USUAL_ENDS},
}
SHOWN_REASONS = 3
AT_ONCE = 1_024  # risks in one frame


def frames_of(risks: Iterable[Risk], language: str = "en") -> Iterator[pl.DataFrame]:
    """The risks as rows of `SCHEMA`, some at a time."""
    rows = (_row(risk, language) for risk in risks)
    while some := list(islice(rows, AT_ONCE)):
        yield pl.DataFrame(some, schema=SCHEMA, orient="row")


def no_scores() -> pl.DataFrame:
    return pl.DataFrame(schema=SCHEMA)


def write_scores(frames: Iterable[pl.DataFrame], path: Path) -> int:
    """Write frames of `SCHEMA` one below the other; returns how many rows."""
    fresh = path.with_name(f".{path.name}.part")
    try:
        written = (_write_parquet if path.suffix == ".parquet" else _write_csv)(frames, fresh)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    return written


def _write_csv(frames: Iterable[pl.DataFrame], path: Path) -> int:
    written = 0
    with path.open("wb") as file:
        for frame in chain([no_scores()], frames):
            frame.write_csv(file, include_header=file.tell() == 0)
            written += len(frame)
    return written


def _write_parquet(frames: Iterable[pl.DataFrame], path: Path) -> int:
    written = 0
    with TemporaryDirectory(dir=path.parent, prefix=".scores-") as folder:
        parts = []
        for number, frame in enumerate(chain([no_scores()], frames)):
            parts.append(Path(folder) / f"{number:08d}.parquet")
            frame.write_parquet(parts[-1])
            written += len(frame)
        pl.scan_parquet(parts).sink_parquet(path)
    return written


def _row(risk: Risk, language: str) -> tuple[object, ...]:
    reasons = "; ".join(in_words(reason.as_dict(), language) for reason in risk.reasons[:SHOWN_REASONS])
    numbers = _rounded(risk.probability, risk.low, risk.high)
    text = reasons or ("" if risk.probability is not None else risk.reliability_reason)
    within = _rounded(*(risk.risk_of(days) for days in USUAL_ENDS))
    return (risk.customer_key, *numbers, str(risk.reliability), text, *within)


def _rounded(*numbers: float | None) -> tuple[float | None, ...]:
    return tuple(None if number is None else round(number, 6) for number in numbers)
