"""The main job, end to end: chat -> bot -> risk -> agent, offer, follow-up, with every process up."""

import html
import json
import re
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy import inspect, literal_column
from sqlalchemy import select as rows_of
from sqlalchemy import table as named
from sqlmodel import select

from db import tables
from db.session import unit_of_work
from risk_model.words import in_words
from tests.app.web.browsing import quiet_page, running_browser
from tests.conversations.people import Casting
from tests.journey import in_browser
from tests.support.chat import Chat, identity_of
from tests.support.console import signed_in_agent
from tests.support.processes import stayline, wait_until

DAYTIME_SOMEWHERE = [
    "UTC",
    "Asia/Tokyo",
    "America/Los_Angeles",
    "Asia/Kolkata",
    "Pacific/Auckland",
    "America/Sao_Paulo",
]
SECOND_START_SECONDS = 40
CANARY = "zanzibar-4711"


@pytest.fixture(scope="module")
def shop(start_shop):
    return start_shop()


@pytest.fixture(scope="module")
def maya(shop):
    """The customer about to leave, who has just written about her order."""
    chat = Chat(shop.url, identity_of(shop.url, "demo-maya"))
    chat.posted = [
        chat.say("Where is my order? It is late again."),
        chat.say("My last parcel came broken. I am done waiting."),
    ]
    chat.wait_for(lambda message: message["role"] == "bot" and message["id"] > chat.posted[1]["id"])
    yield chat
    chat.close()


def customer(session, key="demo-maya"):
    return session.exec(select(tables.Customer).where(tables.Customer.customer_key == key)).one()


def of_maya(shop, table):
    with unit_of_work(shop.engine) as session:
        return list(session.exec(select(table).where(table.customer_id == customer(session).id)))


def test_the_first_bubble_says_it_is_a_machine_and_how_to_reach_a_human(maya):
    first = maya.session["messages"][0]
    assert "automated assistant" in first["text"]
    assert first["payload"]["buttons"][0]["payload"] == "/contact_human_agent"


def test_she_gets_an_answer_about_her_own_order_by_sse(shop, maya):
    answer = maya.wait_for(lambda message: message["id"] > maya.posted[0]["id"] and "SL-" in message["text"])
    number = re.search(r"SL-\d+", answer["text"])[0]
    assert number in [order.order_number for order in of_maya(shop, tables.Order)]


def test_the_same_message_posted_twice_makes_one_message(maya):
    first, second = (maya.say("thank you", client_id="only-once") for _ in range(2))
    assert first == second
    maya.wait_for(lambda message: message["role"] == "bot" and message["id"] > first["id"])
    assert [message["text"] for message in maya.received].count("thank you") == 1


def test_each_turn_has_a_stored_risk_whose_reasons_name_behaviour_and_quote_her_own_sentence(shop, maya):
    turns = {posted["id"] for posted in maya.posted}
    risks = [risk for risk in of_maya(shop, tables.Risk) if risk.message_id in turns]
    assert {risk.message_id for risk in risks} == turns
    newest = max(risks, key=lambda risk: risk.message_id)
    assert newest.status == "scored"
    assert newest.probability > 0.7
    assert newest.model_version
    assert {reason["kind"] for reason in newest.reasons} == {"behaviour", "text"}
    with unit_of_work(shop.engine) as session:
        who = customer(session)
        written = set(session.exec(select(tables.Review.text).where(tables.Review.customer_id == who.id)))
        mine = (
            select(tables.Message.text)
            .join(tables.Conversation)
            .where(tables.Conversation.customer_id == who.id)
        )
        written |= set(session.exec(mine.where(tables.Message.role == "customer")))
    quotes = [reason["quote"] for reason in newest.reasons if reason["kind"] == "text"]
    assert all(any(text.startswith(quote.rstrip("…")) for text in written) for quote in quotes)


def message_of(risk):
    return risk.message_id


