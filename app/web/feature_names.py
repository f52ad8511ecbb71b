"""A feature of the model by its name in the reader's language: `visits_rate_30` as "Visits, halved every 30 days"."""

import re

from app.web.console_words import Tell, knows

_IN_DAYS = re.compile(r"(?P<stem>.+?)(?P<rate>_rate)?_(?P<days>\d+)")


def feature_name(t: Tell, feature: str) -> str:
    """One of another version, which has no words here, keeps its own."""
    if knows(f"features.{feature}"):
        return t(f"features.{feature}")
    found = _IN_DAYS.fullmatch("orders_" + feature if feature.startswith("rate_") else feature)
    if found is None or not knows(f"features.{found['stem']}"):
        return feature
    return t(
        "features.rate" if found["rate"] else "features.within",
        what=t(f"features.{found['stem']}"),
        days=found["days"],
    )
