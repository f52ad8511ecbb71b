"""How many follow-ups a second four workers send to a local mail server, on both databases, beside the goal.

STAYLINE_BENCH_POSTGRES_URL names a server where a scratch database may be made; without it only SQLite is measured.
"""

import getpass
import os
import sys
import tempfile
from pathlib import Path

from app.drill import drill, scratch_database

ROWS, WORKERS, GOAL = 3000, 4, 200
POSTGRES = os.environ.get(
    "STAYLINE_BENCH_POSTGRES_URL", f"postgresql+psycopg://{getpass.getuser()}@127.0.0.1:5432/test"
)


def measure(server: str) -> float:
    """Follow-ups a second, from the moment they are due to the last one's end."""
    with tempfile.TemporaryDirectory() as folder, scratch_database(server, Path(folder)) as url:
        found, _, seconds = drill(url, Path(folder), ROWS, WORKERS, 0, 0, lambda *_: None)
    if not found.clean or found.sent != ROWS:
        sys.exit(f"bench: expected {ROWS} sent, none lost, none doubled; got {found}")
    return ROWS / seconds


if __name__ == "__main__":
    print(f"{ROWS} follow-ups, {WORKERS} workers, {os.cpu_count()} cores, local SMTP")
    for name, server, goal in (("SQLite", "", ""), ("PostgreSQL", POSTGRES, f"   goal: {GOAL}")):
        print(f"  {name:<11} {measure(server):6.0f} follow-ups/s{goal}", flush=True)
