"""The doctor names what is wrong and how to mend it, and changes nothing."""

import http.server
import re
import threading
from pathlib import Path

import pytest

from app import doctor
from app.doctor import State, examine
from app.settings import Settings
from db.migrate import downgrade
from risk_model import encoder
from tests.support.encoders import in_precision
from tests.support.mail import postbox
from tests.support.processes import free_port, stayline


@pytest.fixture
def settings(tmp_path, database_url):
    ports = {name: free_port() for name in ("web_port", "bot_port", "actions_port", "smtp_port")}
    return Settings(home=tmp_path, database_url=database_url, **ports)


def found(settings, part, state=State.MEND):
    return [(one.words, one.mend) for one in examine(settings) if (one.part, one.state) == (part, state)]


def test_tables_that_are_not_the_newest_are_named(settings, engine):
    downgrade(engine, "-1")
    assert found(settings, "database") == [
        ("its tables are not the newest", "start Stayline once: it upgrades them")
    ]


def test_a_sound_database_and_an_idle_worker_need_no_mending(settings, engine):
    assert found(settings, "database") == []
    (database,) = found(settings, "database", State.OK)
    assert database[0] == f"{engine.dialect.name}, newest tables"
    assert found(settings, "worker", State.NOTE) == [
        ("not running: it never ran", "start it: stayline run, or stayline worker")
    ]


def test_a_database_that_is_not_there_is_said_without_a_traceback(tmp_path):
    dead = f"postgresql+psycopg://nobody:hidden@127.0.0.1:{free_port()}/x"
    answer = stayline("doctor", home=tmp_path, database_url=dead)
    assert answer.returncode == 1
    assert "✗ database:    does not answer (" in answer.stdout
    assert "→ start it, or set STAYLINE_DATABASE_URL" in answer.stdout
    assert "hidden" not in answer.stdout + answer.stderr
    assert "Traceback" not in answer.stderr


def test_missing_parts_each_say_the_command_that_makes_them(settings, engine):
    assert found(settings, "encoder") == [("e5-small is not built", "run: stayline train, which builds it")]
    assert [mend for _, mend in found(settings, "risk model")] == ["run: stayline train --as-of DATE"]
    assert found(settings, "bot") == [("not trained", "run: stayline demo")]


def test_an_encoder_that_this_machine_cannot_compute_is_told(settings, engine, encoder_folder, monkeypatch):
    in_precision(encoder_folder, settings.encoder_folder, "bf16")
    for module in (doctor, encoder):
        monkeypatch.setattr(module, "computes_bf16", lambda: False)
    ((words, mend),) = found(settings, "encoder")
    assert words.endswith("which this machine cannot compute: risks are told by behaviour alone")
    assert mend.startswith("install stayline[openvino]")


def test_a_port_that_another_program_holds_is_told_from_one_that_is_free(settings, engine):
    server = http.server.HTTPServer(("127.0.0.1", settings.bot_port), http.server.SimpleHTTPRequestHandler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        ((words, mend),) = found(settings, "ports")
        free = found(settings, "ports", State.OK)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert words == f"{settings.bot_port}, wanted by bot, is taken by another program"
    assert mend == "end that, or set STAYLINE_BOT_PORT"
    assert len(free) == 2


def test_a_mail_server_that_answers_is_told_from_one_that_does_not(settings, engine):
    with postbox() as box:
        up = settings.model_copy(update={"smtp_url": f"smtp://127.0.0.1:{box.port}"})
        assert found(up, "mail", State.OK) == [(f"127.0.0.1:{box.port} answers", "")]
        assert box.mails == []
    down = settings.model_copy(update={"smtp_url": f"smtp://127.0.0.1:{free_port()}"})
    ((words, mend),) = found(down, "mail")
    assert re.search(r"does not take mail \(.*refused", words)
    assert mend == "check STAYLINE_SMTP_URL and that server"


def test_a_rules_file_with_a_mistake_is_named(settings, engine, tmp_path: Path):
    (tmp_path / "rules.toml").write_text("nonsense = 1\n")
    ((words, mend),) = found(settings.model_copy(update={"rules": tmp_path / "rules.toml"}), "rules")
    assert "rules.toml" in words
    assert mend == "mend the file that STAYLINE_RULES names"


def test_it_makes_nothing(tmp_path):
    assert found(Settings(home=tmp_path), "database") == [
        ("not made yet", "run: stayline demo, or feed your data with: stayline ingest")
    ]
    assert list(tmp_path.iterdir()) == []
