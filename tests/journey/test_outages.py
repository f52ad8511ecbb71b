"""Requirement C6 with every process real: each part is killed, stopped or cut off while a customer waits.

Within ten seconds they get a truthful answer that offers a person, a case is open, nothing is lost, and once the part is back
the next message is answered. PostgreSQL, where a lock can hold up one action and nothing else.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from datetime import UTC, datetime

import psutil
import pytest
from sqlalchemy import make_url, text

from app.settings import Settings
from app.web.identity import mint_identity
from db.session import read_only
from desk.escalations import open_case
from tests.conversations.people import Casting, Person
from tests.databases import POSTGRES_URL, postgres_database, postgres_refusal
from tests.support.chat import Chat
from tests.support.processes import wait_until
from tests.support.proxy import Proxy, proxy
from tests.support.shop import Shop, is_ready, shop_in

QUESTION = "Where is my order?"
SORRY = ("Our assistant is not available right now.", "Something on our side is not working.")
TALK = "/contact_human_agent"
ANSWER_SECONDS = 10
BACK_SECONDS = 180
Outage = Callable[[Shop, Proxy], AbstractContextManager[None]]


@pytest.fixture(scope="module")
def line() -> Iterator[Proxy]:
    """The line between the bot and the database of its memory."""
    if refusal := postgres_refusal():
        pytest.skip(refusal)
    with proxy(make_url(POSTGRES_URL).port or 5432) as opened:
        yield opened


@pytest.fixture(scope="module")
def shop(line: Proxy, trained_home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with ExitStack() as stack:
        memory = make_url(stack.enter_context(postgres_database())).set(drivername="postgresql")
        tracker = memory.set(host="127.0.0.1", port=line.port).render_as_string(hide_password=False)
        home = tmp_path_factory.mktemp("outages")
        yield stack.enter_context(shop_in(home, "postgresql", trained_home, tracker_url=tracker))()


@pytest.fixture(scope="module")
def casting(shop: Shop) -> Casting:
    return Casting(shop.engine, settings_of(shop))


@pytest.fixture(autouse=True)
def _every_part_is_there(shop: Shop) -> None:
    """Whatever the test before has left."""
    wait_until(lambda: is_ready(shop.url), BACK_SECONDS, "the return of every part", shop.log)


def process(shop: Shop, words: str) -> psutil.Process:
    """The one child of the supervisor whose command line holds these words."""
    (found,) = [child for child in shop.supervisor.children() if words in command_of(child)]
    return found


def command_of(child: psutil.Process) -> str:
    """Its command line; nothing of one that has just ended."""
    with suppress(psutil.NoSuchProcess):  # a zombie too
        return " ".join(child.cmdline())
    return ""


ACTIONS, BOT = "actions.server", "rasa"


@contextmanager
def dead(shop: Shop, words: str) -> Iterator[None]:
    """Killed, and not started again before the end: the supervisor, who would at once, is stopped as long."""
    shop.supervisor.suspend()
    try:
        process(shop, words).send_signal(signal.SIGKILL)
        yield
    finally:
        shop.supervisor.resume()


@contextmanager
def stopped(shop: Shop, words: str) -> Iterator[None]:
    """It takes connections and answers none."""
    held = process(shop, words)
    held.suspend()
    try:
        yield
    finally:
        held.resume()


@contextmanager
def loading(shop: Shop) -> Iterator[None]:
    """Killed a moment ago, and being started again by the supervisor."""
    killed = process(shop, BOT)
    killed.kill()
    wait_until(lambda: is_started_again(shop, killed.pid), 20, "a new start of the bot", shop.log)
    yield


def is_started_again(shop: Shop, before: int) -> bool:
    return any(child.pid != before and BOT in command_of(child) for child in shop.supervisor.children())


@contextmanager
def hanging_action(shop: Shop, _: Proxy) -> Iterator[None]:
    """The action that looks at orders waits for a lock; every other goes on."""
    with shop.engine.begin() as connection:
        connection.execute(text("LOCK TABLE customer_order IN ACCESS EXCLUSIVE MODE"))
        yield


@contextmanager
def memory_cut(line: Proxy) -> Iterator[None]:
    """Each line to the database of the bot's memory ends at once; Rasa then remembers in its own process."""
    line.cutting = True
    line.cut()
    try:
        yield
    finally:
        line.cutting = False


