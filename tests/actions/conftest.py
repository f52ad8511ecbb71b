"""The action server as its own process, on each database."""

from collections.abc import Iterator

import pytest

from tests.actions.talking import ActionProcess, action_process


@pytest.fixture(scope="package", params=["sqlite", "postgresql"])
def process(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ActionProcess]:
    with action_process(request.param, tmp_path_factory.mktemp("actions")) as running:
        yield running
