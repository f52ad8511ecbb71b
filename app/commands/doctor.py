"""Is everything there that Stayline needs?"""

import typer

from app.doctor import State, examine
from app.terminal import PART_FAILED, read_settings

MARKS = {State.OK: "✓", State.NOTE: "·", State.MEND: "✗"}


def doctor() -> None:
    """Check versions, database, models, ports, secrets and mail; say how to mend what is not right."""
    to_mend = 0
    for finding in examine(read_settings()):
        to_mend += finding.state is State.MEND
        typer.echo(f"{MARKS[finding.state]} {finding.part + ':':<13}{finding.words}")
        if finding.mend:
            typer.echo(f"{'':15}→ {finding.mend}")
    if to_mend:
        typer.echo(f"{to_mend} to mend", err=True)
        raise typer.Exit(PART_FAILED)
