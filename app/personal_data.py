"""A customer's data wherever Stayline keeps it: our tables, the bot's memory, and what the demo's own servers kept."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_random_exponential

from app import bot_memory
from app.fakes import arrivals_for
from app.settings import Settings
from db.session import read_only, unit_of_work
from desk import erasure
from desk.erasure import Erased
from desk.holdings import conversations_of, export

LONGEST_TURN = timedelta(seconds=10)  # a turn that was under way may still write the bot's memory
PATIENCE_WITH_READERS_SECONDS = 60.0  # whoever reads the file now, on a busy machine, is done by then
LONGEST_PAUSE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Receipt:
    """What went: rows by table, the bot's remembered events, mails and SMS of the demo. `pages_wiped` is False where a
    reader kept SQLite from overwriting the freed space; then it is overwritten when that is next used.
    """

    customer: str
    erased_at: datetime
    rows: dict[str, int]
    bot_events: int
    kept_mails: int
    pages_wiped: bool = True

    def to_json(self) -> dict[str, Any]:
        return {
            "customer": self.customer,
            "erased_at": self.erased_at.isoformat(timespec="seconds"),
            "rows": self.rows,
            "bot_events": self.bot_events,
            "kept_mails": self.kept_mails,
            "pages_wiped": self.pages_wiped,
        }


def everything(engine: Engine, settings: Settings, key: str) -> dict[str, Any]:
    """All that is held of a customer, as JSON values. Raises `UnknownCustomer`."""
    with unit_of_work(engine) as session:  # the lock keeps what is read of one moment
        customer = erasure.customer_of(session, key)
        rows, mine = export(session, customer.id), conversations_of(session, customer.id)
        kept = arrivals_for(settings.mail_folder, customer.email, customer.phone)
    mails = [path.read_text("utf-8", "replace") for path in kept]
    remembered = bot_memory.remembered(settings.tracker, mine)
    return {**rows, "bot_memory": remembered, "kept_mails": mails}


def erase(engine: Engine, settings: Settings, key: str, wait: Callable[[float], None]) -> Receipt:
    """Erase a customer everywhere. Raises `UnknownCustomer`. Interrupted, it can be asked for again: the rows that tell
    where the rest lies go last.
    """
    now = datetime.now(UTC)
    with read_only(engine) as session:
        customer = erasure.customer_of(session, key)
        mine, email, phone = conversations_of(session, customer.id), customer.email, customer.phone
    events = bot_memory.forget_conversations(settings.tracker, mine)
    mails = arrivals_for(settings.mail_folder, email, phone)
    for path in mails:
        path.unlink(missing_ok=True)
    with unit_of_work(engine) as session:
        erased = erasure.erase(session, key, now)
    events += _what_came_meanwhile(settings, erased, now, wait)
    remembering = bot_memory.open_memory(settings.tracker)
    wiped = [_wipe_pages(each, wait) for each in (engine, remembering) if each is not None]
    return Receipt(key, now, erased.rows, events, len(mails), all(wiped))


def _what_came_meanwhile(
    settings: Settings, erased: Erased, now: datetime, wait: Callable[[float], None]
) -> int:
    """The bot's memory of a turn that was under way when the rows went."""
    if erased.last_message_at is not None and now - erased.last_message_at < LONGEST_TURN:
        wait(LONGEST_TURN.total_seconds())
    return bot_memory.forget_conversations(settings.tracker, erased.conversations)


def _wipe_pages(engine: Engine, wait: Callable[[float], None]) -> bool:
    """Write SQLite's file anew: a deleted row otherwise stays readable in it until its space is used again. False where
    somebody read or wrote the file all the time that we were patient.
    """
    if engine.dialect.name != "sqlite":
        return True
    patient = Retrying(
        retry=retry_if_result(lambda wiped: not wiped),
        stop=stop_after_delay(PATIENCE_WITH_READERS_SECONDS),
        wait=wait_random_exponential(max=LONGEST_PAUSE_SECONDS),
        sleep=wait,
        retry_error_callback=lambda _last: False,
    )
    return patient(_wipe_pages_now, engine)


def _wipe_pages_now(engine: Engine) -> bool:
    connection = engine.raw_connection()  # VACUUM runs in no transaction, and the engine would begin one
    try:
        connection.cursor().execute("VACUUM")
        busy = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.OperationalError:
        return False
    finally:
        connection.close()
    return bool(busy == 0)
