"""The demo shop that the parts measure on: trained once and kept, and a scratch copy of it for each of them."""

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from sqlalchemy import Engine
from sqlmodel import col, select

from app.settings import Settings
from db import tables
from db.session import make_engine, read_only
from scripts.bench.figures import Report
from tests.support.processes import ROOT, answers, environment, free_port, running, stayline, wait_until

KEPT = ROOT / ".stayline-test" / "bench"
GIVEN = os.environ.get(
    "STAYLINE_BENCH_HOME"
)  # a data folder that `stayline demo` made, read and never written
TRAINED = ("encoder", "model", "bot")
PORTS = ("web_port", "bot_port", "actions_port", "smtp_port", "fakes_port")
START_SECONDS, NIGHT_SECONDS = 180, 600
NIGHTLY = ("rescore", "retain")
NAMES = {"web": "web", "actions.server": "actions", "rasa": "bot", "worker": "worker"}


@contextmanager
def scratch_home(report: Report) -> Iterator[Path]:
    """A copy of the trained demo shop: a database of its own, models by reference."""
    trained = Path(GIVEN).resolve() if GIVEN else _trained(report)
    with tempfile.TemporaryDirectory(prefix="stayline-bench-") as folder:
        home = Path(folder)
        for name in TRAINED:
            (home / name).symlink_to(trained / name)
        for name in ("stayline.db", "demo-seed"):
            shutil.copy(trained / name, home / name)
        yield home


def _trained(report: Report) -> Path:
    """The shop is filled anew, so that its customers are of today; what is slow to make is kept from the last time."""
    report("demo shop", 0, 0)
    KEPT.mkdir(parents=True, exist_ok=True)
    for old in KEPT.glob("*.db*"):
        old.unlink()
    made = stayline("demo", timeout=1800, home=KEPT)
    if made.returncode:
        sys.exit(made.stderr)
    return KEPT


@dataclass(frozen=True, slots=True)
class Shop:
    """Every process of Stayline, up and idle."""

    settings: Settings
    engine: Engine
    url: str
    supervisor: psutil.Process

    def cpu_seconds(self) -> dict[str, float]:
        """What each process has used so far."""
        used: dict[str, float] = {}
        for process in self.supervisor.children(recursive=True):
            times, words = process.cpu_times(), " ".join(process.cmdline()[1:4])
            name = next((name for word, name in NAMES.items() if word in words), "others")
            used[name] = used.get(name, 0) + times.user + times.system
        return used


@contextmanager
def running_shop(report: Report) -> Iterator[Shop]:
    """`stayline run` on a scratch copy, from when the night's work is done until the block ends."""
    with scratch_home(report) as home:
        settings = Settings(_env_file=None, home=home, **{name: free_port() for name in PORTS})
        env = environment(home=home, **{name: getattr(settings, name) for name in PORTS})
        command, log = [sys.executable, "-m", "app.cli", "run"], home / "run.log"
        with running(command, log, env | {"PYTHONPATH": str(ROOT)}, signal.SIGINT) as process:
            report("processes", 0, 0)
            wait_until(lambda: answers(f"{settings.web_url}/health/ready"), START_SECONDS, "readiness", log)
            wait_until(
                lambda: answers(f"http://127.0.0.1:{settings.bot_port}/"), START_SECONDS, "the bot", log
            )
            engine = make_engine(settings.database)
            report("the night's work", 0, 0)
            wait_until(lambda: _night_is_done(engine), NIGHT_SECONDS, "the end of the night's work", log)
            yield Shop(settings, engine, settings.web_url, psutil.Process(process.pid))
            engine.dispose()


def customers(engine: Engine, number: int) -> list[str]:
    """Keys of customers who have written before, the demo's Maya first."""
    wrote = select(tables.Review.customer_id)
    query = select(tables.Customer.customer_key).where(col(tables.Customer.id).in_(wrote))
    with read_only(engine) as session:
        keys = session.exec(query.order_by(col(tables.Customer.id))).all()
    return sorted(keys, key=lambda key: key != "demo-maya")[:number]


def _night_is_done(engine: Engine) -> bool:
    with read_only(engine) as session:
        works = session.exec(select(tables.Nightly)).all()
    return len(works) == len(NIGHTLY) and all(work.done_for and not work.lease_owner for work in works)
