"""The outbox by hand: list, show, redrive, cancel; and the drill, which kills workers and counts what was lost."""

import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sqlmodel import Session

from app.commands.data import open_database
from app.terminal import BAD_USAGE, PART_FAILED, fail, progress, read_settings
from db import tables
from db.session import unit_of_work
from desk import outbox as rows_of

outbox = typer.Typer(help="Follow-ups as rows: what waits, what became of each.", no_args_is_help=True)
drill = typer.Typer(help="Break things on purpose, on a scratch database.", no_args_is_help=True)
STATES = ("pending", "leased", "sending", "sent", "failed", "uncertain", "dead", "cancelled", "expired")
BY_HAND = "by the operator"
RowId = Annotated[
    int, typer.Argument(metavar="ID", help="The follow-up's id, as `stayline outbox list` shows it.")
]


@outbox.command("list")
def list_rows(
    status: Annotated[str | None, typer.Option(help=f"Only one of: {', '.join(STATES)}.")] = None,
    customer: Annotated[str | None, typer.Option(help="Only this customer_key.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = 200,
) -> None:
    """Follow-ups, the newest first: a table on a terminal, tab-separated lines in a pipe."""
    if status is not None and status not in STATES:
        fail(f"--status: expected one of {', '.join(STATES)}, got {status}", BAD_USAGE)
    with _session() as session:
        found = rows_of.listed(session, status=status, customer_key=customer, limit=limit)
    heads = ("id", "status", "customer", "rule", "channel", "due", "tries", "reason")
    _show(heads, [_cells(row, key) for row, key in found])


@outbox.command("show")
def show_row(row_id: RowId) -> None:
    """One follow-up with every answer kept about it."""
    with _session() as session:
        row = _found(session.get(tables.FollowUp, row_id), row_id)
        key = session.get_one(tables.Customer, row.customer_id).customer_key
        kept = rows_of.answers(session, row_id)
    facts = [
        ("status", f"{row.status}: {row.status_reason or '-'}"),
        ("customer", key),
        ("rule, channel", f"{row.rule}, {row.channel}"),
        ("key", row.idempotency_key),
        ("due", _moment(row.due_at)),
        ("useful until", _moment(row.not_after)),
        ("attempts", str(row.attempts)),
        ("sent", f"{_moment(row.sent_at)} {row.provider_id or ''}".strip()),
    ]
    _show(("", "follow-up " + str(row_id)), facts)
    _show(
        ("when", "answer", "until", "reason"),
        [(_moment(one.time), one.answer, _moment(one.until), one.reason) for one in kept],
    )


@outbox.command("redrive")
def redrive(
    row_id: Annotated[
        int | None, typer.Argument(metavar="ID", help="A failed, uncertain or dead one.")
    ] = None,
    dead: Annotated[bool, typer.Option("--dead", help="Every dead one.")] = False,
) -> None:
    """Try again from the first attempt. What had become of it stays among its answers."""
    if (row_id is None) is not dead:
        fail("outbox redrive: expected either an ID or --dead", BAD_USAGE)
    with _session() as session:
        if row_id is None:
            ids = rows_of.ids_in(session, "dead")
        else:
            ids = [_found(session.get(tables.FollowUp, row_id), row_id).id]
        tried = rows_of.redrive(session, ids, f"tried again {BY_HAND}")
    typer.echo(f"{tried} of {len(ids)} pending again")
    if tried < len(ids):
        fail(
            f"{len(ids) - tried} left as they are: only what is {', '.join(rows_of.REDRIVEN)} and still useful "
            "can be tried again; see `stayline outbox show ID`",
            PART_FAILED,
        )


@outbox.command("cancel")
def cancel(row_id: RowId) -> None:
    """Cancel a pending follow-up."""
    with _session() as session:
        row = _found(session.get(tables.FollowUp, row_id), row_id)
        if not rows_of.cancel(session, row_id, f"cancelled {BY_HAND}"):
            fail(f"follow-up {row_id} is {row.status}; only a pending one can be cancelled", PART_FAILED)
    typer.echo(f"follow-up {row_id} cancelled")


@drill.command("outbox")
def drill_outbox(
    rows: Annotated[int, typer.Option(min=1, help="Follow-ups to send.")] = 1000,
    workers: Annotated[int, typer.Option(min=1, max=32, help="Workers at once.")] = 4,
    kills: Annotated[int, typer.Option(min=0, help="Workers killed by SIGKILL on the way.")] = 20,
    database_url: Annotated[
        str, typer.Option(help="A PostgreSQL server to make a scratch database on; else a SQLite file.")
    ] = "",
    seed: Annotated[
        int | None, typer.Option(help="Which worker dies when; as printed by an earlier drill.")
    ] = None,
) -> None:
    """Kill workers at random while they send, then count: none lost, none doubled, or exit code 1.

    A worker that dies between the mail server's yes and its own commit leaves an outcome that nobody can know. Such a
    mail is sent once more under the same Message-ID, so the server may hold two copies: they are counted as
    "repeated", and only where the outbox noted the unknown outcome. Any other second copy is "doubled".
    """
    from app.drill import drill as run_drill
    from app.drill import scratch_database

    seed = random.randrange(10_000) if seed is None else seed
    with tempfile.TemporaryDirectory(prefix="stayline-drill-") as name, progress() as report:
        folder = Path(name)
        with scratch_database(database_url, folder) as url:
            found, killed, seconds = run_drill(url, folder, rows, workers, kills, seed, report)
    facts = [
        ("rows", str(found.rows)),
        ("sent", str(found.sent)),
        ("kills", f"{killed} (seed {seed})"),
        ("unfinished", str(rows - found.ended)),
        (
            "repeated",
            f"{found.repeated} (a second copy under the same Message-ID: the worker died before it could commit the "
            "server's yes, so the outcome was unknown)",
        ),
        ("seconds", f"{seconds:.1f}"),
        ("lost", str(found.lost)),
        ("doubled", str(found.doubled)),
    ]
    _show(("outbox drill", f"{workers} workers"), facts)
    if not found.clean or found.ended < rows or killed < kills:
        fail(
            f"drill outbox: expected {kills} kills and nothing lost or doubled; states: {found.states}",
            PART_FAILED,
        )


@contextmanager
def _session() -> Iterator[Session]:
    """One transaction on the configured database, whose lines are closed at the end."""
    engine = open_database(read_settings())
    try:
        with unit_of_work(engine) as session:
            yield session
    finally:
        engine.dispose()


def _found(row: tables.FollowUp | None, row_id: int) -> tables.FollowUp:
    if row is None:
        fail(f"there is no follow-up {row_id}; `stayline outbox list` shows their ids", BAD_USAGE)
    return row


def _cells(row: tables.FollowUp, customer_key: str) -> tuple[str, ...]:
    what = (str(row.id), row.status, customer_key, row.rule, row.channel)
    return (*what, _moment(row.due_at), str(row.attempts), row.status_reason or "")


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else "-"


def _show(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    """A table where a person watches; in a pipe a line each, its cells apart by tabs."""
    if not sys.stdout.isatty():
        for cells in lines:
            typer.echo("\t".join(" ".join(cell.split()) for cell in cells))
        return
    table = Table(*heads, box=None, header_style="bold", pad_edge=False)
    for cells in lines:
        table.add_row(*(cell.replace("[", r"\[") for cell in cells))
    Console(highlight=False).print(table)
