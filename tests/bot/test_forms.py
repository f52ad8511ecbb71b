"""Forms in a whole conversation: the trained bot, the real action server and a database."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlmodel import select

from db import tables
from db.session import unit_of_work
from desk.conversations import add_message
from tests.actions.customers import causes_of_cases, numbers, order, refund_of, talk_with
from tests.actions.talking import SECRET, ActionProcess, action_process, begin_talk
from tests.bot.rasa_process import RASA, Bot, BotSettings, running_bot, trained_bot

pytestmark = pytest.mark.skipif(not RASA.exists(), reason="the bot's environment bot/.venv is missing")

TEAPOT, MUG = "1 × Teapot", "2 × Mug"


@dataclass
class Chat:
    """A customer at the bot's door, as the gateway stands there."""

    bot: Bot
    process: ActionProcess
    conversation_id: str
    titles: list[str] = field(default_factory=list)
    payloads: dict[str, str] = field(default_factory=dict)

    def say(self, text: str) -> str:
        return self._send(text, text)

    def press(self, title: str) -> str:
        return self._send(title, next(self.payloads[one] for one in self.titles if one.startswith(title)))

    def _send(self, shown: str, text: str) -> str:
        with unit_of_work(self.process.engine) as session:
            message = add_message(
                session, self.conversation_id, "customer", shown, datetime.now(UTC), row_key=uuid4().hex
            )
        answer = self.bot.say(self.conversation_id, text, message.id)
        assert answer.status_code == 200, answer.text
        self.payloads = {
            button["title"]: button["payload"] for part in answer.json() for button in part.get("buttons", [])
        }
        self.titles = list(self.payloads)
        return " | ".join(part.get("text") or part["custom"]["text"] for part in answer.json())


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ActionProcess]:
    with action_process("sqlite", tmp_path_factory.mktemp("actions")) as running:
        yield running


@pytest.fixture(scope="module")
def bot(
    process: ActionProcess, encoder_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bot]:
    folder = tmp_path_factory.mktemp("bot")
    tracker = f"sqlite:///{folder / 'tracker.db'}"
    settings = BotSettings(encoder_folder, f"{process.url}/webhook", tracker, action_secret=SECRET)
    with running_bot(trained_bot(encoder_folder), settings, folder / "run.log") as running:
        yield running


def chat_with(bot: Bot, process: ActionProcess, *orders: tuple[str, str, str], language: str = "en") -> Chat:
    return Chat(bot, process, talk_with(process, *orders, language=language).conversation_id)


def test_an_order_is_cancelled_in_english_with_the_risk_read_at_every_turn(
    bot: Bot, process: ActionProcess
) -> None:
    first, second = numbers(2)
    chat = chat_with(bot, process, (first, "placed", TEAPOT), (second, "placed", MUG))
    assert chat.say("please cancel my order") == "Which order shall I cancel?"
    assert "May I ask why?" in chat.say(second)
    assert f"really cancel order {second}" in chat.say("it takes ages to get here")
    assert chat.say("yes").startswith(f"Done: order {second}")
    assert (order(process, first).status, order(process, second).status) == ("placed", "cancelled")
    assert risks_of(chat) == 4


def test_an_order_is_cancelled_in_chinese(bot: Bot, process: ActionProcess) -> None:
    (number,) = numbers(1)
    chat = chat_with(bot, process, (number, "placed", TEAPOT), language="zh")
    assert "确定要取消订单" in chat.say(f"请取消订单{number}")
    assert chat.say("是的").startswith("办好了")
    assert order(process, number).status == "cancelled"


@pytest.mark.parametrize("refusal", ["no", "no, keep it", "不用了", "算了吧", "button"])
def test_a_no_at_the_confirmation_changes_nothing(bot: Bot, process: ActionProcess, refusal: str) -> None:
    (number,) = numbers(1)
    chat = chat_with(bot, process, (number, "placed", TEAPOT))
    chat.say(f"cancel {number}")
    told = chat.press("No") if refusal == "button" else chat.say(refusal)
    assert told == f"All right, order {number} stays as it is."
    assert order(process, number).status == "placed"


@pytest.mark.parametrize(
    ("begin", "language", "asked_for"),
    [
        ("cancel my order", "en", "I want to talk to a real person"),
        ("I need to change the delivery address of my order", "en", "get me a human"),
        ("I want to return my order", "en", "can I speak to someone please"),
        ("please delete my account", "en", "talk to an agent"),
        ("我要退货", "zh", "转人工"),
        ("我想取消订单", "zh", "我要找人工客服"),
    ],
)
def test_a_person_is_reached_from_the_midst_of_every_form(
    bot: Bot, process: ActionProcess, begin: str, language: str, asked_for: str
) -> None:
    waiting, here = numbers(2)
    chat = chat_with(bot, process, (waiting, "placed", MUG), (here, "delivered", TEAPOT), language=language)
    asked = chat.say(begin)
    told = chat.say(asked_for)
    assert told in (
        "I have asked a colleague to join this chat. They read everything above, so you need not repeat it.",
        "我已经请同事加入这个对话，上面的内容他都能看到，您不用再说一遍。",
    ), (asked, told)
    assert causes_of_cases(chat) == ["asked"]
    assert chat.say("blub blub") not in (asked, told)  # the form is gone


