"""The channels against real servers on loopback, and against the database that two of them write to."""

import logging
import threading
import time
from datetime import timedelta
from io import StringIO

import pytest
from sqlmodel import select

from app.channels import PermanentFailure, TransientFailure, UnknownOutcome
from app.channels.all import channels_of
from app.channels.in_chat import conversation_with_news
from app.channels.sms import Sms
from app.links import leads_to, read_click_token
from app.settings import Settings
from db import tables
from db.session import unit_of_work
from desk.calls import calls_of
from desk.conversations import add_message, open_conversation, post_customer_message
from desk.escalations import open_case
from tests.desk.people import NOW, agent, customer
from tests.support.mail import postbox
from tests.support.processes import free_port, wait_until
from tests.support.sms import sms_service


def settings_in(tmp_path, **more):
    return Settings(_env_file=None, home=tmp_path / "home", **more)


def send_mail_to(who, row, settings, engine):
    channel = channels_of(settings, engine)["email"]
    channel.send(row, who)
    channel.rest()


def planned(session, who, channel, key="check_back:c1", conversation=None, **details):
    row = tables.FollowUp(
        idempotency_key=key, customer_id=who.id, conversation_id=conversation, rule="check_back", channel=channel,
        details=details, planned_at=NOW, due_at=NOW, not_after=NOW + timedelta(days=2),
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def prepared(engine, channel, **fields):
    with unit_of_work(engine) as session:
        who = customer(session, name="Ana", **fields)
        return planned(session, who, channel), who


def messages(engine):
    with unit_of_work(engine) as session:
        return list(session.exec(select(tables.Message).order_by(tables.Message.id)))


# e-mail


def sent_mail(engine, tmp_path, **settings):
    row, who = prepared(engine, "email")
    with postbox() as box:
        made = settings_in(tmp_path, smtp_url=f"smtp://127.0.0.1:{box.port}", **settings)
        send_mail_to(who, row, made, engine)
    return made, row, box.mails[0]


def test_the_shop_s_link_in_a_mail_is_counted_and_the_preferences_are_one_click_away(engine, tmp_path):
    row, who = prepared(engine, "email")
    with postbox() as box:
        made = settings_in(tmp_path, smtp_url=f"smtp://127.0.0.1:{box.port}")
        send_mail_to(who, row, made, engine)
    text = box.mails[0].get_body(("plain",)).get_content()
    assert f"{made.web_url}/u/" in text
    assert "/preferences" in text


def test_a_template_s_shop_url_becomes_the_signed_redirect_in_text_and_html(engine, tmp_path, monkeypatch):
    from jinja2 import DictLoader

    from app.channels import texts

    layout = "{% for paragraph in paragraphs %}<p>{{ paragraph.strip() }}</p>{% endfor %}"
    both = {
        "check_back.en.txt": "Hi\n\n<b>{{ name }}</b>\n\nCome back: {{ shop_url }}\n",
        "layout.html": layout,
    }
    monkeypatch.setattr(texts.TEMPLATES, "loader", DictLoader(both))
    monkeypatch.setattr(texts.TEMPLATES, "cache", {})
    made, row, mail = sent_mail(engine, tmp_path)
    text, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
    token = text.split("/c/")[1].split()[0]
    assert read_click_token(made.secret("link_secret"), token) == (row.id, made.web_url)
    assert f'<a href="{made.web_url}/c/{token}"' in html
    assert "&lt;b&gt;Ana&lt;/b&gt;" in html


@pytest.mark.parametrize(
    "address",
    [
        "a@shop.example\nBcc: b@shop.example",
        "a@shop.example, b@shop.example",
        "Ana <a@shop.example>",
        "nobody",
        None,
    ],
)
def test_an_address_that_is_not_one_address_is_refused_for_good(engine, tmp_path, address):
    row, who = prepared(engine, "email")
    who.email = address
    with pytest.raises(PermanentFailure, match="not one that mail can be sent to"):
        channels_of(settings_in(tmp_path), engine)["email"].send(row, who)


def test_a_shop_name_with_a_comma_stays_one_sender(engine, tmp_path):
    _, _, mail = sent_mail(engine, tmp_path, shop_name="Tea, Inc. <x@y>")
    assert [address.addr_spec for address in mail["From"].addresses] == ["care@leafandkettle.example"]


# in the chat


def test_a_follow_up_in_the_chat_is_said_once_and_marked(engine, tmp_path):
    row, who = prepared(engine, "in_chat")
    channel = channels_of(settings_in(tmp_path), engine)["in_chat"]
    first = channel.send(row, who)
    with unit_of_work(engine) as session:  # a newer conversation does not make a repeat a new message
        open_conversation(session, session.get_one(tables.Customer, who.id), "en", NOW + timedelta(days=400))
    assert channel.send(row, who) == first
    (message,) = messages(engine)
    assert (message.role, message.payload, message.row_key) == (
        "bot",
        {"follow_up": True},
        row.idempotency_key,
    )
    assert message.text.startswith("Hello Ana,")
    assert "Did we put it right?" not in message.text


def test_it_waits_in_the_newest_conversation_until_the_customer_answers(engine, tmp_path):
    row, who = prepared(engine, "in_chat")
    with unit_of_work(engine) as session:
        mine = session.get_one(tables.Customer, who.id)
        open_conversation(session, mine, "en", NOW - timedelta(days=9))
        newest = open_conversation(session, mine, "en", NOW - timedelta(days=3)).id
    channels_of(settings_in(tmp_path), engine)["in_chat"].send(row, who)
    with unit_of_work(engine) as session:
        found = conversation_with_news(session, who.id, NOW)
        assert found.id == newest
        post_customer_message(session, found, "thank you", "c9", NOW)
        assert conversation_with_news(session, who.id, NOW) is None


def test_while_a_human_has_the_chat_it_waits(engine, tmp_path):
    row, who = prepared(engine, "in_chat")
    with unit_of_work(engine) as session:
        conversation = open_conversation(session, session.get_one(tables.Customer, who.id), "en", NOW)
        conversation.agent_id = agent(session, "Mia").id
        add_message(session, conversation.id, "agent", "one moment", NOW)
    with pytest.raises(TransientFailure, match="a human has the chat"):
        channels_of(settings_in(tmp_path), engine)["in_chat"].send(row, who)
    assert [message.text for message in messages(engine)] == ["one moment"]


def test_two_workers_at_once_say_it_once(engine, tmp_path):
    row, who = prepared(engine, "in_chat")
    channel = channels_of(settings_in(tmp_path), engine)["in_chat"]
    workers = [threading.Thread(target=channel.send, args=(row, who)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(messages(engine)) == 1


# SMS: the database plays no part


@pytest.fixture
def text_to_send():
    who = tables.Customer(id=1, customer_key="ana", name="Ana", phone="+49 (151) 234-567")
    row = tables.FollowUp(
        id=1,
        idempotency_key="k1",
        customer_id=1,
        rule="check_back",
        channel="sms",
        details={},
        planned_at=NOW,
    )
    return row, who


def test_an_sms_reaches_the_customer_s_number_with_the_template_s_words(tmp_path, text_to_send):
    with sms_service() as (service, url):
        Sms(settings_in(tmp_path, sms_url=url)).send(*text_to_send)
    (sent,) = service.sent
    assert sent["to"] == "+49151234567"
    assert sent["message"].startswith("Hello Ana,")


def test_a_service_that_hangs_ends_at_the_deadline_with_an_unknown_outcome(tmp_path, text_to_send):
    with sms_service() as (service, url):
        threads = threading.active_count()
        service.may_answer.clear()
        started = time.monotonic()
        with pytest.raises(UnknownOutcome, match="did not answer within"):
            Sms(settings_in(tmp_path, sms_url=url), deadline=0.3).send(*text_to_send)
        assert time.monotonic() - started < 10  # the service would hang for thirty
        service.may_answer.set()
        wait_until(lambda: threading.active_count() <= threads, 10, "the end of the thread left behind")


def test_a_service_that_takes_it_and_drops_the_line_leaves_the_outcome_unknown(tmp_path, text_to_send):
    with sms_service() as (service, url):
        service.drops = True
        with pytest.raises(UnknownOutcome, match="perhaps it was sent"):
            Sms(settings_in(tmp_path, sms_url=url)).send(*text_to_send)


@pytest.mark.parametrize(
    ("status", "failure"), [(503, TransientFailure), (429, TransientFailure), (400, PermanentFailure)]
)
def test_the_service_s_answer_tells_passing_from_final(tmp_path, text_to_send, status, failure):
    with sms_service() as (service, url):
        service.answers = [status]
        with pytest.raises(failure, match=f"answered {status}"):
            Sms(settings_in(tmp_path, sms_url=url)).send(*text_to_send)


def test_a_service_that_is_away_may_be_tried_again(tmp_path, text_to_send):
    away = settings_in(tmp_path, sms_url=f"json://127.0.0.1:{free_port()}/?:to={{phone}}")
    with pytest.raises(TransientFailure, match="cannot be reached"):
        Sms(away).send(*text_to_send)


@pytest.mark.parametrize(
    ("url", "phone", "sentence"),
    [
        ("", "+49151234567", "no SMS service is configured"),
        ("json://127.0.0.1/sms", "+49151234567", "has no {phone} in it"),
        ("json://127.0.0.1/?:to={phone}", None, "no phone number"),
        ("json://127.0.0.1/?:to={phone}", "1/&:to=999", "no phone number"),
        ("nonsense:{phone}", "+49151234567", "not an address that apprise knows"),
    ],
)
def test_what_cannot_be_sent_is_refused_for_good(tmp_path, text_to_send, url, phone, sentence):
    row, who = text_to_send
    who.phone = phone
    with pytest.raises(PermanentFailure) as refusal:
        Sms(settings_in(tmp_path, sms_url=url)).send(row, who)
    assert sentence in str(refusal.value)


def test_neither_text_nor_number_reaches_a_log(tmp_path, text_to_send, monkeypatch):
    logged = StringIO()  # pytest's own capturing also reads loggers that pass nothing on
    monkeypatch.setattr(logging.getLogger(), "handlers", [logging.StreamHandler(logged)])
    monkeypatch.setattr(logging.getLogger(), "level", logging.DEBUG)
    with sms_service() as (service, url):
        service.answers = [500]
        with pytest.raises(TransientFailure):
            Sms(settings_in(tmp_path, sms_url=url)).send(*text_to_send)
    assert "Ana" not in logged.getvalue()
    assert "151234567" not in logged.getvalue()


# phone


def test_a_call_is_a_case_for_an_agent_with_the_number_and_the_rule(engine, tmp_path):
    row, who = prepared(engine, "phone", phone="+49151234567")
    channel = channels_of(settings_in(tmp_path), engine)["phone"]
    receipt = channel.send(row, who)
    assert channel.send(row, who) == receipt
    with unit_of_work(engine) as session:
        session.get_one(tables.FollowUp, row.id).provider_id = receipt.provider_id
        conversation = session.exec(select(tables.Conversation)).one()
        case = open_case(session, conversation.id)
        assert receipt.provider_id == f"case:{case.id}"
        (call,) = calls_of(session, case)
        assert (call.follow_up_id, call.phone, call.rule) == (row.id, "+49151234567", "check_back")


def test_without_a_number_nobody_is_asked_to_call(engine, tmp_path):
    row, who = prepared(engine, "phone")
    with pytest.raises(PermanentFailure, match="no phone number"):
        channels_of(settings_in(tmp_path), engine)["phone"].send(row, who)


# links


@pytest.mark.parametrize(
    ("url", "leads"),
    [
        ("https://shop.example/tea?x=1", True),
        ("https://SHOP.example/", True),
        ("https://shop.example.evil.example/", False),
        ("https://shop.example@evil.example/", False),
        ("https://shop.example:444/", False),
        ("//shop.example/", False),
        ("javascript:alert(1)//shop.example", False),
        ("https://evil.example\\@shop.example/", False),
        ("https://shop.example/\r\nSet-Cookie: a=b", False),
        ("https://[shop.example/", False),
    ],
)
def test_only_plain_addresses_of_the_shop_s_hosts_are_followed(url, leads):
    assert leads_to(url, frozenset({"shop.example"})) is leads