@contextmanager
def memory_silent(_: Shop, line: Proxy) -> Iterator[None]:
    """The lines stay open and bring nothing, as behind a fire wall that has forgotten them."""
    line.silent = True
    try:
        yield
    finally:
        line.silent = False
        line.cut()


OUTAGES: dict[str, Outage] = {
    "the action server is dead": lambda shop, _: dead(shop, ACTIONS),
    "the action server hangs": lambda shop, _: stopped(shop, ACTIONS),
    "one action hangs": hanging_action,
    "the bot hangs": lambda shop, _: stopped(shop, BOT),
    "the bot's memory is silent": memory_silent,
    "the bot is dead": lambda shop, _: dead(shop, BOT),
}


@pytest.mark.parametrize("name", OUTAGES)
def test_who_waits_is_told_the_truth_in_time_and_the_next_message_is_answered(
    shop: Shop, line: Proxy, casting: Casting, name: str
) -> None:
    customer = casting.find("a customer with an order on its way", "en")
    chat = chat_of(shop, customer)
    with OUTAGES[name](shop, line):
        told = answer_to(chat, chat.say(QUESTION))
        assert told["text"].startswith(SORRY), told["text"]
        assert [button["payload"] for button in told["payload"]["buttons"]] == [TALK]
        wait_until(lambda: cause_of_case(shop, chat) == "failure", 2, "a case because of a failure")
    assert_next_is_answered(shop, chat, customer)
    chat.close()


def test_a_bot_that_is_still_loading_answers_or_the_truth_is_told(shop: Shop, casting: Casting) -> None:
    customer = casting.find("a customer with an order on its way", "en")
    chat = chat_of(shop, customer)
    with loading(shop):
        told = answer_to(chat, chat.say(QUESTION))
    if customer.values["order"] not in told["text"]:  # it was not there within the deadline
        assert told["text"].startswith(SORRY)
        assert cause_of_case(shop, chat) == "failure"
    assert_next_is_answered(shop, chat, customer)
    chat.close()


def test_a_bot_whose_memory_is_cut_off_answers_what_it_can(shop: Shop, line: Proxy, casting: Casting) -> None:
    customer = casting.find("a customer with an order on its way", "en")
    chat = chat_of(shop, customer)
    with memory_cut(line):
        assert customer.values["order"] in answer_to(chat, chat.say(QUESTION))["text"]
    assert_next_is_answered(shop, chat, customer)
    chat.close()


def assert_next_is_answered(shop: Shop, chat: Chat, customer: Person) -> None:
    wait_until(lambda: is_ready(shop.url), BACK_SECONDS, "the return of every part", shop.log)
    told = answer_to(chat, chat.say(QUESTION))
    assert customer.values["order"] in told["text"]
    kept = chat.http.get(f"/api/chat/conversations/{chat.session['conversation']}").json()["messages"]
    said = [(one["role"], one["text"]) for one in kept]
    assert said.count(("customer", QUESTION)) == 2
    assert sum(role == "bot" and words.startswith(SORRY) for role, words in said) <= 1
    assert [one["id"] for one in chat.received] == [one["id"] for one in kept]


def chat_of(shop: Shop, customer: Person) -> Chat:
    secret = settings_of(shop).secret("identity_secret")
    assert customer.key is not None
    return Chat(shop.url, mint_identity(secret, customer.key, datetime.now(UTC)))


def answer_to(chat: Chat, posted: dict) -> dict:
    return chat.wait_for(lambda one: one["role"] == "bot" and one["id"] > posted["id"], ANSWER_SECONDS)


def cause_of_case(shop: Shop, chat: Chat) -> str | None:
    with read_only(shop.engine) as session:
        case = open_case(session, chat.session["conversation"])
        return case.cause if case else None


def settings_of(shop: Shop) -> Settings:
    return Settings(home=shop.settings["home"], _env_file=None)
