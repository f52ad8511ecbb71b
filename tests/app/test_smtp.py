"""Mails over lines that stay open, to real SMTP servers on loopback."""

import logging
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from app.channels import AddressRefused, PermanentFailure, TransientFailure, UnknownOutcome
from app.channels.mime import Mail
from app.channels.smtp import LoginRefused, Mailer, SmtpServer
from tests.support.mail import postbox
from tests.support.processes import free_port

MAIL = Mail(
    sender_name="Leaf & Kettle",
    sender="care@shop.example",
    recipient="ana@example.com",
    subject="Did we put it right?",
    text="Hello Ana\n",
    html="<p>Hello Ana</p>",
    message_id="<check_back.c1@shop.example>",
    date=datetime(2026, 3, 1, 9, tzinfo=UTC),
    unsubscribe_url="https://shop.example/u/" + "eyJhbGciOiJIUzI1NiJ9." * 9,
)
PLAIN_LOGIN = pytest.mark.filterwarnings("ignore:Requiring AUTH")


class Connections(logging.Handler):
    """Counts the connections that the server tells its log of."""

    count = 0

    def emit(self, record):
        self.count += "handling connection" in record.getMessage()


@pytest.fixture
def box():
    with postbox() as opened:
        yield opened


@pytest.fixture
def connections():
    log, counted = logging.getLogger("mail.log"), Connections()
    level = log.level
    log.setLevel(logging.INFO)
    log.addHandler(counted)
    yield counted
    log.removeHandler(counted)
    log.setLevel(level)


@contextmanager
def mailer_to(url):
    mailer = Mailer(SmtpServer.from_url(url))
    try:
        yield mailer
    finally:
        mailer.hang_up()


def numbered(number):
    return replace(MAIL, message_id=f"<check_back.{number}@shop.example>")


def test_many_mails_go_over_one_line(box, connections):
    with mailer_to(box.url) as mailer:
        for number in range(5):
            mailer.send(numbered(number))
    assert len(box.taken) == 5
    assert connections.count == 1


def test_a_line_that_the_server_closed_meanwhile_is_opened_again(box, connections):
    with mailer_to(box.url) as mailer:
        box.drops = 1
        with pytest.raises(UnknownOutcome):
            mailer.send(numbered(1))
        mailer.send(numbered(2))
        box.hang_up()
        assert mailer.send(numbered(3)) == "taken"
    assert connections.count == 3


def test_a_refused_mail_leaves_nothing_behind_for_the_next_one(box):
    box.to_recipients = ["550 no such mailbox"]
    with mailer_to(box.url) as mailer:
        with pytest.raises(AddressRefused, match="550 no such mailbox"):
            mailer.send(numbered(1))
        mailer.send(numbered(2))
    assert list(box.taken) == ["<check_back.2@shop.example>"]


def test_a_line_lost_after_the_mail_was_handed_over_is_an_unknown_outcome(box):
    box.drops = 1
    with mailer_to(box.url) as mailer, pytest.raises(UnknownOutcome, match="perhaps taken"):
        mailer.send(MAIL)
    assert len(box.mails) == 1


def test_a_server_that_nobody_answers_at_took_nothing():
    with mailer_to(f"smtp://127.0.0.1:{free_port()}") as mailer, pytest.raises(TransientFailure):
        mailer.send(MAIL)


@contextmanager
def guarded_server(authenticator):
    """A mail server that wants a login first."""
    controller = Controller(
        object(), hostname="127.0.0.1", port=free_port(), authenticator=authenticator,
        auth_required=True, auth_require_tls=False,
    )  # fmt: skip
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@PLAIN_LOGIN
def test_a_refused_login_is_the_operators_to_mend_and_is_not_tried_again_at_once(caplog):
    tries = []

    def refuse(_server, _session, _envelope, _mechanism, _data):
        tries.append(1)
        return AuthResult(success=False, handled=False)

    with guarded_server(refuse) as port, mailer_to(f"smtp://shop:wrong@127.0.0.1:{port}") as mailer:
        with pytest.raises(TransientFailure, match=r"refused our login .* check STAYLINE_SMTP_URL"):
            mailer.send(MAIL)
        seen = len(tries)
        with pytest.raises(LoginRefused):
            mailer.send(MAIL)
    assert (len(tries), seen >= 1) == (seen, True)
    assert "refused our login" in caplog.text


@PLAIN_LOGIN
def test_a_server_that_wants_a_login_we_do_not_have_blames_no_address():
    with (
        guarded_server(None) as port,
        mailer_to(f"smtp://127.0.0.1:{port}") as mailer,
        pytest.raises(LoginRefused, match="530"),
    ):
        mailer.send(MAIL)


def test_the_one_click_link_stands_in_its_header_as_it_is():
    head = MAIL.as_bytes().split(b"\r\n\r\n")[0]
    assert f"\r\nList-Unsubscribe: <{MAIL.unsubscribe_url}>\r\n".encode() in head
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click" in head


def test_subject_and_parts_survive_in_any_language():
    chinese = replace(
        MAIL,
        subject="问题解决了吗？" * 9,
        text="您好，小雨\n",
        html="<p>您好，小雨</p>",
        sender_name="叶与壶",
    )
    read = message_from_bytes(chinese.as_bytes(), policy=policy.default)
    assert read["Subject"] == chinese.subject
    assert read["From"].addresses[0].display_name == "叶与壶"
    assert [read.get_body((kind,)).get_content().strip() for kind in ("plain", "html")] == [
        "您好，小雨",
        "<p>您好，小雨</p>",
    ]
    assert max(map(len, chinese.as_bytes().split(b"\r\n"))) < 998


def test_the_same_mail_is_the_same_bytes():
    assert replace(MAIL).as_bytes() == MAIL.as_bytes()


def test_an_address_with_letters_beyond_ascii_goes_where_the_server_takes_it(box):
    with mailer_to(box.url) as mailer:
        mailer.send(replace(MAIL, recipient="josé@example.com"))
    assert box.mails[0]["To"] == "josé@example.com"


def test_an_address_with_such_letters_is_refused_where_the_server_does_not_take_it():
    plain = Controller(object(), hostname="127.0.0.1", port=free_port(), enable_SMTPUTF8=False)
    plain.start()
    try:
        with (
            mailer_to(f"smtp://127.0.0.1:{plain.port}") as mailer,
            pytest.raises(PermanentFailure, match="such letters"),
        ):
            mailer.send(replace(MAIL, recipient="josé@example.com"))
    finally:
        plain.stop()