def test_an_address_is_changed_and_a_question_in_between_is_answered(
    bot: Bot, process: ActionProcess
) -> None:
    (number,) = numbers(1)
    chat = chat_with(bot, process, (number, "placed", TEAPOT))
    assert "Where shall order" in chat.say("I moved, please send my order to my new address")
    told = chat.say("how long does delivery take?")
    assert told.startswith("Standard delivery")
    assert f"Where shall order {number} go?" in told
    assert "12 Kingfisher Lane" in chat.say("12 Kingfisher Lane, York YO1 7HH")
    assert chat.press("Yes").startswith("Done")
    assert order(process, number).ship_to == "12 Kingfisher Lane, York YO1 7HH"


@pytest.mark.parametrize(
    ("language", "begin", "reason", "yes"),
    [
        ("en", "I'd like to return this", "the handle is too small for my hand", "yes please"),
        ("en", "I want my money back", "it smells funny", "sure, go ahead"),
        ("zh", "我要退货", "颜色不喜欢", "好的"),
    ],
)
def test_a_return_is_requested(
    bot: Bot, process: ActionProcess, language: str, begin: str, reason: str, yes: str
) -> None:
    (number,) = numbers(1)
    chat = chat_with(bot, process, (number, "delivered", TEAPOT), language=language)
    chat.say(begin)
    assert number in chat.say(reason)
    told = chat.say(yes)
    assert told.startswith(("Done", "办好了")), told
    assert refund_of(process, number).reason == reason


def test_what_came_broken_is_a_return_and_a_case(bot: Bot, process: ActionProcess) -> None:
    (number,) = numbers(1)
    chat = chat_with(bot, process, (number, "delivered", TEAPOT))
    assert "Shall I request the return" in chat.say("the teapot arrived with a broken lid")
    assert "I have also asked a colleague" in chat.press("Yes")
    assert refund_of(process, number).reason == "the teapot arrived with a broken lid"
    assert causes_of_cases(chat) == ["asked"]


def test_a_form_goes_on_when_the_session_under_it_is_renewed(bot: Bot, process: ActionProcess) -> None:
    """About thirteen turns fill a session, so over these the renewal comes at each of a form's three turns."""
    first, second = numbers(2)
    chat = chat_with(bot, process, (first, "placed", TEAPOT), (second, "placed", MUG))
    for _ in range(14):
        assert chat.say("cancel my order") == "Which order shall I cancel?"
        assert "May I ask why?" in chat.say(f"the teapot, {first}")
        assert f"really cancel order {first}" in chat.say("it takes too long")
        assert chat.say("no") == f"All right, order {first} stays as it is."


def test_the_same_words_outside_a_form_are_what_they_were(bot: Bot, process: ActionProcess) -> None:
    chat = chat_with(bot, process, (numbers(1)[0], "placed", TEAPOT))
    assert "Tell me in a sentence what you need next" in chat.say("yes")
    assert "I'll leave it" in chat.say("no")
    assert "I'm not sure I understood that" in chat.say("zzkx vvq")


def test_an_anonymous_visitor_gets_no_form(bot: Bot, process: ActionProcess) -> None:
    chat = Chat(bot, process, begin_talk(process, None).conversation_id)
    assert "once you are signed in" in chat.say("cancel my order SL-104233")
    assert "Tell me in a sentence" in chat.say("yes")


def test_an_action_that_fails_in_a_form_ends_it(bot: Bot, process: ActionProcess) -> None:
    (number,) = numbers(1)
    chat = chat_with(bot, process, (number, "placed", TEAPOT))
    chat.say(f"cancel {number}")
    with unit_of_work(process.engine) as session:
        session.connection().exec_driver_sql("ALTER TABLE customer_order RENAME TO away")
    try:
        assert "Something on our side is not working" in chat.say("yes")
    finally:
        with unit_of_work(process.engine) as session:
            session.connection().exec_driver_sql("ALTER TABLE away RENAME TO customer_order")
    assert "Tell me in a sentence" in chat.say("yes")
    assert order(process, number).status == "placed"


def risks_of(chat: Chat) -> int:
    with unit_of_work(chat.process.engine) as session:
        mine = tables.Message.conversation_id == chat.conversation_id
        return len(session.exec(select(tables.Risk.id).join(tables.Message).where(mine)).all())
