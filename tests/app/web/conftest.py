from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from sqlalchemy import Engine, update

from app.settings import Settings
from app.web import create_app
from db import tables
from db.migrate import upgrade
from db.session import unit_of_work
from tests.app.web.browsing import running_browser
from tests.app.web.serving import FakeBot, echo, running_app, running_bot
from tests.app.web.world import Clock, World
from tests.databases import fresh_database_url, quick_engine

BOT_DEADLINE = 1.2


@pytest.fixture(scope="module")  # while one is open no other event loop can run in this thread
def browser() -> Iterator[Browser]:
    with running_browser() as browser:
        yield browser


@pytest.fixture(scope="session")
def _one_bot() -> Iterator[FakeBot]:
    with running_bot() as bot:
        yield bot


@pytest.fixture
def bot(_one_bot: FakeBot) -> FakeBot:
    _one_bot.answer, _one_bot.status, _one_bot.delay = echo, 200, 0.0
    _one_bot.asked.clear()
    _one_bot.secrets.clear()
    return _one_bot


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def shared_engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """One database of each kind, made by the real migrations: tests keep apart by their own customers."""
    with (
        fresh_database_url(request.param, tmp_path_factory.mktemp("database")) as url,
        quick_engine(url) as engine,
    ):
        upgrade(engine)
        yield engine


@pytest.fixture(scope="session")
def _one_world(
    shared_engine: Engine, tmp_path_factory: pytest.TempPathFactory, _one_bot: FakeBot
) -> Iterator[World]:
    settings = demo_settings(tmp_path_factory.mktemp("home"), _one_bot)
    clock = Clock()
    app = create_app(settings, shared_engine, clock=clock, bot_deadline=BOT_DEADLINE)
    with running_app(app) as url:
        world = World(url, shared_engine, settings, _one_bot, clock)
        yield world
        world.close()


@pytest.fixture
def world(_one_world: World, bot: FakeBot) -> Iterator[World]:
    """With an empty queue: cases of other tests would fill its first page."""
    with unit_of_work(_one_world.engine) as session:
        session.exec(update(tables.Escalation).values(status="resolved", resolved_at=_one_world.clock()))
    yield _one_world
    _one_world.clock.ahead *= 0


def demo_settings(home: Path, bot: FakeBot) -> Settings:
    """Settings of a demo in this folder, behind one proxy; the fake bot stands for the action server too."""
    return Settings(
        _env_file=None,
        home=home,
        bot_port=bot.port,
        actions_port=bot.port,
        trusted_proxies=1,
        undo_send_seconds=0,
    )
