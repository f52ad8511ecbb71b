"""The bot's memory keeps no conversation longer than the chats are kept; the table is as Rasa 3.6 makes it."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Column, Float, Integer, MetaData, String, Table, Text, func, insert, select

from app import bot_memory
from app.bot_memory import forget_silent

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
EVENTS = Table(
    "events",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("sender_id", String(255), nullable=False, index=True),
    Column("type_name", String(255), nullable=False),
    Column("timestamp", Float),
    Column("intent_name", String(255)),
    Column("action_name", String(255)),
    Column("data", Text),
)


@pytest.fixture
def tracker_url(empty_engine, empty_url):
    """As the settings name it: an URL for Rasa's own SQLAlchemy, which knows no psycopg 3."""
    EVENTS.metadata.create_all(empty_engine)
    return empty_url.replace("postgresql+psycopg://", "postgresql://")


def remember(engine, *conversations):
    rows = [
        {
            "sender_id": sender,
            "type_name": "user",
            "timestamp": (NOW - timedelta(days=days)).timestamp(),
            "data": "{}",
        }
        for sender, ages in conversations
        for days in ages
    ]
    with engine.begin() as connection:
        connection.execute(insert(EVENTS), rows)


def test_a_silent_conversation_goes_whole_and_one_with_a_recent_word_stays_whole(empty_engine, tracker_url):
    remember(empty_engine, ("silent", (50, 40)), ("talking", (50, 3)))
    assert forget_silent(tracker_url, NOW - timedelta(days=30), lambda: None) == 1
    with empty_engine.connect() as connection:
        left = connection.execute(select(EVENTS.c.sender_id, func.count()).group_by(EVENTS.c.sender_id)).all()
    assert [tuple(row) for row in left] == [("talking", 2)]


def test_many_conversations_go_batch_by_batch(empty_engine, tracker_url, monkeypatch):
    monkeypatch.setattr(bot_memory, "BATCH", 10)
    remember(empty_engine, *((f"c{number:02d}", (40,)) for number in range(25)))
    batches = []
    assert forget_silent(tracker_url, NOW, lambda: batches.append(time.monotonic())) == 25
    assert len(batches) == 4


def test_a_bot_that_never_spoke_has_nothing_to_forget_and_no_file_is_made(tmp_path):
    assert forget_silent(f"sqlite:///{tmp_path / 'rasa.db'}", NOW, lambda: None) == 0
    assert list(tmp_path.iterdir()) == []


def test_a_store_we_have_no_driver_for_is_named_in_the_log(caplog):
    assert forget_silent("mysql://host/rasa", NOW, lambda: None) == 0
    assert "kept in mysql" in caplog.text
