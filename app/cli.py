"""`stayline`, the command line. Exit code 0 only when all went well, 1 when part failed, 2 for bad usage."""

import logging
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # one intra-op thread per process, before any library reads it
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import sys

import typer
from sqlalchemy.exc import OperationalError

from app.commands import data, demo, doctor, evaluation, follow_ups, outbox, privacy, processes, tone
from app.terminal import BAD_USAGE, PART_FAILED
from desk.errors import DeskError
from desk.ingest.errors import IngestError
from risk_model.errors import RiskModelError

app = typer.Typer(
    help="Customer service that notices who is about to leave.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (
    data.ingest,
    data.train,
    data.score,
    evaluation.evaluate,
    evaluation.benchmark,
    demo.demo,
    processes.run,
    processes.web,
    processes.bot,
    processes.actions,
    processes.worker,
    processes.fakes,
    follow_ups.why,
    tone.tone,
    privacy.export,
    privacy.erase,
    doctor.doctor,
):
    app.command()(command)
app.add_typer(follow_ups.app, name="follow-ups")
app.add_typer(outbox.outbox, name="outbox")
app.add_typer(outbox.drill, name="drill")


def main() -> None:
    """Run a command; what a person can mend is one line on stderr, never a traceback."""
    logging.getLogger().addHandler(logging.NullHandler())  # a command says itself what matters; processes log
    try:
        app()
    except (DeskError, RiskModelError) as error:
        typer.echo(f"stayline: {error}", err=True)
        sys.exit(BAD_USAGE if isinstance(error, IngestError) else PART_FAILED)
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        typer.echo(
            f"stayline: the database did not answer ({reason}); is STAYLINE_DATABASE_URL right?", err=True
        )
        sys.exit(PART_FAILED)


if __name__ == "__main__":
    main()
