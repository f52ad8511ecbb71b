"""A model trained once a run, for all tests that need some trained model and not a particular one. Never write to it."""

from datetime import timedelta
from pathlib import Path

import pytest

from risk_model.histories import Histories
from tests.risk_model.small_world import AS_OF, LengthEncoder, shop_where_the_slow_leave

HORIZON_DAYS = 45


@pytest.fixture(scope="session")
def slow_shop() -> Histories:
    """Half of its 300 customers leave, slowing down before; nobody wrote anything."""
    return shop_where_the_slow_leave()


@pytest.fixture(scope="session")
def slow_model(slow_shop: Histories, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What was learned from `slow_shop` one horizon before its end."""
    from risk_model.training import train  # brings torch, which most tests do without

    folder = tmp_path_factory.mktemp("model") / "model"
    train(slow_shop.until(AS_OF - timedelta(days=HORIZON_DAYS)), HORIZON_DAYS, LengthEncoder(), folder)
    return folder
