"""Data and model: ingest, train, score."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import Engine

from app.settings import Settings
from app.terminal import BAD_USAGE, PART_FAILED, fail, moment, progress, read_settings
from db.migrate import upgrade
from db.session import make_engine
from desk.ingest import Format, Kind, Summary, ingest_file

AsOf = Annotated[
    str | None,
    typer.Option("--as-of", help="A date (its 00:00 UTC) or ISO time; only rows at or before count."),
]


def ingest(
    kind: Annotated[Kind, typer.Argument(help="What the rows are.")],
    files: Annotated[list[Path], typer.Argument(help="CSV, JSON lines or Parquet, also gzipped.")],
    file_format: Annotated[Format, typer.Option("--format", help="How the files are written.")] = Format.auto,
    mapping: Annotated[
        str, typer.Option("--map", help="Your column names: canonical=theirs,canonical=theirs")
    ] = "",
) -> None:
    """Read a shop's files into the database. The same row twice is one; bad rows go to FILE.rejected.jsonl."""
    engine = open_database(read_settings())
    names, failed = _mapping(mapping), False
    for path in files:
        with progress() as report:
            summary = ingest_file(
                engine,
                kind,
                path,
                format=file_format,
                mapping=names,
                now=moment(None),
                progress=lambda done, total: report("reading", done, total or 0),
            )
        typer.echo(_line(path, kind, summary))
        failed = failed or summary.rejected > 0
    if failed:
        raise typer.Exit(PART_FAILED)


def train(
    as_of: AsOf = None,
    horizon_days: Annotated[
        int, typer.Option(min=1, max=1000, help="How far ahead leaving is predicted.")
    ] = 90,
    out: Annotated[
        Path | None, typer.Option(help="Where to write the model; else the configured model folder.")
    ] = None,
) -> None:
    """Learn who leaves, only from what was known at --as-of: every label window ends by then."""
    from app.encoder import open_encoder
    from desk.training import train_model

    until, settings = moment(as_of), read_settings()
    engine = open_database(settings)
    folder = out or settings.models
    needs_consent = settings.policy.profiling_needs_consent
    with progress() as report:
        encoder = open_encoder(settings, report)
        manifest = train_model(
            engine, encoder, until, horizon_days, folder, needs_consent=needs_consent, progress=report
        )
    typer.echo(f"model {manifest.version} written to {folder}")
    for line in describe(manifest.metrics, manifest.uses_text):
        typer.echo(f"  {line}")


def score(
    as_of: AsOf = None,
    customer: Annotated[str | None, typer.Option(help="Only this customer_key.")] = None,
    out: Annotated[Path, typer.Option(help="Where to write: .csv or .parquet")] = Path("scores.csv"),
) -> None:
    """Write everyone's risk as of a moment, with range, reliability and reasons."""
    from desk.scoring import score_all, score_one, write_scores
    from risk_model.loading import load_scorer
    from risk_model.scorer import NoModel

    until, settings = moment(as_of), read_settings()
    if out.suffix not in {".csv", ".parquet"}:
        fail(f"--out: expected a name that ends in .csv or .parquet, got {out}", BAD_USAGE)
    engine = open_database(settings)
    scorer = load_scorer(settings.models, settings.encoder_folder, workers=os.cpu_count() or 1)
    if isinstance(scorer, NoModel):
        fail(scorer.cause, PART_FAILED)
    with progress() as report:
        if customer is None:
            needs_consent = settings.policy.profiling_needs_consent
            risks = score_all(engine, scorer, until, needs_consent=needs_consent, progress=report)
        else:
            risks = score_one(engine, scorer, customer, until)
        written = write_scores(risks, out)
    typer.echo(f"{written} customers scored as of {until:%Y-%m-%d %H:%M} UTC, written to {out}")


def open_database(settings: Settings) -> Engine:
    """The database with the newest tables; an embedded one is made where there is none."""
    if not settings.database_url:
        settings.data_folder.mkdir(parents=True, exist_ok=True)
    engine = make_engine(settings.database)
    upgrade(engine)
    return engine


def describe(metrics: dict[str, Any], uses_text: bool) -> list[str]:
    """The out-of-time check in a few lines for a person."""
    lines = [f"{metrics['examples']} examples, {metrics['left_share']:.0%} of them left"]
    tried = {
        "with_text": "with text",
        "behaviour_only": "by behaviour alone",
        "recency_only": "by recency only",
    }
    figures = [f"{metrics[name]['auroc']:.3f} {words}" for name, words in tried.items() if name in metrics]
    if figures:
        lines.append(
            f"AUROC {', '.join(figures)} (tested on {metrics['test_examples']} customers at the newest cut-off, "
            "with a model that had not seen it)"
        )
    else:
        lines.append("too little history to test on a newer cut-off than it was trained on")
    return [
        *lines,
        "the model reads text" if uses_text else "text added nothing: the model goes by behaviour",
    ]


def _mapping(text: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    if any(not (name.strip() and sign and theirs.strip()) for name, sign, theirs in pairs):
        raise typer.BadParameter(f"--map: expected canonical=theirs,canonical=theirs, got {text!r}")
    return {name.strip(): theirs.strip() for name, _, theirs in pairs}


def _line(path: Path, kind: Kind, summary: Summary) -> str:
    parts = [f"{summary.read} rows read", f"{summary.new} {kind} new"]
    if merged := summary.kept - summary.new:
        parts.append(f"{merged} merged with others or known already")
    parts += [f"{count} skipped: {reason}" for reason, count in summary.skipped_reasons.items()]
    if summary.rejected:
        parts.append(f"{summary.rejected} rejected, see {summary.rejected_file}")
    return f"{path}: " + ", ".join(parts)
