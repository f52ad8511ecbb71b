"""`stayline train` as an operator calls it, on a shop with twenty events a customer and known vectors: time and memory.
STAYLINE_BENCH_LEARNED=100000 sets it beside its goal, which a smaller shop says nothing of: time does not grow in
proportion.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from scripts.bench.big_shop import new_shop
from scripts.bench.costs import cost_of
from scripts.bench.figures import Figure, Report
from scripts.bench.shop import scratch_home

LARGE, GOAL_MINUTES = 100_000, 15.0
SIZE = int(os.environ.get("STAYLINE_BENCH_LEARNED", "10000"))


def measure(report: Report) -> Iterator[Figure]:
    with scratch_home(report) as trained, tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "shop"
        new_shop(home, SIZE, trained, report)
        (home / "model").unlink()  # only a reference to that of the demo
        report("stayline train", 0, 0)
        cost = cost_of(home, "train")
    goal = 60 * GOAL_MINUTES if SIZE >= LARGE else None
    yield Figure(f"stayline train, a shop of {SIZE:,}", cost.seconds, "seconds", at_most=goal)
    yield Figure("  memory", cost.gib, "GiB")
