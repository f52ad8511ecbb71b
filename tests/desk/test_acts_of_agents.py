"""What agents do beside answering: offers, follow-ups by hand, contested scores."""

from datetime import timedelta

import pytest
from sqlmodel import select

from db import tables
from db.session import unit_of_work
from desk import agent_offers, by_hand, contests, escalations, flow, offers
from desk.contests import Review
from desk.conversations import post_customer_message
from desk.errors import ContestRefused, FollowUpRefused, NotYourCase, OfferRefused
from desk.policy import CatalogueOffer, Policy
from desk.rules import load_rules
from desk.why import why
from tests.desk.people import EVERYBODY_HELD_OUT, NOBODY_HELD_OUT, NOW, FixedScorer, agent, customer, said

RULES = load_rules()
LARGE = CatalogueOffer("half", 50, {"en": "half price"}, timedelta(days=3))
CARE, RECOVERY = "thank-you-10", "make-good-15"
SOON = NOW + timedelta(hours=3)


@pytest.fixture
def session(engine):
    with unit_of_work(engine) as opened:
        yield opened


@pytest.fixture
def held(session):
    """A customer's message, their case, and the agent who has it."""
    message = said(session, customer(session))
    conversation = session.get_one(tables.Conversation, message.conversation_id)
    case, _ = escalations.open_escalation(session, conversation, escalations.Cause.ASKED, NOW)
    mia = agent(session, "Mia")
    escalations.claim(session, case.id, mia, NOW)
    return message, case, mia


def give(session, held, key=RECOVERY, days=7, policy=NOBODY_HELD_OUT, now=NOW):
    return agent_offers.give(session, held[1].id, held[2], key, days, policy, now)


def decline(session, held, policy=NOBODY_HELD_OUT, key=CARE):
    return agent_offers.decline(session, held[1].id, held[2], key, "asked for a refund", policy, NOW)


def turn(session, message, probability=0.9, policy=NOBODY_HELD_OUT):
    return flow.handle(session, FixedScorer(probability), message, NOW, policy)


def test_an_agents_offer_can_be_accepted_until_the_day_they_chose(session, held):
    offer = give(session, held, days=7)
    assert (offer.status, offer.expires_at, offer.agent_id) == ("made", NOW + timedelta(days=7), held[2].id)
    assert offers.accept_offer(session, offer.customer_id, offer.id, NOW).status == "accepted"


def test_an_offer_that_waited_is_approved_as_it_is_or_as_another_of_the_catalogue(session, held):
    policy = Policy(hold_out_share=0, offers=(*Policy().offers, LARGE))
    who = session.get_one(tables.Customer, held[1].customer_id)
    waiting = offers.make_offer(session, who, held[1].conversation_id, LARGE, policy, NOW)
    assert waiting.status == "waiting"
    given = give(session, held, CARE, policy=policy)
    assert (given.id, given.status, given.percent) == (waiting.id, "made", 10)


@pytest.mark.parametrize(
    ("key", "days", "sentence"),
    [("free-for-ever", 7, "catalogue"), (CARE, 0, "1 to 14 days"), (CARE, 15, "1 to 14 days")],
    ids=["not in the catalogue", "ends at once", "longer than the catalogue says"],
)
def test_an_agent_gives_nothing_beyond_the_catalogue(session, held, key, days, sentence):
    with pytest.raises(OfferRefused, match=sentence):
        give(session, held, key, days)


def test_the_cap_and_the_hold_out_bind_agents_too(session, held):
    with pytest.raises(OfferRefused, match="hold-out"):
        give(session, held, policy=EVERYBODY_HELD_OUT)
    give(session, held)
    with pytest.raises(OfferRefused, match="possible from 2026-05-03 on"):
        give(session, held)


def test_an_agent_who_does_not_hold_the_case_gives_and_declines_nothing(session, held):
    other = (held[0], held[1], agent(session, "Jon"))
    for act in (give, decline):
        with pytest.raises(NotYourCase):
            act(session, other)


def test_a_visitor_can_be_given_nothing(session):
    conversation = session.get_one(tables.Conversation, said(session, None).conversation_id)
    case, _ = escalations.open_escalation(session, conversation, escalations.Cause.ASKED, NOW)
    mia = agent(session, "Mia")
    escalations.claim(session, case.id, mia, NOW)
    with pytest.raises(OfferRefused, match="not signed in"):
        give(session, (None, case, mia))
    with pytest.raises(FollowUpRefused, match="not signed in"):
        by_hand.plan(session, case.id, mia, "check_back", SOON, RULES, NOW)
    with pytest.raises(ContestRefused, match="no score"):
        contests.contest(session, case.id, None, mia, "why?", NOW)


