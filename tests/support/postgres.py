"""A PostgreSQL server of a test's own, made by the server's own programs, which it may stop and start."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.processes import free_port

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


class Postgres:
    """One server in a folder, on a free port of loopback; everyone there is trusted."""

    def __init__(self, folder: Path) -> None:
        self._data, self.port = folder / "data", free_port()
        self._log = folder / "server.log"
        self._run("initdb", "--auth=trust", "--username=postgres", "--no-sync", "-D", str(self._data))
        self._options = f"-p {self.port} -k {folder} -c listen_addresses=127.0.0.1"

    @property
    def url(self) -> str:
        return self.url_at(self.port)

    def url_at(self, port: int) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"

    def start(self) -> None:
        self._run("pg_ctl", "-w", "-D", str(self._data), "-l", str(self._log), "-o", self._options, "start")

    def stop(self) -> None:
        """At once, as a crash would: the next start recovers."""
        self._run("pg_ctl", "-w", "-D", str(self._data), "-m", "immediate", "stop")

    @property
    def running(self) -> bool:
        return (self._data / "postmaster.pid").exists()

    def _run(self, program: str, *arguments: str) -> None:
        user = "postgres" if os.geteuid() == 0 else None  # the server refuses to run as root
        subprocess.run(
            [PROGRAMS[-1] / program, *arguments], check=True, user=user, group=user, cwd="/",
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60,
        )  # fmt: skip


@contextmanager
def postgres_server() -> Iterator[Postgres]:
    """A running server; skips the test, saying why, where PostgreSQL's programs are not installed."""
    if not PROGRAMS:
        pytest.skip("no /usr/lib/postgresql/*/bin: install PostgreSQL's server to run this test")
    folder = Path(tempfile.mkdtemp(prefix="stayline-postgres-"))
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    try:
        server = Postgres(folder)
        server.start()
        yield server
    finally:
        if server.running:
            server.stop()
        shutil.rmtree(folder)
