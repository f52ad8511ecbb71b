"""`stayline score` as an operator calls it, on shops with twenty events a customer and known vectors: time, memory, and
whether a growing shop keeps both. STAYLINE_BENCH_CUSTOMERS=1000000 measures the goal itself instead of its estimate.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from scripts.bench.big_shop import new_shop
from scripts.bench.costs import Cost, cost_of
from scripts.bench.figures import Figure, Report
from scripts.bench.shop import scratch_home

SMALL, LARGE = 5_000, int(os.environ.get("STAYLINE_BENCH_CUSTOMERS", "25000"))
MILLION, GOAL_MINUTES, GOAL_GIB = 1_000_000, 10.0, 6.0
MEMORY_GROWTH_GOAL = 1.25


def measure(report: Report) -> Iterator[Figure]:
    with scratch_home(report) as trained, tempfile.TemporaryDirectory() as folder:
        small, large = (_cost(Path(folder) / str(size), size, trained, report) for size in (SMALL, LARGE))
    cores = os.cpu_count() or 1
    each = (large.cpu_seconds - small.cpu_seconds) / (LARGE - SMALL)  # without what starting costs
    yield Figure(f"stayline score, a shop of {LARGE:,}", large.seconds, "seconds")
    yield Figure("  of which a customer", 1000 * each, "ms CPU")
    minutes = (large.cpu_seconds + each * (MILLION - LARGE)) / cores / 60
    yield Figure(f"a million customers, {cores} free cores", minutes, "minutes", at_most=GOAL_MINUTES)
    yield Figure(f"memory, in a shop of {LARGE:,}", large.gib, "GiB", at_most=GOAL_GIB)
    what = f"memory in that shop, to one of {SMALL:,}"
    yield Figure(what, large.gib / small.gib, "times", at_most=MEMORY_GROWTH_GOAL)


def _cost(home: Path, size: int, trained: Path, report: Report) -> Cost:
    new_shop(home, size, trained, report)
    report("stayline score", 0, 0)
    return cost_of(home, "score", "--out", str(home / "scores.csv"))
