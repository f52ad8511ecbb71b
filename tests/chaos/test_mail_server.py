"""Mail servers at their worst, on both databases: the follow-up's row tells what happened, and no mail is doubled."""

import threading
import time
from datetime import timedelta

import pytest
from sqlmodel import select

from app.channels import smtp
from app.channels.email import Email
from app.delivery import Courier
from app.drill import plan
from app.settings import Settings
from db import tables
from db.session import read_only, unit_of_work
from desk import outbox
from desk.policy import Policy
from tests.chaos.crew import answered, assert_nothing_lost_or_doubled, states
from tests.support.mail import postbox
from tests.support.processes import free_port, wait_until
from tests.support.proxy import proxy


@pytest.fixture
def box():
    with postbox() as opened:
        yield opened


@pytest.fixture
def short_deadline(monkeypatch):
    monkeypatch.setattr(smtp, "DEADLINE_SECONDS", 0.7)


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


def refused_address(engine):
    with read_only(engine) as session:
        return session.exec(select(tables.Customer.email_refused)).one()


@pytest.mark.parametrize("code", [421, 451])
def test_a_passing_refusal_waits_and_goes_later(planned, box, deliver, code):
    box.answers = [f"{code} not now"]
    deliver(box.url)
    assert str(code) in row_of(planned).status_reason
    deliver(box.url)
    assert answered(planned) == ["send", "retry", "send", "sent"]
    assert_nothing_lost_or_doubled(planned, 1, box.taken)


def test_a_server_that_greylists_gets_it_later_and_the_address_stays_good(planned, box, deliver):
    box.to_recipients = ["450 4.2.0 greylisted, come back"]
    deliver(box.url)
    assert (states(planned), refused_address(planned)) == ({"pending": 1}, None)
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
    assert_nothing_lost_or_doubled(planned, 1, box.taken)


def test_passing_refusals_end_with_its_last_useful_moment(planned, box, deliver):
    with unit_of_work(planned) as session:
        row = session.exec(select(tables.FollowUp)).one()
        row.not_after = outbox.database_now(session) + timedelta(seconds=10)  # sooner than any back-off
    box.answers = ["451 not now"]
    deliver(box.url)
    assert row_of(planned).status == "expired"
    assert "451 not now" in row_of(planned).status_reason
    assert_nothing_lost_or_doubled(planned, 1, box.taken)


def test_many_that_were_refused_at_once_do_not_come_back_at_once(engine, box, deliver):
    plan(engine, 12)
    box.answers = ["451 not now"] * 12
    deliver(box.url)
    first = Policy().first_retry_after
    with read_only(engine) as session:
        told = session.exec(select(tables.GateAnswer).where(tables.GateAnswer.answer == "retry")).all()
        waits = sorted(answer.until - answer.time for answer in told)
    assert first / 2 <= waits[0] < waits[-1] <= first * 3
    assert waits[-1] - waits[0] > first / 5
    assert_nothing_lost_or_doubled(engine, 12, box.taken, pending=12)


def test_a_refused_address_is_failed_and_marked_with_the_servers_words(planned, box, deliver):
    box.to_recipients = ["550 no such mailbox"]
    deliver(box.url)
    assert "550 no such mailbox" in row_of(planned).status_reason
    assert "550 no such mailbox" in refused_address(planned)
    with read_only(planned) as session:
        assert session.exec(select(tables.Event.kind).where(tables.Event.kind == "mail_bounced")).all()
    assert states(planned) == {"failed": 1}
    assert_nothing_lost_or_doubled(planned, 1, box.taken)


def test_a_refused_mail_is_failed_and_says_nothing_about_the_address(planned, box, deliver):
    box.answers = ["550 message looks like spam"]
    deliver(box.url)
    assert "550 message looks like spam" in row_of(planned).status_reason
    assert (states(planned), refused_address(planned)) == ({"failed": 1}, None)
    assert_nothing_lost_or_doubled(planned, 1, box.taken)


