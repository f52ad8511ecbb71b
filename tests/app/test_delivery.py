"""Due follow-ups to a real SMTP server on loopback, on both databases."""

from datetime import timedelta

import pytest
from sqlmodel import select

from app.channels.email import Email
from app.delivery import Courier
from app.settings import Settings
from db import tables
from db.session import unit_of_work
from desk import consent, outbox
from tests.support.mail import postbox
from tests.support.processes import free_port

NOON_SOMEWHERE = [
    "UTC",
    "Asia/Tokyo",
    "America/Los_Angeles",
    "Asia/Kolkata",
    "Pacific/Auckland",
    "America/Sao_Paulo",
]


@pytest.fixture
def box():
    with postbox() as opened:
        yield opened


@pytest.fixture
def courier(engine, box, tmp_path):
    return email_courier(
        engine, Settings(home=tmp_path / "home", smtp_url=f"smtp://127.0.0.1:{box.port}", hold_out_share=0)
    )


def email_courier(engine, settings):
    return Courier(engine, settings, "w1", {"email": Email(settings)})


def daytime_zone(now):
    """A zone where it is neither early nor late right now, so that quiet hours do not decide the test."""
    from zoneinfo import ZoneInfo

    return next(zone for zone in NOON_SOMEWHERE if 9 <= now.astimezone(ZoneInfo(zone)).hour < 19)


def plan(engine, *, language="en", agreed=True, zone=None, key="check_back:c1", **details):
    with unit_of_work(engine) as session:
        now = outbox.database_now(session)
        who = tables.Customer(
            customer_key=f"ana-{key}", name="Ana", email="ana@example.com", language=language,
            time_zone=zone or daytime_zone(now),
        )  # fmt: skip
        session.add(who)
        session.flush()
        if agreed:
            consent.record(session, who.id, consent.Purpose.FOLLOW_UP, True, now, "test", "email")
        outbox.plan(
            session,
            tables.FollowUp(
                idempotency_key=key, customer_id=who.id, rule="check_back", channel="email", details=details,
                planned_at=now - timedelta(days=1), due_at=now - timedelta(seconds=1), not_after=now + timedelta(days=2),
            ),
        )  # fmt: skip
        return who.id


def rows(engine):
    with unit_of_work(engine) as session:
        return list(session.exec(select(tables.FollowUp)))


def due_again(engine):
    with unit_of_work(engine) as session:
        for row in session.exec(select(tables.FollowUp)):
            row.due_at = outbox.database_now(session) - timedelta(seconds=1)


def test_a_due_follow_up_arrives_once_with_text_html_and_one_click_headers(engine, box, courier):
    plan(engine, offer_title="15 % off your next order", offer_code="STAY-1")
    courier.deliver_due()
    courier.deliver_due()
    (mail,) = box.mails
    assert mail["Subject"] == "Did we put it right?"
    assert mail["Message-ID"] == "<check_back.c1@leafandkettle.example>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "/u/" in mail["List-Unsubscribe"]
    text, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert "STAY-1" in text
    assert "STAY-1" in html
    (row,) = rows(engine)
    assert (row.status, row.provider_id) == ("sent", "<check_back.c1@leafandkettle.example>")


def test_a_chinese_customer_gets_chinese(engine, box, courier):
    plan(engine, language="zh")
    courier.deliver_due()
    assert box.mails[0]["Subject"] == "问题解决了吗？"


def test_a_name_with_markup_stays_inert_in_the_html(engine, box, courier):
    who = plan(engine)
    with unit_of_work(engine) as session:
        session.get_one(tables.Customer, who).name = "<script>alert(1)</script> {{7*7}}"
    courier.deliver_due()
    html = box.mails[0].get_body(("html",)).get_content()
    assert "<script>" not in html
    assert "{{7*7}}" in html


def test_a_name_with_a_line_break_makes_no_header(engine, box, courier):
    who = plan(engine)
    with unit_of_work(engine) as session:
        session.get_one(tables.Customer, who).name = "Ana\nBcc: everyone@example.com"
    courier.deliver_due()
    assert box.mails[0]["Bcc"] is None


def test_without_consent_nothing_is_sent_and_the_row_says_why(engine, box, courier):
    plan(engine, agreed=False)
    courier.deliver_due()
    assert box.mails == []
    assert [(row.status, row.status_reason) for row in rows(engine)] == [
        ("cancelled", "no consent to follow-ups")
    ]


def test_in_quiet_hours_it_is_moved_to_the_morning_not_dropped(engine, box, courier):
    from zoneinfo import ZoneInfo, available_timezones

    with unit_of_work(engine) as session:
        now = outbox.database_now(session)
    night = next(
        zone for zone in sorted(available_timezones()) if now.astimezone(ZoneInfo(zone)).hour in (1, 2, 3, 4)
    )
    plan(engine, zone=night)
    courier.deliver_due()
    (row,) = rows(engine)
    assert (box.mails, row.status) == ([], "pending")
    assert row.due_at.astimezone(ZoneInfo(night)).strftime("%H:%M") == "08:00"


def test_a_passing_refusal_is_tried_again_as_the_same_mail(engine, box, courier):
    plan(engine)
    box.answers = ["451 come back later"]
    courier.deliver_due()
    (row,) = rows(engine)
    assert (row.status, row.attempts) == ("pending", 1)
    assert "451" in row.status_reason
    due_again(engine)
    courier.deliver_due()
    assert [mail["Message-ID"] for mail in box.mails] == ["<check_back.c1@leafandkettle.example>"]


def test_a_final_refusal_fails_and_says_what_the_server_said(engine, box, courier):
    plan(engine)
    box.answers = ["550 no such mailbox"]
    courier.deliver_due()
    (row,) = rows(engine)
    assert row.status == "failed"
    assert "550 no such mailbox" in row.status_reason


def test_a_mail_server_that_is_away_is_tried_again(engine, tmp_path):
    plan(engine)
    away = Settings(home=tmp_path / "home", smtp_url=f"smtp://127.0.0.1:{free_port()}", hold_out_share=0)
    email_courier(engine, away).deliver_due()
    assert rows(engine)[0].status == "pending"


def test_a_row_that_cannot_be_written_is_dead_after_its_attempts_and_others_move_on(engine, box, courier):
    plan(engine, key="check_back:poison")
    plan(engine, key="check_back:fine")
    with unit_of_work(engine) as session:
        poison = session.exec(
            select(tables.FollowUp).where(tables.FollowUp.idempotency_key == "check_back:poison")
        ).one()
        poison.rule = "no_such_template"
    for _ in range(courier.policy.max_faults + 1):
        courier.deliver_due()
        due_again(engine)
    status = {row.idempotency_key: row.status for row in rows(engine)}
    assert status == {"check_back:poison": "dead", "check_back:fine": "sent"}
    assert len(box.mails) == 1
