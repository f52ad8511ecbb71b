"""Which turns are about leaving: by what was understood, and by what is being asked for."""

import pytest
from rasa_sdk import Tracker

from actions.assess_risk import _is_leaving


def tracker(intent, form=None):
    return Tracker(
        "a-chat", {"form": form}, {"intent": {"name": intent}, "text": "some words"}, [], False, None, {}, "-"
    )


@pytest.mark.parametrize("intent", ["cancel_order", "delete_account", "unsubscribe"])
def test_who_cancels_closes_or_unsubscribes_is_leaving(intent):
    assert _is_leaving(tracker(intent))


def test_so_is_who_confirms_it():
    form = {"name": "cancel_order", "asked": "confirm", "order_number": "SL-1"}
    assert _is_leaving(tracker("affirm", form))


def test_who_asks_for_a_parcel_or_complains_is_not():
    assert not any(map(_is_leaving, map(tracker, ("track_order", "complaint", "affirm"))))