def test_one_escalation_stands_in_the_console_with_its_reasons(shop, maya):
    (case,) = of_maya(shop, tables.Escalation)
    assert case.cause == "risk"
    with signed_in_agent(shop) as agent:
        queue = agent.get("/console").text
        page = agent.get(f"/console/cases/{case.id}").text
    assert "Maya" in queue
    assert f"/console/cases/{case.id}" in queue
    assert "I am done waiting." in page
    # beside the case stands the newest turn's risk, which need not be the one that opened it
    newest = max(filter(message_of, of_maya(shop, tables.Risk)), key=message_of)
    strongest = [in_words(reason, "en") for reason in newest.reasons if reason["kind"] == "behaviour"]
    assert strongest[0] in html.unescape(page)


def test_the_offer_can_be_accepted_once(maya):
    card = maya.wait_for(lambda message: "offer" in (message["payload"] or {}))
    url = f"/api/chat/offers/{card['payload']['offer']['id']}/accept"
    accepted = maya.http.post(url)
    assert accepted.status_code == 200
    assert accepted.json()["code"].startswith("STAY-")
    again = maya.http.post(url)
    assert again.status_code == 409
    assert "can be used once" in again.json()["error"]


def test_somebody_elses_offer_is_not_found(shop, maya):
    card = maya.wait_for(lambda message: "offer" in (message["payload"] or {}))
    ana = Chat(shop.url, identity_of(shop.url, "demo-ana"))
    assert ana.http.post(f"/api/chat/offers/{card['payload']['offer']['id']}/accept").status_code == 404
    ana.close()


def test_the_content_customer_is_not_escalated(shop):
    ana = Chat(shop.url, identity_of(shop.url, "demo-ana"))
    posted = ana.say("Hello, how long does delivery take?")
    ana.wait_for(lambda message: message["role"] == "bot" and message["id"] > posted["id"])
    with unit_of_work(shop.engine) as session:
        who = customer(session, "demo-ana")
        risk = session.exec(select(tables.Risk).where(tables.Risk.message_id == posted["id"])).one()
        cases = session.exec(select(tables.Escalation).where(tables.Escalation.customer_id == who.id)).all()
    ana.close()
    assert risk.probability < 0.45
    assert cases == []


def test_a_chinese_customer_is_answered_in_chinese(shop):
    wei = Chat(shop.url, identity_of(shop.url, "demo-wei"))
    posted = wei.say("你们的退货政策是什么？")
    answer = wei.wait_for(lambda message: message["role"] == "bot" and message["id"] > posted["id"])
    wei.close()
    assert "30 天" in answer["text"]


def test_a_typed_command_is_ordinary_text(shop):
    visitor = Chat(shop.url)
    for text in ("/restart", '/order_status{"customer":"demo-maya"}', "/SetSlot"):
        posted = visitor.say(text)
        answer = visitor.wait_for(
            lambda message, after=posted["id"]: message["role"] == "bot" and message["id"] > after
        )
        assert answer["text"]
    visitor.close()


def test_bot_and_action_server_refuse_a_call_without_their_secret(shop):
    for port, path in (
        (shop.settings["bot_port"], "/webhooks/rest/webhook"),
        (shop.settings["actions_port"], "/webhook"),
    ):
        refused = httpx.post(
            f"http://127.0.0.1:{port}{path}", json={"sender": "x", "message": "hi"}, trust_env=False
        )
        assert (refused.status_code, refused.content) == (401, b"")


def test_once_an_agent_has_the_chat_the_bot_is_silent(shop, maya):
    (case,) = of_maya(shop, tables.Escalation)
    with signed_in_agent(shop) as agent:
        assert agent.post(f"/console/cases/{case.id}/claim").status_code == 303
        agent.post(f"/console/cases/{case.id}/reply", data={"text": "I am Robin, a new one goes out today."})
        heard = maya.wait_for(lambda message: message["role"] == "agent")
        posted = maya.say("Thank you, Robin")
        time.sleep(2)
        assert heard["author"] == "Robin Vale"
        assert maya.answers_to(posted["id"]) == []
        agent.post(
            f"/console/cases/{case.id}/resolve", data={"verdict": "saved", "reason": "replacement sent"}
        )
    assert [(case.status, case.verdict) for case in of_maya(shop, tables.Escalation)] == [
        ("resolved", "saved")
    ]


