"""What agents note for each other stays among them: nothing that speaks or learns can read it."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from db.session import unit_of_work
from desk.conversations import messages_after, messages_before
from desk.histories import of_all
from desk.notes import add_note, notes_between
from tests.desk.people import NOW, agent, customer, said

ROOT = Path(__file__).parent.parent.parent
SECRET = "thinks of leaving, treat with care"
READERS = {"desk/notes.py", "app/web/fingerprints.py"}  # the latter their ids only
SHOWN_BY = {"app/web/console.py", "app/web/talk.py"}


@pytest.fixture
def session(engine):
    with unit_of_work(engine) as opened:
        yield opened


@pytest.fixture
def conversation_id(session):
    message = said(session, customer(session))
    add_note(session, message.conversation_id, agent(session, "Robin"), SECRET, NOW)
    return message.conversation_id


def test_a_note_is_no_message(session, conversation_id):
    assert [message.text for message in messages_after(session, conversation_id)] == ["Where is my parcel?"]
    assert [message.text for message in messages_before(session, conversation_id, None, 9)] == [
        "Where is my parcel?"
    ]


def test_the_risk_model_learns_nothing_of_a_note(session, conversation_id):
    histories = of_all(session, NOW + timedelta(days=1), needs_consent=False)
    assert histories.texts["text"].to_list() == ["Where is my parcel?"]


def test_notes_are_read_by_time(session, conversation_id):
    add_note(session, conversation_id, agent(session, "Mei"), "later", NOW + timedelta(hours=1))
    everything = notes_between(session, conversation_id, None, None)
    assert [(note.author, note.text) for note in everything] == [("Robin", SECRET), ("Mei", "later")]
    first = notes_between(session, conversation_id, None, NOW + timedelta(minutes=1))
    assert [note.text for note in first] == [SECRET]
    assert [
        note.text for note in notes_between(session, conversation_id, NOW + timedelta(minutes=1), None)
    ] == ["later"]


def test_only_the_console_reads_notes():
    code = {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
        for package in ("actions", "app", "bot", "db", "desk", "risk_model")
        for path in (ROOT / package).rglob("*.py")
        if ".venv" not in path.parts and "migrations" not in path.parts
    }
    assert {name for name, text in code.items() if re.search(r"tables\.Note\b", text)} == READERS
    assert {name for name, text in code.items() if re.search(r"desk\.notes|import notes", text)} == SHOWN_BY
