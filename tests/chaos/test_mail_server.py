"""Mail servers at their worst, on both databases: the follow-up's row tells what happened, and no mail is doubled."""

import time

import pytest
from sqlmodel import select

from app.channels import email
from app.channels.email import Email
from app.delivery import Courier
from app.drill import plan
from app.settings import Settings
from db import tables
from db.session import read_only, unit_of_work
from desk import outbox
from tests.chaos.crew import answered, assert_nothing_lost_or_doubled, states
from tests.support.mail import postbox
from tests.support.processes import free_port
from tests.support.proxy import proxy


@pytest.fixture
def box():
    with postbox() as opened:
        yield opened


@pytest.fixture
def short_deadline(monkeypatch):
    monkeypatch.setattr(email, "DEADLINE_SECONDS", 0.7)


@pytest.fixture
def deliver(engine, tmp_path):
    def run(smtp_url):
        settings = Settings(home=tmp_path / "home", smtp_url=smtp_url, hold_out_share=0)
        with unit_of_work(engine) as session:
            for row in session.exec(select(tables.FollowUp).where(tables.FollowUp.status == "pending")):
                row.due_at = outbox.database_now(session)
        Courier(engine, settings, "w1", {"email": Email(settings)}).deliver_due()

    return run


@pytest.fixture
def planned(engine):
    plan(engine, 1)
    return engine


def row_of(engine):
    with read_only(engine) as session:
        return session.exec(select(tables.FollowUp)).one()


@pytest.mark.parametrize("code", [421, 451])
def test_a_passing_refusal_waits_and_goes_later(planned, box, deliver, code):
    box.answers = [f"{code} not now"]
    deliver(box.url)
    assert str(code) in row_of(planned).status_reason
    deliver(box.url)
    assert answered(planned) == ["send", "retry", "send", "sent"]
    assert_nothing_lost_or_doubled(planned, 1, box.taken)


def test_many_passing_refusals_never_make_it_dead_while_it_is_still_useful(planned, box, deliver):
    box.answers = ["451 not now"] * 12
    for _ in range(12):
        deliver(box.url)
    assert (row_of(planned).status, row_of(planned).attempts) == ("pending", 12)
    deliver(box.url)
    assert states(planned) == {"sent": 1}


def test_a_refused_address_is_failed_and_marked_with_the_servers_words(planned, box, deliver):
    box.to_recipients = ["550 no such mailbox"]
    deliver(box.url)
    assert "550 no such mailbox" in row_of(planned).status_reason
    with read_only(planned) as session:
        assert "550 no such mailbox" in session.exec(select(tables.Customer.email_refused)).one()
        assert session.exec(select(tables.Event.kind).where(tables.Event.kind == "mail_bounced")).all()
    assert states(planned) == {"failed": 1}


def test_a_server_that_hangs_is_ended_by_our_deadline(planned, box, deliver, short_deadline):
    box.seconds = 5
    began = time.monotonic()
    deliver(box.url)
    assert time.monotonic() - began < 4
    assert (row_of(planned).status, box.mails) == ("pending", [])


def test_a_server_that_takes_the_mail_and_drops_the_line_gets_it_again_under_the_same_id(
    planned, box, deliver
):
    box.drops = 1
    deliver(box.url)
    assert states(planned) == {"pending": 1}
    deliver(box.url)
    assert list(box.taken.values()) == [2]
    assert_nothing_lost_or_doubled(planned, 1, box.taken, repeated=1)


def test_a_server_that_refuses_connections_is_tried_later(planned, box, deliver):
    deliver(f"smtp://127.0.0.1:{free_port()}")
    assert states(planned) == {"pending": 1}
    deliver(box.url)
    assert_nothing_lost_or_doubled(planned, 1, box.taken)


def test_a_slow_line_delivers_and_a_half_open_one_ends_at_the_deadline(planned, box, deliver, short_deadline):
    with proxy(box.port) as line:
        line.silent = True
        deliver(f"smtp://127.0.0.1:{line.port}")
        assert states(planned) == {"pending": 1}
        line.silent, line.delay = False, 0.01
        deliver(f"smtp://127.0.0.1:{line.port}")
    assert states(planned) == {"sent": 1}
    assert_nothing_lost_or_doubled(planned, 1, box.taken)
