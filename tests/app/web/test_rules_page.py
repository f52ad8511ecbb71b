"""The rules in the console: what they say, how their messages read, and a test to oneself."""

import httpx
import pytest

from app.settings import Settings
from app.web import create_app
from desk.rules import load_rules
from tests.app.web.serving import running_app
from tests.app.web.world import World
from tests.support.mail import postbox
from tests.support.processes import free_port

RULES = [rule.name for rule in load_rules().rules]
HELLO = """
[[rule]]
name = "hello"
when = "decision"
wait = "90m"
template = "hello"
channel = "sms"
at_most = "once in 2w"
valid_for = "1d"
"""


@pytest.fixture
def console(world: World):
    """Starts an app with other settings on the same database; gives an agent's browser there."""
    opened = []

    def start(**settings: object) -> httpx.Client:
        changed = Settings(**world.settings.model_dump() | settings, _env_file=None)
        app = running_app(create_app(changed, world.engine, clock=world.clock))
        agent = world.agent()
        opened.append((app, agent))
        agent.base_url = app.__enter__()
        return agent

    yield start
    for app, agent in opened:
        agent.close()
        app.__exit__(None, None, None)


def test_each_rule_is_told_in_plain_words_and_linked_from_the_console(world: World) -> None:
    agent = world.agent()
    assert 'href="/console/rules"' in agent.get("/console").text
    page = agent.get("/console/rules").text
    for name in RULES:
        assert f'href="/console/rules/{name}"' in page
    for words in (
        "after an agent resolved a case as not at risk or saved",
        "at the next 10:00 where the customer lives",
        "at most once in 90 days per customer",
        "by e-mail",
        "for 5 days after that; later it is not sent, nor once the customer has bought",
        "At most 3 messages per customer within 14 days",
    ):
        assert words in page


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_shown_in_both_languages_for_each_channel(world: World, name: str) -> None:
    agent = world.agent()
    page = agent.get(f"/console/rules/{name}").text
    assert page.count("<iframe sandbox ") == 2
    assert "Hello Ana" in page
    assert "小雨，您好" in page
    for language in ("en", "zh"):
        mail = agent.get(f"/console/rules/{name}/mail/{language}")
        assert f'<html lang="{language}">' in mail.text
        policy = mail.headers["content-security-policy"]
        assert "sandbox" in policy
        assert "default-src 'none'" in policy
        assert "script-src" not in policy


def test_a_rule_without_its_words_says_which_are_missing(console, tmp_path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(HELLO)
    agent = console(rules=file)
    listed, shown = (agent.get(path).text for path in ("/console/rules", "/console/rules/hello"))
    assert "Its words are missing: hello.en.txt, hello.zh.txt" in listed
    assert "1.5 hours later" in listed
    assert "Rule hello: expected a template hello.zh.txt, and there is none" in shown
    asked = {"channel": "sms", "language": "en", "to": "+4915112345678"}
    assert agent.post("/console/rules/hello/test", data=asked).status_code == 409
    assert agent.get("/console/rules/hello/mail/en").status_code == 404


def test_a_test_mail_arrives_marked_and_is_audited_without_the_address(world: World, console) -> None:
    with postbox() as box:
        agent = console(smtp_url=box.url)
        asked = {"channel": "email", "language": "zh", "to": " me@shop.example "}
        page = agent.post("/console/rules/win_back/test", data=asked)
        (mail,) = box.mails
    assert (page.status_code, "Sent to me@shop.example: " in page.text) == (200, True)
    assert (mail["To"], str(mail["Subject"]).startswith("[test] ")) == ("me@shop.example", True)
    assert "小雨" in mail.get_body(("plain",)).get_content()
    audit = world.audits("rule:win_back")[-1]
    assert (audit.action, "shop.example" in audit.subject) == ("test send, email", False)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("550 no such mailbox", "Not sent: the mail server answered 550 no such mailbox."),
        ("451 try later", "Not sent: the mail server answered 451 try later."),
    ],
)
def test_what_the_mail_server_refuses_is_told_in_its_own_words(console, answer: str, sentence: str) -> None:
    with postbox() as box:
        box.to_recipients = [answer]
        agent = console(smtp_url=box.url)
        asked = {"channel": "email", "language": "en", "to": "me@shop.example"}
        page = agent.post("/console/rules/win_back/test", data=asked)
    assert (page.status_code, sentence in page.text, box.mails) == (502, True, [])
    assert 'value="me@shop.example"' in page.text


def test_a_mail_server_that_is_away_is_told(console) -> None:
    agent = console(smtp_url=f"smtp://127.0.0.1:{free_port()}")
    asked = {"channel": "email", "language": "en", "to": "me@shop.example"}
    page = agent.post("/console/rules/win_back/test", data=asked)
    assert (page.status_code, page.text.count("Not sent: ")) == (502, 1)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (
            {"channel": "email", "language": "en", "to": "a@b.c,d@e.f"},
            "address is not one that mail can be sent to",
        ),
        ({"channel": "email", "language": "en", "to": "<script>"}, "address is not one"),
        ({"channel": "sms", "language": "en", "to": "0151 23"}, "expected a phone number with its country"),
        ({"channel": "phone", "language": "en", "to": "x"}, "please choose a channel"),
        ({"channel": "email", "language": "de", "to": "x"}, "please choose a channel and a language"),
    ],
    ids=["two addresses", "a script", "no country", "no such channel", "no such language"],
)
def test_what_cannot_be_sent_is_said_on_the_page(world: World, asked: dict[str, str], sentence: str) -> None:
    page = world.agent().post("/console/rules/win_back/test", data=asked)
    assert (page.status_code, sentence in page.text) == (422, True)
    assert "<script>" not in page.text.replace('<script type="module"', "")


def test_tests_are_slowed_after_five_in_a_minute(console) -> None:
    agent = console(smtp_url=f"smtp://127.0.0.1:{free_port()}")
    asked = {"channel": "sms", "language": "en", "to": "+4915112345678"}
    answers = [agent.post("/console/rules/win_back/test", data=asked) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [502] * 5 + [429]
    assert "no SMS service is configured" in answers[0].text


@pytest.mark.parametrize(
    "path", ["/console/rules", "/console/rules/win_back", "/console/rules/win_back/mail/en"]
)
def test_without_a_session_every_page_leads_to_the_login(world: World, path: str) -> None:
    assert world.browser().get(path).status_code == 303


def test_a_test_from_another_origin_or_without_a_session_is_not_sent(world: World) -> None:
    asked = {"channel": "email", "language": "en", "to": "me@shop.example"}
    agent = world.agent()
    other = world.browser(
        Cookie=f"stayline_agent={agent.cookies['stayline_agent']}", **{"Sec-Fetch-Site": "cross-site"}
    )
    assert other.post("/console/rules/thank_you/test", data=asked).status_code == 403
    nobody = world.browser(**{"Sec-Fetch-Site": "same-origin"})
    assert nobody.post("/console/rules/thank_you/test", data=asked).status_code == 303
    assert world.audits("rule:thank_you") == []


def test_a_rule_that_does_not_exist_is_not_found(world: World) -> None:
    agent = world.agent()
    for path in ("/console/rules/nudge", "/console/rules/nudge/mail/en", "/console/rules/win_back/mail/de"):
        assert agent.get(path).status_code == 404
