"""What a command of the product takes, called as an operator calls it."""

import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.support.processes import ROOT, environment

LOOK_EVERY_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Cost:
    seconds: float
    cpu_seconds: float  # of all processes together, which a busy machine hardly changes
    gib: float  # at most, of all processes together


def cost_of(home: Path, *arguments: str) -> Cost:
    """What `stayline` with these arguments takes."""
    command, env = (
        [sys.executable, "-m", "app.cli", *arguments],
        environment(home=home) | {"PYTHONPATH": str(ROOT)},
    )
    began, used, most = time.perf_counter(), _cpu_of_children(), 0
    with subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            most = max(most, _memory(psutil.Process(process.pid)))
            time.sleep(LOOK_EVERY_SECONDS)
    if process.returncode:
        sys.exit(f"bench: expected `stayline {arguments[0]}` to end with 0, got {process.returncode}")
    return Cost(time.perf_counter() - began, _cpu_of_children() - used, most / 2**30)


def _cpu_of_children() -> float:
    """Seconds of all that ended, their own children with them."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _memory(process: psutil.Process) -> int:
    """Bytes that it and its children have for themselves; what they share counts once each."""
    total = 0
    for one in (process, *process.children(recursive=True)):
        try:
            total += one.memory_info().rss
        except psutil.NoSuchProcess:  # ended meanwhile
            continue
    return total