def test_the_follow_up_arrives_once_when_it_is_due(shop, maya):
    (planned,) = [row for row in of_maya(shop, tables.FollowUp) if row.status == "pending"]
    assert (planned.status, planned.channel) == ("pending", "email")
    now = datetime.now(UTC)
    with unit_of_work(shop.engine) as session:
        who = customer(session)
        who.time_zone = next(
            zone for zone in DAYTIME_SOMEWHERE if 9 <= now.astimezone(ZoneInfo(zone)).hour < 19
        )
        session.get_one(tables.FollowUp, planned.id).due_at = now - timedelta(seconds=1)
        address = who.email
    wait_until(lambda: shop.box.mails, 20, "the mail's arrival", shop.log)
    time.sleep(2)
    (mail,) = shop.box.mails
    assert mail["To"] == address
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    (sent,) = [row for row in of_maya(shop, tables.FollowUp) if row.status == "sent"]
    assert (sent.status, sent.attempts) == ("sent", 1)


def test_in_real_browsers_a_customer_and_two_agents_come_through_the_whole_story(shop):
    casting = Casting(shop.engine, in_browser.settings_of(shop))
    words = "My last parcel came broken and nobody cares. I am done waiting."
    with running_browser() as browser, ExitStack() as stack:
        pages = [stack.enter_context(quiet_page(browser)) for _ in range(2)]
        agents = {in_browser.sign_in(shop, page, number): page for number, page in enumerate(pages)}
        maya = stack.enter_context(quiet_page(browser, **in_browser.SMALL_AND_DARK))
        in_browser.the_whole_story(shop, maya, agents, casting.find("a customer like Maya", "en").key, words)
        wei = stack.enter_context(quiet_page(browser, locale="zh-CN"))
        in_browser.chinese_question(shop, wei, casting.find("a customer like Wei", "zh").key)


def test_erased_while_all_runs_a_customer_is_nowhere_in_the_data_folder_or_the_database(shop):
    lin = Chat(shop.url, identity_of(shop.url, "demo-wei"))
    posted = lin.say(f"{CANARY} where is my parcel")
    lin.wait_for(lambda message: message["role"] == "bot" and message["id"] > posted["id"])
    lin.close()
    with unit_of_work(shop.engine) as session:
        address = customer(session, "demo-wei").email
    assert everywhere(shop, CANARY) != []
    settings = {name: shop.settings[name] for name in ("home", "database_url")}
    held = json.loads(stayline("export", "demo-wei", **settings).stdout)
    assert any(CANARY in row["data"] for row in held["bot_memory"])
    done = stayline("erase", "demo-wei", "--yes", **settings)
    assert done.returncode == 0, done.stderr
    receipt = json.loads(done.stdout)
    assert (receipt["customer"], receipt["pages_wiped"]) == ("demo-wei", True)
    assert receipt["rows"]["message"] >= 2
    assert receipt["bot_events"] > 0
    assert everywhere(shop, CANARY) == []
    assert everywhere(shop, address) == []


def test_ctrl_c_ends_everything_and_a_second_start_answers_soon(start_shop):
    began = time.monotonic()
    again = start_shop()  # ends the first one by Ctrl-C, which checks that no process is left
    visitor = Chat(again.url)
    posted = visitor.say("What is your return policy?")
    answer = visitor.wait_for(
        lambda message: message["id"] > posted["id"] and "30 days" in message["text"], SECOND_START_SECONDS
    )
    assert answer["role"] == "bot"
    visitor.close()
    print(f"second start, Ctrl-C of the first included: {time.monotonic() - began:.0f} s")


def everywhere(shop, canary):
    """The files of the data folder and the tables of the database that hold these words."""
    home = shop.settings["home"]
    files = [path for path in (*home.rglob("*"), *(home / "model").rglob("*")) if path.is_file()]
    holding = [str(path) for path in files if canary.encode() in path.read_bytes()]
    with shop.engine.connect() as connection:
        for name in inspect(connection).get_table_names():
            rows = connection.execute(rows_of(literal_column("*")).select_from(named(name)))
            holding += [name for row in rows if canary in str(row)]
    return holding
