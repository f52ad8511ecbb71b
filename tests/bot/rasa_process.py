"""Trains and starts the bot in its own environment, for the tests that talk to it."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from filelock import FileLock

from app.bot_process import MODEL, train_bot
from app.settings import Settings
from tests.support.processes import KEPT
from tests.support.processes import free_port as free_port

ROOT = Path(__file__).parent.parent.parent
BOT = ROOT / "bot"
RASA = BOT / ".venv" / "bin" / "rasa"
CACHE = KEPT / "bot"
START_SECONDS = 90.0


class BotFailed(Exception):
    """Rasa did not do what it was started for."""

    def __init__(self, what: str, log: Path) -> None:
        super().__init__(f"Rasa {what}; its log {log} ends with:\n{tail(log)}")


@dataclass(frozen=True)
class BotSettings:
    """All that a running bot is told by its environment."""

    encoder: Path
    action_url: str
    tracker_url: str
    action_secret: str = "the secret of the actions"
    bot_secret: str = "the secret of the bot"

    def environment(self) -> dict[str, str]:
        return environment(self.encoder) | {
            "STAYLINE_ACTION_URL": self.action_url,
            "STAYLINE_ACTION_SECRET": self.action_secret,
            "STAYLINE_BOT_SECRET": self.bot_secret,
            "STAYLINE_TRACKER_URL": self.tracker_url,
        }


@dataclass(frozen=True)
class Bot:
    """A bot that answers."""

    url: str
    secret: str
    log: Path

    def say(self, sender: str, text: str, message_id: str = "message 1") -> httpx.Response:
        return self.post(
            {"sender": sender, "message": text, "metadata": {"message_id": message_id}},
            self.secret,
        )

    def post(self, body: object, secret: str | None) -> httpx.Response:
        headers = {} if secret is None else {"X-Stayline-Secret": secret}
        return httpx.post(f"{self.url}/webhooks/rest/webhook", json=body, headers=headers, timeout=30)


def environment(encoder: Path) -> dict[str, str]:
    """What training needs: the code, the encoder, and one thread for each of the libraries that would take all."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("STAYLINE_", "PYTHON"))}
    threads = (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "TF_NUM_INTRAOP_THREADS",
        "TF_NUM_INTEROP_THREADS",
    )
    return (
        own
        | dict.fromkeys(threads, "1")
        | {
            "PYTHONPATH": f"{ROOT}{os.pathsep}{BOT}",
            "RASA_TELEMETRY_ENABLED": "false",
            "RASA_CACHE_DIRECTORY": str(CACHE / "rasa-cache"),
            "RASA_MAX_CACHE_SIZE": "0",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
            "STAYLINE_ENCODER_DIR": str(encoder),
        }
    )


def trained_bot(encoder: Path) -> Path:
    """A model of the bot as it is now, trained as the product trains it: made on first need, then kept until a file of
    the bot or the encoder changes.
    """
    home = CACHE / encoder.name
    home.mkdir(parents=True, exist_ok=True)
    with FileLock(home / "bot.lock"):  # another process of this run may be training it
        if not (home / "encoder").is_dir():
            (home / "encoder").symlink_to(encoder)
        settings = Settings(home=home, _env_file=None)
        train_bot(settings)
    return settings.bot_folder / MODEL


@contextmanager
def running_bot(model: Path, settings: BotSettings, log: Path) -> Iterator[Bot]:
    """A bot that serves on a free port of loopback until the block ends."""
    port = free_port()
    process = start_bot(model, settings, port, log)
    try:
        _wait_until_served(process, port, log)
        yield Bot(f"http://127.0.0.1:{port}", settings.bot_secret, log)
    finally:
        stop(process)


def start_bot(model: Path, settings: BotSettings, port: int, log: Path) -> "subprocess.Popen[bytes]":
    command = [str(RASA), "run", "-i", "127.0.0.1", "-p", str(port), "--model", str(model)]
    files = ["--endpoints", "endpoints.yml", "--credentials", "credentials.yml"]
    with log.open("w") as output:
        return subprocess.Popen(
            [*command, *files],
            cwd=BOT,
            env=settings.environment(),
            stdout=output,
            stderr=output,
        )


def stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def _wait_until_served(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    """Rasa listens only once its model is loaded."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise BotFailed(f"ended at start with exit code {process.returncode}", log)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise BotFailed(f"did not serve within {START_SECONDS:.0f} s", log)
