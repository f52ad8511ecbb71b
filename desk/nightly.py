"""Work that is done once a night, by whichever worker comes first.

A night is the moment at which it begins by the shop's clock; its name in the tables is that moment in UTC. Who does
the work holds a lease, by the database's clock, and prolongs it in the transaction of each step: a worker that
stalled and was overtaken writes nothing more. A worker started after the hour does what is not done yet.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, Update, or_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from db import tables
from db.session import read_only, unit_of_work
from desk.errors import DeskError
from desk.local_time import first_valid
from desk.outbox import database_now


class NightEnds(DeskError):
    """The work cannot go on here: the worker is to end, or another one took it over."""


@dataclass(frozen=True, slots=True)
class Shift:
    """One worker's hold on the work of one night. `stopping` says that the process is to end; `got_on` is told of
    every step, so that long work is not taken for work that hangs.
    """

    engine: Engine
    work: str
    night: datetime
    owner: str
    lease: timedelta
    stopping: Callable[[], bool] = lambda: False
    got_on: Callable[[], None] = lambda: None

    def take(self) -> bool:
        """Whether the work is ours now; False when it is done, or another worker is at it."""
        with unit_of_work(self.engine) as session:
            _be_known(session, self.work)
            now, row = database_now(session), tables.Nightly
            free = or_(col(row.lease_until).is_(None), col(row.lease_until) <= now)
            undone = or_(col(row.done_for).is_(None), col(row.done_for) < self.night)
            taken = update(row).where(col(row.work) == self.work, free, undone)
            values = {"lease_owner": self.owner, "lease_until": now + self.lease}
            return session.exec(taken.values(**values)).rowcount == 1

    def go_on(self, session: Session) -> None:
        """Prolong the hold in the transaction of a step. Raises `NightEnds`."""
        if self.stopping():
            raise NightEnds("this worker is to end")
        until = database_now(session) + self.lease
        if session.exec(self._ours().values(lease_until=until)).rowcount == 0:
            raise NightEnds("another worker took the work over")
        self.got_on()

    def beat(self) -> None:
        """Prolong the hold in the middle of a long step. Raises `NightEnds`."""
        with unit_of_work(self.engine) as session:
            self.go_on(session)

    def finish(self) -> None:
        """The work of this night is done."""
        self._leave(done_for=self.night)

    def give_back(self) -> None:
        """Let another worker go on at once."""
        self._leave()

    def _leave(self, **values: datetime) -> None:
        with unit_of_work(self.engine) as session:
            session.exec(self._ours().values(lease_owner=None, lease_until=None, **values))

    def _ours(self) -> Update:
        row = tables.Nightly
        return update(row).where(col(row.work) == self.work, col(row.lease_owner) == self.owner)


def newest_night(now: datetime, hour: int, zone: ZoneInfo) -> datetime:
    """The last moment, in UTC, at which it became this hour in this zone."""
    day = now.astimezone(zone).date()
    while (night := first_valid(day, time(hour), zone)) > now:
        day -= timedelta(days=1)
    return night


def is_done(engine: Engine, work: str, night: datetime) -> bool:
    with read_only(engine) as session:
        row = session.get(tables.Nightly, work)
        return row is not None and row.done_for is not None and row.done_for >= night


def _be_known(session: Session, work: str) -> None:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(dialect.insert(tables.Nightly).values(work=work).on_conflict_do_nothing())
