"""What the command line shows: progress on a terminal, silence in a pipe, one clear line for a mistake."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time
from typing import NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from app.settings import Settings
from risk_model.progress import Progress as Report

PART_FAILED = 1
BAD_USAGE = 2
errors = Console(stderr=True, highlight=False)


@contextmanager
def progress() -> Iterator[Report]:
    """A function `(step, done, total)` that draws a bar for each step where a person watches, and nothing in a pipe."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=errors, disable=not sys.stderr.isatty(), transient=True) as bars:
        tasks = {}

        def report(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step, total=total or None)
            bars.update(tasks[step], completed=done, total=total or None)

        yield report


def read_settings() -> Settings:
    """The settings, or one line on what is wrong with them and exit code 2."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "_".join(["STAYLINE", *(str(part).upper() for part in first["loc"])])
        sentence = first["msg"].removeprefix("Value error, ")
        fail(f"settings: {sentence}" if not first["loc"] else f"settings: {name}: {sentence}", BAD_USAGE)


def fail(sentence: str, code: int) -> NoReturn:
    """One line on stderr, then the end."""
    typer.echo(f"stayline: {sentence}", err=True)
    raise typer.Exit(code)


def moment(text: str | None) -> datetime:
    """A date (that day's 00:00 UTC) or an ISO 8601 time (UTC where it names no zone); nothing means now."""
    if text is None:
        return datetime.now(UTC)
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"expected a date such as 2011-09-09 or an ISO 8601 time, got {text!r}"
        ) from None
    if parsed.time() == time(0) and parsed.tzinfo is None:
        return datetime.combine(parsed.date(), time(0), UTC)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
