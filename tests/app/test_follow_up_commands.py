"""The operator's view of follow-ups: rules, previews, a test mail, and why."""

from datetime import UTC, datetime

import pytest
import typer
from sqlmodel import select
from typer.testing import CliRunner

from app.commands import follow_ups
from db import tables
from db.migrate import upgrade
from db.session import make_engine, unit_of_work
from desk.rules import load_rules
from tests.support.mail import postbox
from tests.support.processes import free_port

RULES = [rule.name for rule in load_rules().rules]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a command with a data folder of the test's own."""
    monkeypatch.setenv("STAYLINE_HOME", str(tmp_path / "home"))

    def run(*arguments, app=follow_ups.app, **settings):
        for name, value in settings.items():
            monkeypatch.setenv(f"STAYLINE_{name.upper()}", str(value))
        return CliRunner().invoke(app, arguments)

    return run


@pytest.fixture
def ana(tmp_path):
    """A customer with one follow-up that the gate has let wait."""
    (tmp_path / "home").mkdir()
    engine = make_engine(f"sqlite:///{tmp_path / 'home' / 'stayline.db'}")
    upgrade(engine)
    with unit_of_work(engine) as session:
        now = datetime(2026, 3, 4, 12, tzinfo=UTC)
        who = tables.Customer(customer_key="ana", name="<b>Ana</b>", language="zh")
        session.add(who)
        session.flush()
        row = tables.FollowUp(
            idempotency_key="k", customer_id=who.id, rule="win_back", channel="email", details={}, planned_at=now,
            due_at=now, not_after=now,
        )  # fmt: skip
        session.add(row)
        session.flush()
        answer = tables.GateAnswer(
            follow_up_id=row.id, customer_id=who.id, time=now, answer="later", reason="a human has the chat"
        )
        session.add(answer)
    engine.dispose()


def test_the_rules_are_listed_each_in_a_line(run):
    result = run("list-rules")
    assert result.exit_code == 0, result.output
    assert [line.partition(":")[0] for line in result.stdout.splitlines()[:-1]] == RULES
    assert "3 messages per customer within 14 days" in result.stdout


def test_a_rule_without_its_templates_is_told_with_exit_code_one(run, tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(
        '[[rule]]\nname = "hello"\nwhen = "decision"\nwait = "1h"\ntemplate = "hello"\nchannel = "email"\n'
        'at_most = "once per conversation"\nvalid_for = "1d"\n'
    )
    result = run("list-rules", rules=file)
    assert (result.exit_code, "hello.en.txt, hello.zh.txt" in result.stderr) == (1, True)
    result = run("preview", "hello")
    assert (result.exit_code, "hello.en.txt" in result.stderr) == (1, True)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("rule", RULES)
def test_every_rule_reads_well_in_both_languages(run, rule, language, tmp_path):
    result = run("preview", rule, "--language", language, "--html", str(tmp_path / "mail.html"))
    assert result.exit_code == 0, result.output
    subject, _, text = result.stdout.partition("\n\n")
    assert subject.startswith("Subject: ")
    assert ("团队" in text) == ("您好" in text) == (language == "zh")
    assert ("STAY-SAMPLE" in text) == (rule not in {"win_back", "thank_you"})
    html = (tmp_path / "mail.html").read_text()
    assert "{{" not in html
    assert "{%" not in html
    assert "/u/" in html


def test_a_customers_own_name_and_language_are_used_and_stay_inert(run, ana, tmp_path):
    result = run("preview", "win_back", "--customer", "ana", "--html", str(tmp_path / "mail.html"))
    assert "好久不见" in result.stdout
    assert "<b>Ana</b>" not in (tmp_path / "mail.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("preview", "nudge"), "expected the name of a rule (care_message, check_back"),
        (("preview", "win_back", "--language", "de"), "expected one of en, zh, got 'de'"),
        (("test-send", "win_back", "--to", "a@b.c,d@e.f"), "address"),
        (("test-send", "win_back", "--to", "0151 23", "--channel", "sms"), "a phone number with its country"),
        (
            ("test-send", "win_back", "--to", "x", "--channel", "phone"),
            "expected one of email, sms, got 'phone'",
        ),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_two(run, arguments, words):
    result = run(*arguments)
    assert (result.exit_code, len(result.stderr.strip().splitlines())) == (2, 1)
    assert words in result.stderr


def test_a_test_mail_arrives_marked_and_the_outbox_never_sees_it(run, ana, tmp_path):
    with postbox() as box:
        result = run(
            "test-send", "check_back", "--to", "me@shop.example", smtp_url=f"smtp://127.0.0.1:{box.port}"
        )
        (mail,) = box.mails
    assert (result.exit_code, "sent to me@shop.example" in result.stdout) == (0, True)
    assert (mail["Subject"], mail["To"]) == ("[test] Did we put it right?", "me@shop.example")
    engine = make_engine(f"sqlite:///{tmp_path / 'home' / 'stayline.db'}")
    with unit_of_work(engine) as session:
        assert len(session.exec(select(tables.FollowUp)).all()) == 1
    engine.dispose()


def test_a_mail_server_that_is_away_is_told_in_one_line(run):
    result = run(
        "test-send", "check_back", "--to", "me@shop.example", smtp_url=f"smtp://127.0.0.1:{free_port()}"
    )
    assert (result.exit_code, len(result.stderr.strip().splitlines())) == (1, 1)


def test_without_an_sms_service_a_test_sms_is_told_as_not_sent(run):
    result = run("test-send", "check_back", "--to", "+49 151 23456789", "--channel", "sms")
    assert (result.exit_code, result.stderr) == (1, "stayline: no SMS service is configured\n")


def test_why_tells_rule_gate_and_end(run, ana):
    app = typer.Typer()
    app.command()(follow_ups.why)
    result = run("ana", app=app)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[:5] == [
        "2026-03-04 12:00 UTC  win back by e-mail",
        "  the rule win_back planned it",
        "  due 2026-03-04 12:00 UTC",
        "  2026-03-04 12:00 UTC  gate: later: a human has the chat",
        "  it waits",
    ]
