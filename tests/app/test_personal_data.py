"""Erasing leaves nothing readable in SQLite's file, even where somebody reads it just then; it waits, not for ever."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import event, text

from app import personal_data
from app.settings import Settings
from db import tables
from db.session import make_engine, unit_of_work
from tests.databases import migrated_database_url
from tests.desk.people import customer

CANARY = "zanzibar-4711"


@pytest.fixture
def file_engine(tmp_path, request):
    """Ana's rows in a file whose writers fail at once where they would have to wait for a lock."""
    with migrated_database_url("sqlite", tmp_path, request) as url:
        opened = make_engine(url)
        event.listen(opened, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=0"))
        with unit_of_work(opened) as session:
            who = customer(session, CANARY)
            session.add(tables.Review(customer_id=who.id, time=datetime.now(UTC), text=CANARY, row_key="r"))
        yield opened
        opened.dispose()


@pytest.fixture
def reader(file_engine):
    """A connection in the midst of reading Ana's rows."""
    with file_engine.connect() as connection:
        connection.execute(text("SELECT * FROM review")).all()
        yield connection


def readable(folder):
    return [path.name for path in folder.iterdir() if path.is_file() and CANARY.encode() in path.read_bytes()]


def test_the_file_is_written_anew_once_its_reader_is_done(file_engine, reader, tmp_path):
    pauses = []

    def wait(seconds):
        pauses.append(seconds)
        if len(pauses) == 2:
            reader.rollback()

    done = personal_data.erase(file_engine, Settings(home=tmp_path), CANARY, wait)
    assert done.pages_wiped
    assert len(pauses) == 2
    assert readable(tmp_path) == []


def test_a_reader_who_never_ends_is_told_of_and_keeps_no_row(file_engine, reader, tmp_path, monkeypatch):
    monkeypatch.setattr(personal_data, "PATIENCE_WITH_READERS_SECONDS", 0.2)
    done = personal_data.erase(file_engine, Settings(home=tmp_path), CANARY, lambda seconds: None)
    assert not done.pages_wiped
    assert done.rows["review"] == 1
    reader.rollback()
    with file_engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM review")).scalar_one() == 0
