"""Every feature of the model has a name in both languages."""

import pytest

from app.web.console_words import told_in
from app.web.feature_names import feature_name
from risk_model.features import FEATURES
from risk_model.writing import WRITTEN


@pytest.mark.parametrize("feature", [*FEATURES, *WRITTEN])
def test_each_is_named_in_both_languages(feature: str) -> None:
    for language in ("en", "zh"):
        told = feature_name(told_in(language), feature)
        assert told != feature
        assert "{" not in told


def test_days_are_part_of_the_name() -> None:
    assert feature_name(told_in("en"), "visits_rate_30") == "Visits, halved every 30 days"
    assert feature_name(told_in("en"), "rate_7") == "Orders, halved every 7 days"
    assert feature_name(told_in("zh"), "repeats_7") == "重复提问（7 天）"
    assert len({feature_name(told_in("en"), name) for name in (*FEATURES, *WRITTEN)}) == len(FEATURES) + len(
        WRITTEN
    )


def test_one_of_another_version_keeps_its_own() -> None:
    assert feature_name(told_in("zh"), "moon_phase_30") == "moon_phase_30"
