"""Who tried or did what, kept even when the request itself is refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlmodel import Session

from app.web.context import Web
from db import tables
from db.session import unit_of_work
from desk.errors import NotFound


def note(session: Session, now: datetime, actor: str, action: str, subject: str) -> None:
    session.add(tables.Audit(time=now, actor=actor, action=action, subject=subject))


@contextmanager
def audited(web: Web, actor: str, subject: str) -> Iterator[None]:
    """Keeps a row about asking for what is not there or somebody else's, then lets `NotFound` go on."""
    try:
        yield
    except NotFound:
        with unit_of_work(web.engine) as session:
            note(session, web.clock(), actor, "refused", subject)
        raise
