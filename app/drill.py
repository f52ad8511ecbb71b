"""The outbox under fire: real workers on a scratch database and a local mail server, killed at random.

What must hold afterwards is `app.tally`: every follow-up has an end, none is lost, and none arrived twice unless a
worker died between the server's yes and the commit, which the outbox noted and repeated under the same Message-ID.
The mail server here answers every mail, so only a killed worker can leave an outcome unknown.
"""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any
from uuid import uuid4

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession
from sqlalchemy import Engine, create_engine, insert, text
from sqlmodel import col, select

from app.tally import ENDS, Tally, tally
from db import tables
from db.migrate import upgrade
from db.session import make_engine, read_only, unit_of_work
from desk import outbox

RULE = "check_back"
LEASE_SECONDS = 3
DEADLINE_SECONDS = 600.0  # a busy machine takes minutes to start twenty workers
Report = Callable[[str, int, int], object]


class Inbox:
    """A mail server on loopback that takes everything and counts each Message-ID."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()
        self._port = _free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self._port)

    async def handle_DATA(self, _server: SMTP, _session: SmtpSession, envelope: Envelope) -> str:  # noqa: N802  (aiosmtpd)
        content: Any = envelope.content
        head = content.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        self.taken["".join(str(message_from_bytes(head)["Message-ID"]).split())] += 1
        return "250 taken"

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._port}"

    def __enter__(self) -> "Inbox":
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()


class Crew:
    """Worker processes with settings of their own; each can be killed, and is then replaced."""

    def __init__(self, folder: Path, database_url: str, smtp_url: str) -> None:
        self._folder = folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith("STAYLINE_")}
        self._environment = kept | {
            "OMP_NUM_THREADS": "1",
            "STAYLINE_HOME": str(folder),
            "STAYLINE_DATABASE_URL": database_url,
            "STAYLINE_SMTP_URL": smtp_url,
            "STAYLINE_HOLD_OUT_SHARE": "0",
            "STAYLINE_WORKER_TICK_SECONDS": "0.2",
            "STAYLINE_LEASE_SECONDS": str(LEASE_SECONDS),
        }
        self.logs: list[Path] = []
        self._workers: list[subprocess.Popen[bytes]] = []

    def add(self) -> None:
        log = self._folder / f"worker-{len(self.logs)}.log"
        with log.open("wb") as output:
            command = [sys.executable, "-m", "app.cli", "worker"]
            worker = subprocess.Popen(
                command, cwd=self._folder, env=self._environment, stdout=output, stderr=output
            )
        self.logs.append(log)
        self._workers.append(worker)

    def kill_one(self, chance: random.Random) -> None:
        """SIGKILL, as by a power cut, and a fresh worker in its place."""
        worker = self._workers.pop(chance.randrange(len(self._workers)))
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        self.add()

    def wait_until_at_work(self, seconds: float = 60) -> None:
        _wait(
            lambda: all(b" at work" in log.read_bytes() for log in self.logs), seconds, "every worker's start"
        )

    def end(self) -> list[int]:
        """Ask every worker to end; returns their exit codes."""
        for worker in self._workers:
            worker.terminate()
        try:
            return [worker.wait(60) for worker in self._workers]
        except subprocess.TimeoutExpired:
            for worker in self._workers:
                worker.kill()
            raise


def drill(
    database_url: str, folder: Path, rows: int, workers: int, kills: int, seed: int, report: Report
) -> tuple[Tally, int, float]:
    """Send `rows` follow-ups with `workers` while `kills` of them are killed; the tally, the kills, the seconds."""
    engine, chance = make_engine(database_url), random.Random(seed)
    upgrade(engine)
    with Inbox() as inbox:
        crew = Crew(folder, database_url, inbox.url)
        try:
            for _ in range(workers):
                crew.add()
            crew.wait_until_at_work()
            plan(engine, rows)
            began, killed = time.monotonic(), 0
            while not _all_ended(engine) and time.monotonic() - began < DEADLINE_SECONDS:
                report("sending", sum(inbox.taken.values()), rows)
                if killed < kills and len(inbox.taken) >= killed * rows // (kills + 1):
                    crew.kill_one(chance)
                    killed += 1
                time.sleep(0.05 if killed < kills else 0.2)  # to look costs the workers time
            took = time.monotonic() - began
        finally:
            crew.end()
        found = tally(engine, rows, inbox.taken)
    engine.dispose()
    return found, killed, took


def plan(engine: Engine, rows: int) -> None:
    """Due follow-ups, each to a customer of its own who agreed and for whom it is noon."""
    with unit_of_work(engine) as session:
        now = outbox.database_now(session)
        session.execute(insert(tables.Customer), [_customer(number, now) for number in range(rows)])
        ids = session.exec(select(tables.Customer.id).order_by(col(tables.Customer.id))).all()
        session.execute(insert(tables.Consent), [_consent(who, now) for who in ids])
        session.execute(insert(tables.FollowUp), [_follow_up(who, now) for who in ids])


@contextmanager
def scratch_database(server_url: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database: a file in `folder`, or on the given PostgreSQL server one that is dropped after."""
    if not server_url or server_url.startswith("sqlite"):
        yield f"sqlite:///{folder / 'drill.db'}"
        return
    name = f"stayline_drill_{uuid4().hex[:12]}"
    server = create_engine(server_url, isolation_level="AUTOCOMMIT")
    try:
        with server.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        yield server.url.set(database=name).render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        server.dispose()


def noon_zone(now: datetime) -> str:
    """A zone where it is between noon and one."""
    return f"Etc/GMT{now.hour - 12:+d}"  # its sign is reversed: Etc/GMT-8 is eight hours ahead


def _all_ended(engine: Engine) -> bool:
    with read_only(engine) as session:
        return not set(outbox.counts(session)) - set(ENDS)


def _customer(number: int, now: datetime) -> dict[str, Any]:
    key = f"drill-{number}"
    zone = noon_zone(now)
    return {
        "customer_key": key,
        "name": "Ana",
        "email": f"{key}@shop.example",
        "language": "en",
        "time_zone": zone,
    }


def _consent(customer_id: int, now: datetime) -> dict[str, Any]:
    given = {"purpose": "follow_up", "channel": "email", "granted": True, "source": "drill"}
    return given | {"customer_id": customer_id, "time": now}


def _follow_up(customer_id: int, now: datetime) -> dict[str, Any]:
    times = {"planned_at": now, "due_at": now, "not_after": now + timedelta(days=1)}
    what = {"rule": RULE, "channel": "email", "details": {}, "status": "pending", "attempts": 0}
    return {"idempotency_key": f"{RULE}:{customer_id}", "customer_id": customer_id} | what | times


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(happened: Callable[[], bool], seconds: float, what: str) -> None:
    until = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > until:
            raise TimeoutError(f"{what} did not happen within {seconds:.0f} s")
        time.sleep(0.05)