def test_a_yes_in_another_encoding_is_a_yes_and_the_mail_goes_once(planned, box, deliver):
    box.thanks = "250 übernommen\0".encode("latin-1")
    deliver(box.url)
    assert states(planned) == {"sent": 1}
    assert "bernommen" in row_of(planned).status_reason
    assert_nothing_lost_or_doubled(planned, 1, box.taken)


def test_a_no_in_another_encoding_is_kept_with_its_reason(planned, box, deliver):
    box.answers = ["550 Empfänger unbekannt".encode("latin-1")]
    deliver(box.url)
    assert states(planned) == {"failed": 1}
    assert "unbekannt" in row_of(planned).status_reason
    assert_nothing_lost_or_doubled(planned, 1, box.taken)


def test_answers_about_many_mails_reach_the_row_each_is_about(engine, box, deliver):
    plan(engine, 9)
    box.to_recipients = ["250 ok", "550 no such mailbox", "451 not now"]
    box.answers = ["554 no", "451 later"]
    deliver(box.url)
    assert states(engine) == {"sent": 5, "failed": 2, "pending": 2}
    assert_nothing_lost_or_doubled(engine, 9, box.taken, pending=2)
    deliver(box.url)
    assert states(engine) == {"sent": 7, "failed": 2}
    assert_nothing_lost_or_doubled(engine, 9, box.taken)


def test_a_refused_login_is_the_operators_to_mend_and_costs_no_follow_up(planned, deliver, caplog):
    with postbox(login=("shop", "its-password")) as box:
        deliver(f"smtp://shop:not-its-password@127.0.0.1:{box.port}")
        assert (states(planned), refused_address(planned)) == ({"pending": 1}, None)
        assert "535" in caplog.text
        assert "not-its-password" not in caplog.text
        deliver(f"smtp://shop:its-password@127.0.0.1:{box.port}")
    assert states(planned) == {"sent": 1}
    assert_nothing_lost_or_doubled(planned, 1, box.taken)


@pytest.mark.parametrize("farewell", ["421 too many mails on this line", ""], ids=["421", "closed"])
def test_a_line_that_ends_between_two_mails_costs_none_of_them(engine, box, deliver, farewell):
    plan(engine, 12)
    box.mails_per_line, box.farewell = 2, farewell
    deliver(box.url)
    assert set(states(engine)) <= {"sent", "pending"}  # the end of a line refuses nobody
    deliver(box.url)
    assert states(engine) == {"sent": 12}
    assert_nothing_lost_or_doubled(engine, 12, box.taken)


def test_a_server_that_hangs_is_ended_by_our_deadline(planned, box, deliver, short_deadline):
    box.seconds = 60
    began = time.monotonic()
    deliver(box.url)
    assert time.monotonic() - began < 30
    box.seconds = 0
    assert row_of(planned).status == "pending"
    assert_nothing_lost_or_doubled(planned, 1, box.taken, pending=1)


@pytest.mark.parametrize("way", ["drops", "mutes"])
def test_a_server_that_takes_the_mail_without_saying_so_gets_it_again_under_the_same_id(
    planned, box, deliver, short_deadline, way
):
    setattr(box, way, 1)
    deliver(box.url)
    assert_nothing_lost_or_doubled(planned, 1, box.taken, pending=1)
    deliver(box.url)
    assert list(box.taken.values()) == [2]
    assert_nothing_lost_or_doubled(planned, 1, box.taken, repeated=1)


def test_a_server_that_refuses_connections_is_tried_later(planned, box, deliver):
    deliver(f"smtp://127.0.0.1:{free_port()}")
    assert states(planned) == {"pending": 1}
    deliver(box.url)
    assert_nothing_lost_or_doubled(planned, 1, box.taken)


def test_a_line_cut_before_the_mail_was_taken_is_tried_again(planned, box, deliver):
    box.seconds = 30
    with proxy(box.port) as line:
        sending = threading.Thread(target=deliver, args=(f"smtp://127.0.0.1:{line.port}",))
        sending.start()
        wait_until(lambda: box.begun, 10, "the mail's arrival")
        line.cut()
        sending.join()
        assert (states(planned), box.mails) == ({"pending": 1}, [])
    box.seconds = 0
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
