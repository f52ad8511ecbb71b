"""Data and model: ingest, train, score."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine

from app.season import Season
from app.settings import Settings
from app.terminal import BAD_USAGE, PART_FAILED, fail, moment, progress, read_settings
from db.migrate import upgrade
from db.session import make_engine
from desk.ingest import Format, Kind, Summary, ingest_file
from risk_model.manifest import Manifest, NetworkKind, runs_of

AsOf = Annotated[
    str | None,
    typer.Option("--as-of", help="A date (its 00:00 UTC) or ISO time; only rows at or before count."),
]


class ScoringEngine(StrEnum):
    local = "local"
    ray = "ray"


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
    network: Annotated[
        NetworkKind, typer.Option(help="Ours (fusion), or a simpler one by itself, to compare.")
    ] = "fusion",
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
            engine,
            encoder,
            until,
            horizon_days,
            folder,
            needs_consent=needs_consent,
            progress=report,
            network=network,
        )
    typer.echo(f"model {manifest.version} written to {folder}")
    for line in describe(manifest):
        typer.echo(f"  {line}")
    typer.echo(f"  how its losses went: tensorboard --logdir {runs_of(folder)}")


def score(
    as_of: AsOf = None,
    customer: Annotated[str | None, typer.Option(help="Only this customer_key.")] = None,
    engine: Annotated[
        ScoringEngine, typer.Option(help="local: all cores of this machine; ray: a Ray cluster.")
    ] = ScoringEngine.local,
    out: Annotated[Path, typer.Option(help="Where to write: .csv or .parquet")] = Path("scores.csv"),
) -> None:
    """Write everyone's risk as of a moment, with range, reliability and reasons."""
    from app.scores import scores_of_all, scores_of_one
    from desk.score_files import write_scores

    until, settings = moment(as_of), read_settings()
    if out.suffix not in {".csv", ".parquet"}:
        fail(f"--out: expected a name that ends in .csv or .parquet, got {out}", BAD_USAGE)
    database = open_database(settings)
    with progress() as report:
        if customer is None:
            frames = scores_of_all(settings, database, until, report, on_cluster=engine is ScoringEngine.ray)
        else:
            frames = scores_of_one(settings, database, until, customer)
        written = write_scores(frames, out)
    typer.echo(f"{written} customers scored as of {until:%Y-%m-%d %H:%M} UTC, written to {out}")


def open_database(settings: Settings) -> Engine:
    """The database with the newest tables; an embedded one is made where there is none."""
    if not settings.database_url:
        settings.data_folder.mkdir(parents=True, exist_ok=True)
    engine = make_engine(settings.database)
    upgrade(engine)
    return engine


def describe(manifest: Manifest) -> list[str]:
    """The out-of-time check, and what was chosen by it, in a few lines for a person."""
    metrics = manifest.metrics
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
        "the model reads text" if manifest.uses_text else "text added nothing: the model goes by behaviour",
        _how_it_scores(manifest),
        *_season(manifest),
    ]


def _how_it_scores(manifest: Manifest) -> str:
    name = manifest.serves
    share, method = manifest.network_share[name], manifest.calibration[name]["method"]
    few = (
        f"few customers ({manifest.metrics['customers']}), chosen on a later slice: "
        if manifest.few_customers
        else ""
    )
    network = f"{share:.0%} neural network ({manifest.network})"
    return f"{few}{network}, {1 - share:.0%} logistic regressions; calibration: {method}"


def _season(manifest: Manifest) -> list[str]:
    """When in the year to come leaving is expected to be least and most likely, where that differs clearly."""
    if (season := Season.of(manifest)) is None:
        return []
    ends = {"lowest": season.lowest, "highest": season.highest}
    told = ", ".join(f"{word} {week.times} around {week.starts:%Y-%m-%d}" for word, week in ends.items())
    return [f"a season is expected: the odds of leaving are {season.first.times} of the usual now, {told}"]


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
