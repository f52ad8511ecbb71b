"""An action's answer is checked as Rasa checks it, in the bot's own environment."""

import subprocess

import pytest

from tests.bot.rasa_process import BOT, RASA

pytestmark = pytest.mark.skipif(not RASA.exists(), reason="the bot's environment bot/.venv is missing")

PROGRAM = """
import time
from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction
theirs = RemoteAction._validate_action_result
from channels.answer_format import check
good = [{"events": [{"event": "slot", "timestamp": None, "name": "language", "value": "en"}], "responses": [{"text": "hi"}]},
        {"events": [], "responses": []}]
bad = [{"events": "none", "responses": []}, {"events": [{"event": 3}], "responses": []}, {"events": [], "responses": [1]}, []]
action = RemoteAction("action_x", None)
assert RemoteAction._validate_action_result is check

def refuses(how, answer):
    try:
        return not how(action, answer)
    except ValidationError as error:
        return True

for answer in good + bad:
    assert refuses(check, answer) == refuses(theirs, answer) == (answer in bad), answer

def seconds(how):
    began = time.process_time()
    for _ in range(5):
        how(action, good[0])
    return time.process_time() - began

print(round(seconds(theirs) / seconds(check)))
"""


def test_the_same_answers_are_refused_as_before_at_a_small_part_of_the_cost() -> None:
    done = subprocess.run(
        [BOT / ".venv" / "bin" / "python", "-c", PROGRAM],
        cwd=BOT, env={"PYTHONPATH": str(BOT), "TF_CPP_MIN_LOG_LEVEL": "3"}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) >= 3
