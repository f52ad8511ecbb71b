"""What `stayline train` tells of a model, in lines for a person."""

from dataclasses import replace

import numpy as np
import pytest

from app.commands.data import describe
from risk_model.level import WEEKS
from risk_model.manifest import Manifest, read_model


@pytest.fixture
def manifest(slow_model) -> Manifest:
    return replace(read_model(slow_model), trained_until="2025-09-01T00:00:00+00:00")


def with_levels(manifest: Manifest, levels: np.ndarray) -> Manifest:
    return replace(manifest, levels={"behaviour_only": levels.tolist()})


def test_a_season_that_is_expected_is_told_with_its_days(manifest):
    season = -0.5 * np.cos(
        2 * np.pi * (WEEKS - 70) / 364
    )  # lowest after ten weeks, highest half a year later
    (line,) = [line for line in describe(with_levels(manifest, season)) if "season" in line]
    assert line == (
        "a season is expected: the odds of leaving are ×0.84 of the usual now, "
        "lowest ×0.61 around 2025-11-10, highest ×1.65 around 2026-05-11"
    )


def test_where_the_level_hardly_moves_no_season_is_told(manifest):
    assert not [line for line in describe(with_levels(manifest, WEEKS / 3000)) if "season" in line]
