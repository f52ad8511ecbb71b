"""One shop for all conversations, which are played several at a time; each test then looks at its own."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from app.settings import Settings
from tests.conversations.people import Casting
from tests.conversations.script import Mistake, read_script
from tests.conversations.stage import Stage
from tests.support.console import signed_in_agent
from tests.support.shop import shop_in

HERE = Path(__file__).parent
FILES = sorted([*HERE.glob("en/*.txt"), *HERE.glob("zh/*.txt")])
AT_A_TIME = 4


@pytest.fixture(scope="package")
def stage(trained_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with shop_in(tmp_path_factory.mktemp("conversations"), "sqlite", trained_home) as start:
        shop = start()
        settings = Settings(home=shop.settings["home"], _env_file=None)
        with signed_in_agent(shop) as agent:
            yield Stage(shop, agent, Casting(shop.engine, settings), settings)


@pytest.fixture(scope="package")
def outcome_of(request: pytest.FixtureRequest, stage: Stage) -> Iterator[Callable[[Path], Mistake | None]]:
    """What became of a conversation; all that this run asks for begin at once, so many at a time."""
    asked = {
        item.callspec.params["file"] for item in request.session.items if "outcome_of" in item.fixturenames
    }
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        played = {file: pool.submit(_play, stage, file) for file in sorted(asked)}
        yield lambda file: _outcome(played[file])


def _play(stage: Stage, file: Path) -> Mistake | None:
    try:
        stage.play(read_script(file))
    except Mistake as mistake:
        return mistake
    return None


def _outcome(played: "Future[Mistake | None]") -> Mistake | None:
    return played.result(timeout=300)
