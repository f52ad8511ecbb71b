"""`stayline outbox` and `stayline drill`, as a person types them."""

import pytest
import typer
from sqlmodel import select
from typer.testing import CliRunner

from app.commands.outbox import drill, outbox
from app.drill import plan
from db import tables
from db.session import unit_of_work
from tests.databases import POSTGRES_URL, postgres_refusal


@pytest.fixture
def run(engine, database_url, tmp_path, monkeypatch):
    monkeypatch.setenv("STAYLINE_DATABASE_URL", database_url)
    monkeypatch.setenv("STAYLINE_HOME", str(tmp_path / "home"))
    plan(engine, 2)
    return typed


def typed(*words):
    app = typer.Typer()
    app.add_typer(outbox, name="outbox")
    app.add_typer(drill, name="drill")
    return CliRunner().invoke(app, list(words))


def becomes(engine, status):
    """The first row's id, once it has this status."""
    with unit_of_work(engine) as session:
        row = session.exec(select(tables.FollowUp).order_by(tables.FollowUp.id)).first()
        row.status, row.attempts = status, 8
        return str(row.id)


def test_the_list_is_a_line_for_each_row_and_can_be_narrowed(run, engine):
    becomes(engine, "dead")
    assert len(run("outbox", "list").stdout.splitlines()) == 2
    (line,) = run("outbox", "list", "--status", "dead", "--customer", "drill-0").stdout.splitlines()
    assert line.split("\t")[1:4] == ["dead", "drill-0", "check_back"]


def test_an_unknown_status_is_bad_usage_and_says_which_there_are(run):
    done = run("outbox", "list", "--status", "lost")
    assert done.exit_code == 2
    assert "expected one of pending" in done.stderr


@pytest.mark.parametrize("status", ["dead", "failed", "uncertain"])
def test_what_failed_is_pending_again_and_its_past_is_kept(run, engine, status):
    row_id = becomes(engine, status)
    assert run("outbox", "redrive", row_id).stdout == "1 of 1 pending again\n"
    shown = run("outbox", "show", row_id).stdout
    assert "attempts\t0" in shown
    assert "redriven" in shown


def test_every_dead_one_is_tried_again_at_once(run, engine):
    becomes(engine, "dead")
    assert run("outbox", "redrive", "--dead").stdout == "1 of 1 pending again\n"


def test_what_was_sent_cannot_be_tried_again(run, engine):
    assert run("outbox", "redrive", becomes(engine, "sent")).exit_code == 1


def test_only_a_pending_one_can_be_cancelled(run, engine):
    row_id = becomes(engine, "pending")
    assert run("outbox", "cancel", row_id).exit_code == 0
    again = run("outbox", "cancel", row_id)
    assert again.exit_code == 1
    assert "is cancelled; only a pending one" in again.stderr


def test_an_id_that_is_not_there_is_bad_usage(run):
    assert run("outbox", "show", "999").exit_code == 2


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request):
    """Where the drill makes its scratch database, as the options that say so."""
    if request.param == "sqlite":
        return ()
    if refusal := postgres_refusal():
        pytest.skip(refusal)
    return ("--database-url", POSTGRES_URL)


def test_the_drill_kills_workers_and_finds_nothing_lost_or_doubled(server):
    done = typed("drill", "outbox", "--rows", "120", "--workers", "2", "--kills", "3", *server)
    assert done.exit_code == 0, done.output
    facts = dict(line.split("\t") for line in done.stdout.splitlines())
    assert (facts["sent"], facts["unfinished"], facts["lost"], facts["doubled"]) == ("120", "0", "0", "0")
    assert "second copy under the same Message-ID" in facts["repeated"]


def test_the_drill_says_beforehand_what_it_does_not_call_doubled():
    told = " ".join(typed("drill", "outbox", "--help").stdout.split())
    assert "once more under the same Message-ID" in told
    assert '"repeated"' in told
