"""The demo shop, filled and trained once by the real command, and all processes under the real supervisor."""

import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest
from sqlalchemy import Engine

from db.session import make_engine
from tests.databases import fresh_database_url
from tests.support.mail import Postbox, postbox
from tests.support.processes import ROOT, end, environment, free_port, running, stayline, wait_until


@dataclass
class Shop:
    """A running Stayline."""

    url: str
    engine: Engine
    box: Postbox
    settings: dict[str, object]
    supervisor: psutil.Process
    log: Path


@pytest.fixture(scope="session")
def trained_home(tmp_path_factory: pytest.TempPathFactory, encoder_folder: Path) -> Path:
    """A data folder that `stayline demo` made: database, encoder, risk model and bot."""
    if not (ROOT / "bot" / ".venv" / "bin" / "rasa").is_file():
        pytest.skip("no bot/.venv here; make setup creates it")
    home = tmp_path_factory.mktemp("demo")
    (home / "encoder").symlink_to(encoder_folder)
    made = stayline("demo", home=home, timeout=900)
    assert made.returncode == 0, made.stderr
    return home


@contextmanager
def running_shop(settings: dict[str, object], url: str, box: Postbox, log: Path) -> Iterator[Shop]:
    """`stayline run` until the block ends; then Ctrl-C, after which nothing of it may live."""
    env = environment(**settings)
    with running([sys.executable, "-m", "app.cli", "run"], log, env, stop_with=signal.SIGINT) as process:
        supervisor = psutil.Process(process.pid)
        web = f"http://127.0.0.1:{settings['web_port']}"
        wait_until(lambda: is_ready(web), 90, "readiness", log)
        engine = make_engine(url)
        try:
            yield Shop(web, engine, box, settings, supervisor, log)
        finally:
            engine.dispose()
            family = supervisor.children(recursive=True)
            end(process, signal.SIGINT)
        left = [
            member for member in family if member.is_running() and member.status() != psutil.STATUS_ZOMBIE
        ]
        assert left == [], f"Ctrl-C left {left}"


def is_ready(web: str) -> bool:
    try:
        return httpx.get(f"{web}/health/ready", timeout=5, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def start_shop(
    request: pytest.FixtureRequest, trained_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Shop]]:
    """Starts the demo shop on a fresh database, and again on the same one each time it is called."""
    home = tmp_path_factory.mktemp(f"shop-{request.param}")
    for name in ("encoder", "model", "bot"):
        (home / name).symlink_to(trained_home / name)
    with ExitStack() as stack:
        url = stack.enter_context(fresh_database_url(request.param, home))
        if request.param == "sqlite":
            for name in ("stayline.db", "demo-seed"):  # the agents' passwords hang on the seed
                shutil.copy(trained_home / name, home / name)
        box = stack.enter_context(postbox())
        settings: dict[str, object] = {
            "home": home,
            "database_url": url,
            "smtp_url": f"smtp://127.0.0.1:{box.port}",
            "worker_tick_seconds": 0.5,
            **{name: free_port() for name in ("web_port", "bot_port", "actions_port")},
        }
        made = stayline("demo", timeout=600, **settings)
        assert made.returncode == 0, made.stderr
        current = ExitStack()

        def start() -> Shop:
            current.close()
            return current.enter_context(running_shop(settings, url, box, home / "run.log"))

        yield start
        current.close()
