"""The stories of bot/tests, as `rasa test core` judges them: what the bot does at each turn, from the customer's words."""

import subprocess
from pathlib import Path

import pytest

from tests.bot.rasa_process import BOT, RASA, environment, tail, trained_bot

STORIES = BOT / "tests"
LONGEST_SECONDS = 300

pytestmark = pytest.mark.skipif(not RASA.exists(), reason="the bot's environment bot/.venv is missing")


def judged(encoder: Path, stories: Path, folder: Path) -> tuple[int, Path]:
    """The exit code of `rasa test core` on these stories, and its log."""
    log, endpoints = folder / "test.log", folder / "endpoints.yml"
    endpoints.write_text("{}\n")  # no action server, and no tracker store but the memory
    command = [
        str(RASA), "test", "core", "--model", str(trained_bot(encoder)), "--stories", str(stories), "--e2e",
        "--fail-on-prediction-errors", "--no-plot", "--out", str(folder), "--endpoints", str(endpoints),
    ]  # fmt: skip
    with log.open("w") as output:
        done = subprocess.run(
            command, cwd=BOT, env=environment(encoder), stdout=output, stderr=output, timeout=LONGEST_SECONDS,
            check=False,
        )  # fmt: skip
    return done.returncode, log


def test_the_bot_does_in_every_story_what_it_should(encoder_folder: Path, tmp_path: Path) -> None:
    assert all(file.name.startswith("test_") for file in STORIES.glob("*.yml"))  # Rasa passes over any other
    code, log = judged(encoder_folder, STORIES, tmp_path)
    assert code == 0, tail(log, 40)


def test_a_story_that_the_bot_does_not_follow_fails(encoder_folder: Path, tmp_path: Path) -> None:
    stories = (STORIES / "test_en.yml").read_text()
    (tmp_path / "stories").mkdir()
    broken = stories.replace("action: action_talk", "action: action_shop_fact", 1)
    (tmp_path / "stories" / "test_en.yml").write_text(broken)
    code, log = judged(encoder_folder, tmp_path / "stories", tmp_path)
    assert (code, broken == stories) == (1, False)
    assert "small talk" in tail(log, 60)
