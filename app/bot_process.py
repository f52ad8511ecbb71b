"""The bot lives in an environment of its own: how to train it, and how to become it."""

import os
import subprocess
from hashlib import sha256
from pathlib import Path

from app.settings import Settings
from desk.errors import DeskError

ROOT = Path(__file__).resolve().parent.parent
BOT = ROOT / "bot"
RASA = BOT / ".venv" / "bin" / "rasa"
MODEL = "stayline.tar.gz"
LEARNED_FROM = ("*.yml", "domain/*.yml", "data/**/*.yml", "components/*.py", "requirements.lock")


class BotMissing(DeskError):
    """The bot's environment or its trained model is not there."""


def train_bot(settings: Settings) -> bool:
    """Train the bot unless it was trained from just these files and this encoder; True when it was trained
    now.

    Rasa's own output goes to `train.log` in the bot's folder.
    """
    _require_environment()
    folder, print_of = settings.bot_folder, fingerprint(settings)
    stamp = folder / "trained-from"
    if (folder / MODEL).is_file() and stamp.is_file() and stamp.read_text() == print_of:
        return False
    folder.mkdir(parents=True, exist_ok=True)
    command = [
        str(RASA), "train", "--domain", "domain", "--fixed-model-name", MODEL.removesuffix(".tar.gz"),
        "--out", str(folder),
    ]  # fmt: skip
    with (folder / "train.log").open("w") as output:
        ended = subprocess.run(
            command, cwd=BOT, env=environment(settings), stdout=output, stderr=output, check=False
        )
    if ended.returncode != 0:
        raise BotMissing(
            f"training the bot failed (exit code {ended.returncode}); {folder / 'train.log'} says why."
        )
    stamp.write_text(print_of)
    return True


def become_bot(settings: Settings) -> None:
    """Replace this process by the Rasa server on loopback."""
    _require_environment()
    model = settings.bot_folder / MODEL
    if not model.is_file():
        raise BotMissing(f"no trained bot at {model}; run: stayline demo")
    os.chdir(BOT)
    os.execve(RASA, run_command(settings), environment(settings))


def run_command(settings: Settings) -> list[str]:
    return [
        str(RASA), "run", "-i", "127.0.0.1", "-p", str(settings.bot_port),
        "--model", str(settings.bot_folder / MODEL),
        "--endpoints", "endpoints.yml", "--credentials", "credentials.yml",
    ]  # fmt: skip


def environment(settings: Settings) -> dict[str, str]:
    """What Rasa reads: addresses and secrets for its YAML files, one thread, no telemetry, no foreign PYTHONPATH."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STAYLINE_")}
    return kept | {
        "PYTHONPATH": f"{ROOT}{os.pathsep}{BOT}",
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "CUDA_VISIBLE_DEVICES": "-1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
        "RASA_MAX_CACHE_SIZE": "0",  # else it keeps a cache in the bot's folder
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "STAYLINE_ENCODER_DIR": str(settings.encoder_folder),
        "STAYLINE_ACTION_URL": f"http://127.0.0.1:{settings.actions_port}/webhook",
        "STAYLINE_ACTION_SECRET": settings.secret("action_secret"),
        "STAYLINE_BOT_SECRET": settings.secret("bot_secret"),
        "STAYLINE_TRACKER_URL": settings.tracker,
    }


def fingerprint(settings: Settings) -> str:
    """A hash of all that the bot learns from: its files, and which encoder reads for it."""
    digest = sha256()
    for path in sorted(path for pattern in LEARNED_FROM for path in BOT.glob(pattern)):
        digest.update(path.relative_to(BOT).as_posix().encode() + path.read_bytes())
    digest.update((settings.encoder_folder / "encoder.json").read_bytes())
    return digest.hexdigest()


def _require_environment() -> None:
    if not RASA.is_file():
        raise BotMissing("the bot's environment bot/.venv is missing; run: make setup")
