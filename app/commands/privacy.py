"""What a customer may ask for: all that is held of them, and its erasure."""

import json
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from app import personal_data
from app.commands.data import open_database
from app.terminal import BAD_USAGE, PART_FAILED, fail, read_settings

Key = Annotated[str, typer.Argument(metavar="KEY", help="The customer_key.")]


def export(
    key: Key,
    out: Annotated[
        Path | None, typer.Option(help="Write to this file, readable by you only; else shown.")
    ] = None,
) -> None:
    """Write all that is held of a customer as JSON: rows by table, the bot's memory, mails that a demo kept."""
    settings = read_settings()
    held = personal_data.everything(open_database(settings), settings, key)
    told = json.dumps(held, ensure_ascii=False, indent=2, default=str)
    if out is None:
        typer.echo(told)
        return
    out.touch(mode=0o600)
    out.write_text(told + "\n", "utf-8")
    rows = sum(len(some) for some in held.values())
    typer.echo(f"{rows} rows about {key} written to {out}")


def erase(
    key: Key,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    receipt: Annotated[Path | None, typer.Option(help="Also write the receipt to this file.")] = None,
) -> None:
    """Erase a customer everywhere, for good, and show a receipt. Rows about them up to now are not taken in again."""
    settings = read_settings()
    engine = open_database(settings)
    if not yes and not sys.stdin.isatty():
        fail("erase: expected --yes where nobody can be asked; nothing was erased", BAD_USAGE)
    if not yes and not typer.confirm(f"Erase all that is held of {key}? This cannot be undone.", err=True):
        fail("erase: nothing was erased", PART_FAILED)
    done = personal_data.erase(engine, settings, key, time.sleep)
    told = json.dumps(done.to_json(), ensure_ascii=False, indent=2)
    typer.echo(told)
    if receipt is not None:
        receipt.write_text(told + "\n", "utf-8")
    if not done.pages_wiped:
        fail(
            "erase: all rows are gone, but a database file was in use and not rewritten; stop Stayline and run "
            f"VACUUM on stayline.db and rasa.db in {settings.data_folder}",
            PART_FAILED,
        )
