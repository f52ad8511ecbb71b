from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from desk.policy import Policy
from desk.rules import Limits, Stop
from desk.send_gate import Answer, Circumstances, may_send

POLICY, LIMITS = Policy(), Limits()
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
NIGHT = datetime(2026, 3, 4, 23, tzinfo=UTC)
FINE = Circumstances(now=NOON, consent=True, time_zone="Europe/Berlin", not_after=NOON + timedelta(days=9))


def asked(**change):
    return may_send(replace(FINE, **change), POLICY, LIMITS)


def sent(*days_ago):
    return tuple(NOON - timedelta(days=days) for days in days_ago)


def test_all_is_well_so_it_goes_and_says_why():
    assert asked() == may_send(FINE, POLICY)
    assert (asked().answer, asked().reason) == (
        Answer.SEND,
        "consent given, not held out, within the limits, at a welcome hour",
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"erased": True}, "the customer was erased"),
        ({"has_address": False}, "no address on this channel"),
        ({"address_refused": "550 no such user"}, "the mail server refused this address for good"),
        ({"consent": None}, "no consent to follow-ups"),
        ({"consent": None, "channel": "sms"}, "no consent to follow-ups"),
        ({"consent": False}, "consent was withdrawn"),
        ({"consent": False, "channel": "in_chat"}, "consent was withdrawn"),
        ({"consent": False, "channel": "phone"}, "consent was withdrawn"),
        ({"held_out": True}, "in the hold-out"),
        ({"happened": frozenset({Stop.ORDER})}, "the customer has already come back and bought"),
        ({"happened": frozenset({Stop.ACTIVITY})}, "the customer has already come back"),
        ({"happened": frozenset({Stop.OFFER_CLOSED})}, "the offer was accepted or has ended"),
    ],
)
def test_a_refusal_says_why(change, reason):
    decision = asked(**change)
    assert (decision.answer, decision.reason, decision.status) == (Answer.NEVER, reason, "cancelled")


def test_too_late_it_expires():
    decision = asked(not_after=NOON - timedelta(seconds=1))
    assert (decision.answer, decision.status) == (Answer.NEVER, "expired")


@pytest.mark.parametrize("channel", ["in_chat", "phone"])
def test_what_does_not_ring_needs_no_consent_and_knows_no_night(channel):
    assert asked(channel=channel, consent=None, now=NIGHT).answer is Answer.SEND


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_what_rings_at_night_is_moved_to_the_morning(channel):
    decision = asked(channel=channel, now=NIGHT)
    assert (decision.answer, decision.until) == (Answer.LATER, datetime(2026, 3, 5, 7, tzinfo=UTC))


def test_without_a_zone_the_country_decides():
    decision = asked(time_zone=None, country="US")
    assert (decision.answer, decision.until) == (Answer.LATER, datetime(2026, 3, 4, 18, tzinfo=UTC))


def test_while_a_human_has_the_chat_it_waits():
    decision = asked(human_has_chat=True)
    assert (decision.answer, decision.reason) == (Answer.LATER, "a human has the chat")
    assert decision.until > FINE.now


@pytest.mark.parametrize(
    ("days_ago", "frees_in_days"),
    [
        ((1, 2), None),  # room for a third
        ((1, 2, 13), 1),  # the oldest of three leaves the period tomorrow
        ((1, 2, 14), None),  # it has just left
        ((1, 2, 5, 13), 9),  # four already: two must leave
    ],
)
def test_the_cap_moves_to_when_there_is_room(days_ago, frees_in_days):
    decision = asked(sent_lately=sent(*days_ago))
    if frees_in_days is None:
        assert decision.answer is Answer.SEND
    else:
        assert (decision.answer, decision.until) == (Answer.LATER, NOON + timedelta(days=frees_in_days))
        assert decision.reason == "3 messages within 14 days are enough"
