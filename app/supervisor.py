"""All processes under supervisord: it starts them, starts again what ends, and ends all at Ctrl-C."""

import os
import sys
from configparser import RawConfigParser
from datetime import UTC, datetime
from pathlib import Path

import typer

from app.demo.logins import demo_logins
from app.settings import LONGEST_SEND_SECONDS, Environment, Settings

PROCESSES = ("web", "actions", "bot", "worker")
ONE_THREAD = "OMP_NUM_THREADS=1,OPENBLAS_NUM_THREADS=1,POLARS_MAX_THREADS=1,PYTHONUNBUFFERED=1"
SUPERVISORD = Path(sys.executable).with_name("supervisord")


def become_supervisor(settings: Settings) -> None:
    """Replace this process by supervisord in the foreground. Each process writes to a log of its own."""
    names = [*PROCESSES, *(() if settings.smtp_url else ("fakes",))]
    logs = settings.data_folder / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    path = settings.data_folder / "supervisord.conf"
    with path.open("w") as file:
        _configuration(settings, names, logs).write(file)
    typer.echo(_welcome(settings, names, logs))
    sys.stdout.flush()
    os.execv(SUPERVISORD, [str(SUPERVISORD), "--nodaemon", "--configuration", str(path)])


def _configuration(settings: Settings, names: list[str], logs: Path) -> RawConfigParser:
    config = RawConfigParser()
    config["supervisord"] = {
        "logfile": str(logs / "supervisord.log"),
        "pidfile": str(settings.data_folder / "supervisord.pid"),
        "childlogdir": str(logs),
    }
    if os.geteuid() == 0:
        config["supervisord"]["user"] = "root"  # said, so that supervisord need not warn of it
    for name in names:
        config[f"program:{name}"] = {
            "command": f'"{sys.executable}" -m app.cli {name}',
            "environment": ONE_THREAD,
            "stdout_logfile": str(logs / f"{name}.log"),
            "redirect_stderr": "true",
            "stopasgroup": "true",
            "killasgroup": "true",
            "autorestart": "true",
            # a worker that is told to end lets running sends end
            "stopwaitsecs": str(LONGEST_SEND_SECONDS + 10 if name == "worker" else 20),
            "startsecs": "3",
        }
    return config


def _welcome(settings: Settings, names: list[str], logs: Path) -> str:
    lines = [
        f"Stayline, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC: {', '.join(names)}. Ctrl-C ends them all.",
        f"  shop and widget   {settings.web_url}/",
        f"  agents' console   {settings.web_url}/console",
    ]
    if settings.env is Environment.DEMO:
        lines += [f"    sign in         {email}  {password}" for email, password in demo_logins(settings)]
    if "fakes" in names:
        lines.append(f"  what was sent     http://127.0.0.1:{settings.fakes_port}/")
    lines.append(f"  logs              {logs}")
    return "\n".join(lines)
