"""An agent's browser, signed in to the console of the demo shop."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from app.demo.logins import AGENTS, demo_password
from app.settings import Settings
from tests.support.shop import Shop


@contextmanager
def signed_in_agent(shop: Shop) -> Iterator[httpx.Client]:
    password = demo_password(Settings(home=shop.settings["home"], _env_file=None))
    with httpx.Client(base_url=shop.url, headers={"Origin": shop.url}, timeout=20, trust_env=False) as agent:
        answer = agent.post("/console/login", data={"email": AGENTS[0][0], "password": password})
        assert answer.status_code == 303, answer.text
        yield agent
