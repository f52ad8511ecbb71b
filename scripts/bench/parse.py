"""What it costs the bot to understand one message: its trained pipeline, alone in a process of its environment."""

import json
import subprocess
from collections.abc import Iterator

from app.bot_process import BOT, MODEL, environment
from app.settings import Settings
from scripts.bench.figures import Figure, Report, p50, p95
from scripts.bench.shop import scratch_home

GOAL = 18.0  # ms CPU
CODE = """
import asyncio, json, sys, time
from rasa.core.agent import Agent

SAID = "Where is my order number %d please?", "can I send back shoes %d", "我的第 %d 个包裹到哪了", "thanks %d times"
agent = Agent.load(sys.argv[1])


async def parse():
    seconds = []
    for number in range(220):
        said = SAID[number % len(SAID)] % number
        began = time.process_time()
        await agent.parse_message(said)
        seconds.append(time.process_time() - began)
    return seconds[20:]


print(json.dumps(asyncio.run(parse())))
"""


def measure(report: Report) -> Iterator[Figure]:
    with scratch_home(report) as home:
        report("parsing", 0, 0)
        settings = Settings(_env_file=None, home=home)
        ran = subprocess.run(
            [str(BOT / ".venv" / "bin" / "python"), "-c", CODE, str(settings.bot_folder / MODEL)],
            cwd=BOT, env=environment(settings), capture_output=True, text=True, check=True,
        )  # fmt: skip
    seconds = [1000 * second for second in json.loads(ran.stdout.splitlines()[-1])]
    yield Figure("understanding a message, p50", p50(seconds), "ms CPU", at_most=GOAL)
    yield Figure("understanding a message, p95", p95(seconds), "ms CPU")
