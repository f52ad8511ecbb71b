"""Real processes of the product for tests: started with settings of their own, ended by their own id."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).parent.parent.parent
KEPT = ROOT / ".stayline-test"  # what is dear to make, between the processes of a run and between runs


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**settings: object) -> dict[str, str]:
    """This process's environment without its own settings, plus the ones given (`home=...` is STAYLINE_HOME)."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STAYLINE_")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return kept | {f"STAYLINE_{name.upper()}": str(value) for name, value in settings.items()}


def stayline(
    *arguments: str, cwd: Path = ROOT, timeout: float = 300, **settings: object
) -> subprocess.CompletedProcess[str]:
    """Run a command of `stayline` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        cwd=cwd,
        env=environment(**settings) | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@contextmanager
def running(
    command: list[str], log: Path, env: dict[str, str], stop_with: signal.Signals = signal.SIGTERM
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that writes to `log` and is ended, with what it started, when the block ends."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=env,
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            end(process, stop_with)


def end(process: subprocess.Popen[bytes], stop_with: signal.Signals = signal.SIGTERM) -> int:
    """Ask it to end, insist after 30 s; returns its exit code."""
    if process.poll() is None:
        process.send_signal(stop_with)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
    return process.wait(10)


def wait_until(happened: Callable[[], object], seconds: float, what: str, log: Path | None = None) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            told = f"\n{log.read_text(errors='replace')[-3000:]}" if log and log.exists() else ""
            raise AssertionError(f"{what} did not happen within {seconds:.0f} s{told}")
        time.sleep(0.05)


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).status_code < 500
    except httpx.HTTPError:
        return False
