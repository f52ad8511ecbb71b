"""A chat of many turns: the tracker that Rasa posts to each action stays short, and nothing said before is lost."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.action_server import ActionServer, running_action_server
from tests.bot.rasa_process import BOT, RASA, Bot, BotSettings, environment, running_bot, trained_bot
from tests.databases import fresh_database_url

pytestmark = pytest.mark.skipif(not RASA.exists(), reason="the bot's environment bot/.venv is missing")

TURNS = 45
LONGEST_POSTED = 70  # a session of 40 events, and the turn that ends it

# Between two turns the session ends, and each slot comes along once, the form in progress too.
IN_PROGRESS = """
import json
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from stores.short_sessions import LONGEST_EVENTS, may_end, new_session

slots = Domain.load("domain").slots
talk = [SlotSet("order_number", "SL-1"), SlotSet("order_number", "SL-2")]
talk += [SlotSet("form", {"name": "cancel_order", "asked": "reason"})]
talk += [UserUttered("hello"), ActionExecuted("action_listen")] * LONGEST_EVENTS
free = DialogueStateTracker.from_events("one", talk, slots)
mid_turn = DialogueStateTracker.from_events("two", [*talk, ActionExecuted("utter_greet")], slots)
carried = [(event.key, event.value) for event in new_session(free) if isinstance(event, SlotSet)]
print(json.dumps({"ends": [may_end(free), may_end(mid_turn)], "carried": carried}))
"""


@pytest.fixture
def actions() -> Iterator[ActionServer]:
    with running_action_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def bot(
    request: pytest.FixtureRequest, encoder_folder: Path, actions: ActionServer, tmp_path: Path
) -> Iterator[Bot]:
    with fresh_database_url(request.param, tmp_path) as url:
        tracker = url.replace("postgresql+psycopg://", "postgresql://")
        settings = BotSettings(encoder_folder, actions.url, tracker)
        with running_bot(trained_bot(encoder_folder), settings, tmp_path / "run.log") as running:
            yield running


def test_every_action_of_a_long_chat_gets_a_short_tracker_with_what_was_said_first(
    bot: Bot, actions: ActionServer
) -> None:
    assert bot.say("long", "where is order SL-104233").status_code == 200
    for turn in range(TURNS):
        answer = bot.say("long", "hello" if turn % 2 else "where is my parcel")
        assert answer.status_code == 200
        assert answer.json()
    calls = actions.of("long")
    assert max(call.events for call in calls) <= LONGEST_POSTED
    assert {call.slots["order_number"] for call in calls} == {"SL-104233"}
    assert [call.action for call in calls][-2:] in (
        ["action_assess_risk", "action_order_status"],
        ["action_assess_risk", "action_talk"],
    )


def test_a_session_ends_between_two_turns_and_each_slot_is_carried_once_with_the_open_form(
    encoder_folder: Path,
) -> None:
    python = RASA.parent / "python"
    ended = subprocess.run(
        [str(python), "-c", IN_PROGRESS],
        cwd=BOT,
        env=environment(encoder_folder),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    told = json.loads(ended.stdout.splitlines()[-1])
    assert told["ends"] == [True, False]
    assert sorted(told["carried"]) == [
        ["form", {"name": "cancel_order", "asked": "reason"}],
        ["order_number", "SL-2"],
    ]