def test_after_an_agent_declined_no_turn_makes_an_offer_but_the_agent_still_may(session, held):
    offer = decline(session, held)
    assert (offer.status, offer.agent_reason) == ("withheld", "asked for a refund")
    assert "offer" not in turn(session, held[0]).decision.carried_out
    with pytest.raises(OfferRefused):
        offers.accept_offer(session, offer.customer_id, offer.id, NOW)
    assert give(session, held).status == "made"


def test_an_offer_that_waits_is_declined_and_gone(session, held):
    policy = Policy(hold_out_share=0, offers=(*Policy().offers, LARGE))
    who = session.get_one(tables.Customer, held[1].customer_id)
    waiting = offers.make_offer(session, who, held[1].conversation_id, LARGE, policy, NOW)
    assert decline(session, held, policy).id == waiting.id
    assert agent_offers.standing(session, who, policy, NOW).waiting is None


def test_a_follow_up_by_hand_waits_in_the_outbox_and_says_who_planned_it(session, held):
    by_hand.plan(session, held[1].id, held[2], "check_back", SOON, RULES, NOW)
    row = session.exec(select(tables.FollowUp)).one()
    assert (row.status, row.due_at, row.channel) == ("pending", SOON, "email")
    assert [one.cause for one in why(session, "ana")] == [
        "Mia planned it by hand, in the words of check_back"
    ]
    with pytest.raises(FollowUpRefused, match="planned for this moment already"):
        by_hand.plan(session, held[1].id, held[2], "check_back", SOON, RULES, NOW)


def test_a_reminder_by_hand_needs_an_offer_that_is_still_open_then_and_ends_with_it(session, held):
    with pytest.raises(FollowUpRefused, match="none that could still be accepted"):
        by_hand.plan(session, held[1].id, held[2], "offer_reminder", SOON, RULES, NOW)
    offer = give(session, held, days=1)
    by_hand.plan(session, held[1].id, held[2], "offer_reminder", SOON, RULES, NOW)
    row = session.exec(select(tables.FollowUp)).one()
    assert (row.not_after, row.details["offer_code"]) == (offer.expires_at, offer.code)


@pytest.mark.parametrize(
    "due_at", [NOW - timedelta(minutes=1), NOW + timedelta(days=61)], ids=["past", "far off"]
)
def test_a_follow_up_by_hand_is_planned_for_a_moment_that_makes_sense(session, held, due_at):
    with pytest.raises(FollowUpRefused, match="within 60 days"):
        by_hand.plan(session, held[1].id, held[2], "check_back", due_at, RULES, NOW)
    with pytest.raises(FollowUpRefused, match="choose one of the rules"):
        by_hand.plan(session, held[1].id, held[2], "sing", SOON, RULES, NOW)


def test_a_contested_score_is_kept_and_decides_nothing_until_a_person_upheld_it(session, held):
    message, case, mia = held
    row = contests.contest(session, case.id, None, mia, "I moved house, I am not leaving", NOW)
    turned = turn(session, message)
    assert turned.risk.probability == 0.9
    assert (turned.decision.kind, turned.decision.planned, turned.decision.carried_out) == ("nothing", [], [])
    assert "contested" in turned.decision.reason
    jon = agent(session, "Jon")
    contests.review(session, case.id, row.id, jon, Review.UPHELD, "looked at the orders", NOW)
    conversation = session.get_one(tables.Conversation, message.conversation_id)
    later, _ = post_customer_message(session, conversation, "hello?", "c2", NOW)
    assert turn(session, later).decision.kind == "escalate"


def test_a_score_that_was_set_aside_stays_unused_until_a_later_review_upholds_it(session, held):
    _, case, mia = held
    row = contests.contest(session, case.id, None, mia, "not me", NOW)
    contests.review(session, case.id, row.id, mia, Review.SET_ASIDE, "shared account", NOW)
    assert "set it aside" in contests.why_not_used(session, case.customer_id)
    contests.review(session, case.id, row.id, mia, Review.UPHELD, "account was split", NOW)
    assert contests.why_not_used(session, case.customer_id) is None
    with pytest.raises(ContestRefused, match="reviewed already"):
        contests.review(session, case.id, row.id, mia, Review.SET_ASIDE, "again", NOW)


def test_a_score_is_contested_once_at_a_time_and_by_the_holder(session, held):
    _, case, mia = held
    contests.contest(session, case.id, None, mia, "not me", NOW)
    with pytest.raises(ContestRefused, match="waits for a review"):
        contests.contest(session, case.id, None, mia, "still not me", NOW)
    with pytest.raises(NotYourCase):
        contests.contest(session, case.id, None, agent(session, "Jon"), "not me", NOW)
