"""The demo shop, filled and trained once by the real command, and all processes under the real supervisor."""

import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import httpx
import psutil
import pytest
from filelock import FileLock
from sqlalchemy import Engine

from db.session import make_engine
from tests.bot.rasa_process import RASA, trained_bot
from tests.databases import fresh_database_url
from tests.support.mail import Postbox, postbox
from tests.support.processes import KEPT, ROOT, end, environment, free_port, running, stayline, wait_until

CODE = ("app", "db", "desk", "risk_model")
START_SECONDS = 240  # 20 on two idle cores


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
def trained_home(encoder_folder: Path) -> Path:
    """A data folder that `stayline demo` made: database, encoder and risk model, with the bot that all tests share.

    Made once for every process of a run, and kept for the runs of this day until the code is another.
    """
    if not RASA.is_file():
        pytest.skip("no bot/.venv here; make setup creates it")
    home, bot = KEPT / "demo", trained_bot(encoder_folder).parent
    stamp, print_of = home / "made-from", _made_from(bot)
    with FileLock(KEPT / "demo.lock"):
        if not stamp.is_file() or stamp.read_text() != print_of:
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir()
            (home / "encoder").symlink_to(encoder_folder)
            shutil.copytree(bot, home / "bot")
            made = stayline("demo", home=home, timeout=900)
            assert made.returncode == 0, made.stderr
            stamp.write_text(print_of)
    return home


def _made_from(bot: Path) -> str:
    """A hash of all that `stayline demo` makes its folder from; the day too, since its customers' lives end today."""
    code = [path for name in CODE for path in (ROOT / name).rglob("*") if "__pycache__" not in path.parts]
    digest = sha256(datetime.now(UTC).date().isoformat().encode())
    for path in (*sorted(filter(Path.is_file, code)), ROOT / "requirements.lock", bot / "trained-from"):
        digest.update(str(path).encode() + path.read_bytes())
    return digest.hexdigest()


@contextmanager
def running_shop(settings: dict[str, object], url: str, box: Postbox, log: Path) -> Iterator[Shop]:
    """`stayline run` until the block ends; then Ctrl-C, after which nothing of it may live."""
    env = environment(**settings)
    with running([sys.executable, "-m", "app.cli", "run"], log, env, stop_with=signal.SIGINT) as process:
        supervisor = psutil.Process(process.pid)
        web = f"http://127.0.0.1:{settings['web_port']}"
        wait_until(lambda: is_ready(web), START_SECONDS, "readiness", log)
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
    with shop_in(home, request.param, trained_home) as start:
        yield start


@contextmanager
def shop_in(
    home: Path, dialect: str, trained_home: Path, **more_settings: object
) -> Iterator[Callable[[], Shop]]:
    """Gives what starts the shop whose data lie in this folder, and in a database of its own."""
    for name in ("encoder", "model", "bot"):
        (home / name).symlink_to(trained_home / name)
    with ExitStack() as stack:
        url = stack.enter_context(fresh_database_url(dialect, home))
        if dialect == "sqlite":
            for name in ("stayline.db", "demo-seed"):  # the agents' passwords hang on the seed
                shutil.copy(trained_home / name, home / name)
        box = stack.enter_context(postbox())
        settings: dict[str, object] = {
            "home": home,
            "database_url": url,
            "smtp_url": f"smtp://127.0.0.1:{box.port}",
            "worker_tick_seconds": 0.5,
            **{name: free_port() for name in ("web_port", "bot_port", "actions_port")},
            **more_settings,
        }
        made = stayline("demo", timeout=600, **settings)
        assert made.returncode == 0, made.stderr
        current = ExitStack()

        def start() -> Shop:
            current.close()
            return current.enter_context(running_shop(settings, url, box, home / "run.log"))

        yield start
        current.close()
