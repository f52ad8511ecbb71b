"""The bot as it runs: trained, started as its own process, with an action server and a gateway of the test's own."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.bot.action_server import ActionServer, running_action_server
from tests.bot.rasa_process import (
    CACHE,
    RASA,
    ROOT,
    START_SECONDS,
    Bot,
    BotSettings,
    environment,
    free_port,
    running_bot,
    start_bot,
    stop,
    tail,
    trained_bot,
)

SENTENCES = [
    "where has my parcel got to", "i wanna change my adress", "the kettle came without a lid", "can I pay by card",
    "why was I charged twice", "stop the newsletter", "what is your favourite planet", "zzkx vvq", "ok", "nope",
    "It was meant for my aunt. Can I still cancel?", "I moved here in May, how do I pay by invoice", "my cat sits on it",
    "is there any fee when I cancel", "sign up does not work", "the new place needs to go into my addresses",
    "快递到哪里了", "我要退货", "怎么开发票", "密码忘了", "别家便宜", "今天天气好吗", "谢谢", "有人吗", "运费多少钱", "我去年在你们家买过。怎么开发票？",
]  # fmt: skip

pytestmark = pytest.mark.skipif(not RASA.exists(), reason="the bot's environment bot/.venv is missing")


@pytest.fixture(scope="module")
def model(encoder_folder: Path) -> Path:
    return trained_bot(encoder_folder)


@pytest.fixture(scope="module")
def action_server() -> Iterator[ActionServer]:
    with running_action_server() as server:
        yield server


@pytest.fixture(scope="module")
def settings(
    encoder_folder: Path,
    action_server: ActionServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> BotSettings:
    tracker = tmp_path_factory.mktemp("tracker") / "tracker.db"
    return BotSettings(encoder_folder, action_server.url, f"sqlite:///{tracker}")


@pytest.fixture(scope="module")
def running(model: Path, settings: BotSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    with running_bot(model, settings, tmp_path_factory.mktemp("bot") / "run.log") as bot:
        yield bot


@pytest.fixture
def bot(running: Bot, actions: ActionServer) -> Bot:
    return running


@pytest.fixture
def actions(action_server: ActionServer) -> ActionServer:
    """The action server, sound again whatever the last test did to it."""
    action_server.broken, action_server.delay = False, 0.0
    return action_server


@pytest.fixture
def sender() -> str:
    return uuid4().hex


def said(response: httpx.Response) -> str:
    assert response.status_code == 200, response.text
    return " ".join(reply["text"] for reply in response.json())


@pytest.mark.parametrize(
    ("greeting", "answer"),
    [("hello there", "automated assistant"), ("你好", "自动助手")],
    ids=["English", "Chinese"],
)
def test_a_greeting_is_answered_in_its_language(bot: Bot, sender: str, greeting: str, answer: str) -> None:
    assert answer in said(bot.say(sender, greeting))


def test_the_language_may_change_within_a_conversation(bot: Bot, sender: str) -> None:
    assert "automated" in said(bot.say(sender, "hello"))
    assert "自动助手" in said(bot.say(sender, "你好"))


@pytest.mark.parametrize(
    ("text", "between"),
    [
        ("hello", ["action_talk"]),
        ("where is my parcel", ["action_order_status"]),
        ("I want my money back", ["action_return_item"]),
        ("怎么付款", ["action_shop_fact"]),
        ("can I change something in my order", ["action_ask_colleague"]),
        ("do you have a discount code for me", ["action_present_offer"]),
        ("别家比你们便宜多了", ["action_present_offer"]),
        ("/contact_human_agent", ["action_talk_to_person"]),
        ("please delete my account", ["action_delete_account"]),
        ("who will win the world cup", ["action_talk"]),
        ("zzkx vvq", ["action_talk"]),
    ],
)
def test_every_turn_starts_with_the_risk_and_ends_with_the_decision(
    bot: Bot, actions: ActionServer, sender: str, text: str, between: list[str]
) -> None:
    bot.say(sender, text)
    called = [call.action for call in actions.of(sender)]
    assert called == ["action_assess_risk", *between]


def test_what_an_action_says_reaches_the_customer(bot: Bot, sender: str) -> None:
    assert said(bot.say(sender, "track my order")) == "order status"


def test_the_message_id_reaches_every_action_of_its_turn(
    bot: Bot, actions: ActionServer, sender: str
) -> None:
    for message_id in ("first", "second"):
        bot.say(sender, "hello", message_id)
    ids = [call.latest_message["metadata"]["message_id"] for call in actions.of(sender)]
    assert ids == ["first"] * 2 + ["second"] * 2


def test_actions_are_called_with_their_secret(
    bot: Bot, actions: ActionServer, sender: str, settings: BotSettings
) -> None:
    bot.say(sender, "hello")
    assert {call.secret for call in actions.of(sender)} == {settings.action_secret}


@pytest.mark.parametrize(
    "text",
    ["where is order sl-104233", "订单SL-104233到哪了"],
    ids=["lower case", "between Chinese signs"],
)
def test_an_order_number_arrives(bot: Bot, actions: ActionServer, sender: str, text: str) -> None:
    bot.say(sender, text)
    assert actions.of(sender)[0].slots["order_number"].upper() == "SL-104233"


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("我的包裹已经晚了一个多星期", "delivery_delay"),
        ("我想和真人说话", "contact_human_agent"),
        ("请把我的账号注销掉", "delete_account"),
        ("parcel still not here and it was due on tuesday", "delivery_delay"),
        ("could you mail me the bill for last week's purchase", "get_invoice"),
        ("has the refund you promised been sent", "track_refund"),
        ("我要开发票报销", "get_invoice"),
        ("我搬家了，收货地址帮我改一下", "change_shipping_address"),
    ],
)
def test_a_sentence_is_understood(
    bot: Bot, actions: ActionServer, sender: str, text: str, intent: str
) -> None:
    bot.say(sender, text)
    assert actions.of(sender)[0].latest_message["intent"]["name"] == intent


def test_what_the_report_measures_is_what_the_bot_does(
    bot: Bot, actions: ActionServer, sender: str, encoder_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "sentences.txt").write_text("\n".join(SENTENCES), encoding="utf-8")
    for sentence in SENTENCES:
        bot.say(sender, sentence)
    calls = [call for call in actions.of(sender) if call.action == "action_assess_risk"]
    heard = [call.latest_message["intent"]["name"] for call in calls]
    assert read_by_report(tmp_path / "sentences.txt", encoder_folder) == heard


@pytest.mark.parametrize(
    ("text", "entity", "value"),
    [
        ("my mail is jo@example.org", "email", "jo@example.org"),
        ("call me on +44 7700 900123 please", "phone", "+44 7700 900123"),
        ("我的手机号13812345678", "phone", "13812345678"),
        ("it was due on 3 March 2026", "date", "3 March 2026"),
        ("3月14日下的单还没到", "date", "3月14日"),
        ("do you have the teapot in blue", "product", "teapot"),
    ],
)
def test_an_entity_is_found_by_its_form(
    bot: Bot, actions: ActionServer, sender: str, text: str, entity: str, value: str
) -> None:
    bot.say(sender, text)
    found = actions.of(sender)[0].latest_message["entities"]
    assert (entity, value) in [(each["entity"], each["value"]) for each in found]


@pytest.mark.parametrize("secret", [None, "", "wrong", "the secret of the bo"])
def test_a_call_without_the_secret_is_refused_with_an_empty_answer(
    bot: Bot, actions: ActionServer, sender: str, secret: str | None
) -> None:
    response = bot.post({"sender": sender, "message": "hello"}, secret)
    assert (response.status_code, response.content) == (401, b"")
    assert actions.of(sender) == []


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "hello",
        {"sender": "a"},
        {"sender": "a", "message": "  "},
        {"sender": 1, "message": "hello"},
    ],
)
def test_a_body_that_is_no_message_is_refused(bot: Bot, body: object) -> None:
    assert bot.post(body, bot.secret).status_code == 400


def test_no_other_way_to_the_bot_is_served(bot: Bot) -> None:
    for path in (
        "/webhooks/rest/",
        "/webhooks/callback/webhook",
        "/conversations/a/tracker",
        "/model/parse",
    ):
        assert httpx.get(bot.url + path, headers={"X-Stayline-Secret": bot.secret}).status_code == 404


def test_a_failed_action_is_told_to_the_gateway_and_no_words_are_logged(
    bot: Bot, actions: ActionServer, sender: str
) -> None:
    actions.broken = True
    response = bot.say(sender, "hello, my canary is called Pipkin")
    assert response.status_code == 502
    assert "Pipkin" not in bot.log.read_text()


def test_a_turn_that_hangs_is_given_up_and_the_next_is_answered(
    bot: Bot, actions: ActionServer, sender: str
) -> None:
    actions.delay = 9
    assert bot.say(sender, "hello").status_code == 504
    actions.delay = 0
    assert "automated" in said(bot.say(sender, "hello"))


def test_without_a_secret_the_bot_does_not_start(model: Path, settings: BotSettings, tmp_path: Path) -> None:
    assert "set STAYLINE_BOT_SECRET" in refusal(model, replace(settings, bot_secret=""), tmp_path)


def test_without_its_encoder_the_bot_does_not_start(
    model: Path, settings: BotSettings, tmp_path: Path
) -> None:
    assert "No encoder found" in refusal(model, replace(settings, encoder=tmp_path), tmp_path)


def test_with_another_encoder_the_bot_does_not_start(
    model: Path, settings: BotSettings, tmp_path: Path, encoder_folder: Path
) -> None:
    other = another_version(encoder_folder, CACHE / "another-encoder")
    assert "train the bot again" in refusal(model, replace(settings, encoder=other), tmp_path)


def read_by_report(sentences: Path, encoder: Path) -> list[str]:
    """The intents that `make nlu-report` would count for these sentences."""
    command = [RASA.with_name("python"), "scripts/nlu_report.py", "--encoder", encoder, "--read", sentences]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(encoder), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def refusal(model: Path, settings: BotSettings, folder: Path) -> str:
    """The log of a start that has to fail."""
    log = folder / "run.log"
    process = start_bot(model, settings, free_port(), log)
    try:
        assert process.wait(timeout=START_SECONDS) == 1, tail(log)
    finally:
        stop(process)
    return log.read_text()


def another_version(encoder: Path, folder: Path) -> Path:
    """The same encoder under another version; its large files are shared, not copied."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    manifest = json.loads((encoder / "encoder.json").read_text())
    for name in manifest["files"]:
        os.link(encoder / name, folder / name)
    (folder / "encoder.json").write_text(json.dumps(manifest | {"version": "another"}))
    return folder
