"""How `make test` shares the tests between two processes."""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

LONGEST = ("tests/real_data/", "tests/app/demo/test_demo_home.py")
DATABASES = ("sqlite", "postgresql")


class ByModuleAndDatabase(LoadScopeScheduling):
    """A process runs a module's tests on one database in one go, since both are dear to set up; a long test by itself."""

    def _split_scope(self, nodeid: str) -> str:
        if _is_long(nodeid):
            return nodeid
        module, _, test = nodeid.partition("::")
        parameters = test.partition("[")[2]
        return module + next((name for name in DATABASES if name in parameters), "")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByModuleAndDatabase:
    return ByModuleAndDatabase(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not _is_long(item.nodeid))  # what begins last should not take minutes


def _is_long(nodeid: str) -> bool:
    return nodeid.startswith(LONGEST)
