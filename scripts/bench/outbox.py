"""How many follow-ups a second four workers send to a local mail server, on both databases.

STAYLINE_BENCH_POSTGRES_URL names a server where a scratch database may be made.
"""

import getpass
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from app.drill import drill, scratch_database
from scripts.bench.figures import Figure, Report

ROWS, WORKERS, GOAL = 3000, 4, 200
POSTGRES = os.environ.get(
    "STAYLINE_BENCH_POSTGRES_URL", f"postgresql+psycopg://{getpass.getuser()}@127.0.0.1:5432/test"
)


def measure(report: Report) -> Iterator[Figure]:
    what = f"{ROWS} follow-ups, {WORKERS} workers"
    yield Figure(f"{what}, SQLite", _rate("", report), "a second")
    yield Figure(f"{what}, PostgreSQL", _rate(POSTGRES, report), "a second", at_least=GOAL)


def _rate(server: str, report: Report) -> float:
    """Follow-ups a second, from the moment they are due to the last one's end."""
    with tempfile.TemporaryDirectory() as folder, scratch_database(server, Path(folder)) as url:
        found, _, seconds = drill(url, Path(folder), ROWS, WORKERS, 0, 0, report)
    if not found.clean or found.sent != ROWS:
        sys.exit(f"bench: expected {ROWS} sent, none lost, none doubled; got {found}")
    return ROWS / seconds
