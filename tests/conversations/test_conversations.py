"""Whole conversations over HTTP with every process up, as README.md here explains them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conversations.conftest import FILES
from tests.conversations.script import Mistake


@pytest.mark.parametrize("file", FILES, ids=[f"{file.parent.name}/{file.stem}" for file in FILES])
def test_the_conversation_goes_as_written(file: Path, outcome_of: Callable[[Path], Mistake | None]) -> None:
    if mistake := outcome_of(file):
        pytest.fail(str(mistake), pytrace=False)
