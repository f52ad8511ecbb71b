"""How good the model is: on the shop's own past, and on public sets beside every baseline."""

import importlib.util
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.benchmark_sets import HORIZON_DAYS, MUSICAL_INSTRUMENTS, SETS, RealSet, find_file, ingested
from app.commands.data import AsOf, open_database
from app.encoder import open_encoder
from app.settings import Settings
from app.terminal import BAD_USAGE, PART_FAILED, fail, moment, progress, read_settings
from db.session import unit_of_work
from desk.embeddings import CachedEncoder
from risk_model.progress import Progress
from risk_model.texts import TextEncoder

if TYPE_CHECKING:  # what evaluates brings torch, and a command is also imported to show its help
    from risk_model.evaluation.evaluate import Shop
    from risk_model.evaluation.report import Report
    from risk_model.evaluation.season import SeasonCase

PACKAGES = ("altair", "lightgbm", "vl_convert")
Out = Annotated[Path, typer.Option(help="Folder for report.json and report.html.")]


def evaluate(
    as_of: AsOf = None,
    horizon_days: Annotated[
        int, typer.Option(min=1, max=1000, help="How far ahead leaving is predicted.")
    ] = 90,
    out: Out = Path("evaluation"),
) -> None:
    """How well the model tells who leaves this shop, beside every baseline, at moments whose future is known."""
    until, settings = moment(as_of), read_settings()
    _check(out)
    from desk.evaluation import shop_of
    from risk_model.evaluation.cases import Question
    from risk_model.evaluation.evaluate import evaluate as evaluate_shop

    engine = open_database(settings)
    with progress() as report:
        shop = shop_of(
            engine,
            open_encoder(settings, report),
            settings.shop_name,
            until,
            Question(timedelta(days=horizon_days)),
            needs_consent=settings.policy.profiling_needs_consent,
            progress=report,
        )
        found = evaluate_shop(shop, progress=report)
    _publish([found], out)


def benchmark(
    name: Annotated[str | None, typer.Argument(help=f"Only this set: {', '.join(SETS)}")] = None,
    data: Annotated[Path, typer.Option(help="Folder of the public sets.")] = Path("../shared/data"),
    out: Out = Path("benchmark"),
) -> None:
    """Ours beside every baseline on public sets of real customers, with the goals."""
    settings = read_settings()
    _check(out)
    if name is not None and name not in SETS:
        fail(f"benchmark: expected one of {', '.join(SETS)}, got {name!r}", BAD_USAGE)
    asked = [SETS[name]] if name else list(SETS.values())
    files = {real: file for real in asked if (file := find_file(real, data))}
    if not files:
        wanted = ", ".join(real.file for real in asked)
        fail(f"benchmark: expected {wanted} in {data}, found none; name their folder with --data", BAD_USAGE)
    from risk_model.evaluation.evaluate import SEED
    from risk_model.evaluation.season import season_case

    with progress() as report:
        found = _evaluate_sets(files, data, settings, report)
        season = None if name else season_case(SEED, report)
    _publish(found, out, season)
    missing = [real.file for real in asked if real not in files]
    if missing:
        fail(f"benchmark: {', '.join(missing)} not found in {data} and left out", PART_FAILED)


def _evaluate_sets(
    files: dict[RealSet, Path], data: Path, settings: Settings, report: Progress
) -> "list[Report]":
    from risk_model.evaluation.evaluate import evaluate as evaluate_shop

    return [evaluate_shop(shop, progress=report) for shop in _shops(files, data, settings, report)]


def _shops(files: dict[RealSet, Path], data: Path, settings: Settings, report: Progress) -> "list[Shop]":
    """Each set as a shop. Sets without words get their planted tone from the reviews of the one that has them."""
    from desk.evaluation import shop_of, tones_of
    from risk_model.evaluation.cases import Question

    encoder: TextEncoder = open_encoder(settings, report)
    folder, now, tones = settings.data_folder / "benchmark", datetime.now(UTC), None
    if reviews := find_file(MUSICAL_INSTRUMENTS, data):
        engine = ingested(MUSICAL_INSTRUMENTS, reviews, folder, report)
        tones = tones_of(engine, now)
        encoder = CachedEncoder(encoder, lambda: unit_of_work(engine))  # each text is read once for all sets
    return [
        shop_of(
            ingested(real, file, folder, report),
            encoder,
            real.title,
            now,
            Question(timedelta(days=HORIZON_DAYS), real.at_least),
            needs_consent=False,
            progress=report,
            moments=real.moments,
            tones=tones,
        )
        for real, file in files.items()
    ]


def _check(out: Path) -> None:
    """Before the long work: can it be done, and can its result be written?"""
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        fail(
            f"expected the packages {', '.join(missing)}; install them with: pip install 'stayline[evaluate]'",
            PART_FAILED,
        )
    if out.exists() and not out.is_dir():
        fail(f"--out: expected a folder, got the file {out}", BAD_USAGE)


def _publish(reports: "Sequence[Report]", out: Path, season: "SeasonCase | None" = None) -> None:
    from app.report.files import write_report
    from app.report.table import show
    from risk_model.evaluation.evaluate import SEED
    from risk_model.evaluation.goals import goals
    from risk_model.evaluation.textbook import textbook_case

    counted = goals(reports, season)
    show(reports, counted, season)
    write_report(out, reports, textbook_case(SEED), season, counted, datetime.now(UTC))
    typer.echo(f"written to {out / 'report.html'} and {out / 'report.json'}")
