from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import select

from db import tables
from db.session import unit_of_work
from desk import escalations, offers
from desk.errors import AlreadyClaimed, CaseClosed, NotFound, NotYourCase, OfferRefused
from desk.policy import CARE_OFFER, RECOVERY_OFFER, CatalogueOffer, Policy
from desk.queue import Reader, Wish, order_of
from tests.desk.people import NOW, agent, customer, said

POLICY = Policy()


@pytest.fixture
def session(engine):
    with unit_of_work(engine) as opened:
        yield opened


def made(session, who, choice=CARE_OFFER, now=NOW):
    return offers.make_offer(session, who, said(session, who).conversation_id, choice, POLICY, now)


def test_an_offer_is_accepted_once(session):
    who = customer(session)
    offer = made(session, who)
    assert offers.accept_offer(session, who.id, offer.id, NOW).code == offer.code
    with pytest.raises(OfferRefused, match="accepted on 2026-03-04"):
        offers.accept_offer(session, who.id, offer.id, NOW)
    assert [row.kind for row in session.exec(select(tables.Outcome))] == ["offer_accepted"]


def test_an_offer_cannot_be_accepted_after_its_end(session):
    who = customer(session)
    offer = made(session, who)
    with pytest.raises(OfferRefused, match="ended on"):
        offers.accept_offer(session, who.id, offer.id, NOW + timedelta(days=15))


def test_somebody_elses_offer_does_not_exist(session):
    offer, other = made(session, customer(session)), customer(session, "bo")
    with pytest.raises(NotFound):
        offers.accept_offer(session, other.id, offer.id, NOW)


def test_a_second_offer_within_the_cap_is_not_made(session):
    who = customer(session)
    made(session, who)
    assert made(session, who, now=NOW + timedelta(days=59)) is None
    assert made(session, who, now=NOW + timedelta(days=61)) is not None


def test_a_better_offer_takes_the_place_of_one_that_is_open(session):
    who = customer(session)
    first = made(session, who)
    waiting = tables.FollowUp(
        idempotency_key="reminder", customer_id=who.id, rule="reminder", channel="email", planned_at=NOW, due_at=NOW,
        not_after=NOW, details={"template": "reminder", **offers.words_of(first)},
    )  # fmt: skip
    session.add(waiting)
    better = made(session, who, RECOVERY_OFFER, NOW + timedelta(days=1))
    assert (first.status, better.status) == ("replaced", "made")
    assert waiting.details["offer_code"] == better.code
    with pytest.raises(OfferRefused, match="better offer took the place"):
        offers.accept_offer(session, who.id, first.id, NOW)
    assert offers.accept_offer(session, who.id, better.id, NOW).percent == 15


LARGE = CatalogueOffer("half", 50, {"en": "half price"}, timedelta(days=3))


@pytest.mark.parametrize("choice", [CARE_OFFER, LARGE], ids=["no better", "waits for an agent"])
def test_what_is_no_better_or_not_sure_takes_no_place(session, choice):
    who = customer(session)
    first = made(session, who)
    assert made(session, who, choice) is None
    assert first.status == "made"


def test_what_an_agent_gave_and_what_was_accepted_is_never_replaced(session):
    given, taken = customer(session), customer(session, "bo")
    made(session, given).agent_id = agent(session, "Sam").id
    offers.accept_offer(session, taken.id, made(session, taken).id, NOW)
    assert [made(session, who, RECOVERY_OFFER) for who in (given, taken)] == [None, None]


def test_a_large_offer_waits_for_an_agent(session):
    who = customer(session)
    offer = made(session, who, LARGE)
    assert offer.status == "waiting"
    with pytest.raises(OfferRefused, match="waits for an agent"):
        offers.accept_offer(session, who.id, offer.id, NOW)


def test_an_offer_speaks_the_customers_language(session):
    assert made(session, customer(session, language="zh")).title == "下一单九折优惠"


def test_many_accepts_at_once_give_one_acceptance(engine):
    with unit_of_work(engine) as session:
        who = customer(session)
        offer_id, who_id = made(session, who).id, who.id

    def accept(_number):
        try:
            with unit_of_work(engine) as session:
                offers.accept_offer(session, who_id, offer_id, NOW)
        except OfferRefused:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(accept, range(12))) == 1


def test_many_turns_at_once_make_one_offer(engine):
    with unit_of_work(engine) as session:
        who = customer(session)
        conversation_id = said(session, who).conversation_id

    def offer(_number):
        with unit_of_work(engine) as session:
            return offers.make_offer(session, who, conversation_id, CARE_OFFER, POLICY, NOW) is not None

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(offer, range(12))) == 1


def opened(session, key="ana", probability=0.8, value=100.0):
    message = said(session, customer(session, key))
    conversation = session.get_one(tables.Conversation, message.conversation_id)
    risk = tables.Risk(
        customer_id=conversation.customer_id, as_of=NOW, status="scored", probability=probability,
        reliability="high", reliability_reason="-", reasons=[], inputs={},
    )  # fmt: skip
    session.add(risk)
    session.flush()
    return escalations.open_escalation(
        session, conversation, escalations.Cause.RISK, NOW, risk=risk, value=value
    )[0]


def test_the_queue_is_ordered_by_risk_times_value(session):
    ids = [opened(session, key, p, v).id for key, p, v in [("a", 0.9, 10), ("b", 0.5, 100), ("c", 0.7, 50)]]
    assert list(order_of(session, Wish(), Reader(0, NOW))) == [ids[1], ids[2], ids[0]]


def test_two_agents_race_for_one_case_and_the_slower_is_told_who_has_it(engine):
    with unit_of_work(engine) as session:
        case_id = opened(session).id
        agents = [agent(session, name) for name in ("Robin", "Mei", "Sam")]

    def claim(one):
        try:
            with unit_of_work(engine) as session:
                escalations.claim(session, case_id, one, NOW)
        except AlreadyClaimed as error:
            return error.agent_name
        return "mine"

    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(claim, agents))
    assert answers.count("mine") == 1
    winner = agents[answers.index("mine")].name
    assert set(answers) == {"mine", winner}


def test_claiming_silences_the_bot_and_handing_back_lets_it_speak(session):
    case, robin = opened(session), agent(session, "Robin")
    escalations.claim(session, case.id, robin, NOW)
    conversation = session.get_one(tables.Conversation, case.conversation_id)
    assert conversation.agent_id == robin.id
    escalations.hand_back(session, case.id, robin)
    assert conversation.agent_id is None
    assert case.status == "open"


def test_only_the_holder_answers_and_resolves(session):
    case, robin, mei = opened(session), agent(session, "Robin"), agent(session, "Mei")
    escalations.claim(session, case.id, robin, NOW)
    with pytest.raises(NotYourCase):
        escalations.reply(session, case.id, mei, "Hello", NOW)
    escalations.reply(session, case.id, robin, "Hello", NOW)
    assert (case.status, case.answered_at) == ("answered", NOW)
    escalations.resolve(session, case.id, robin, escalations.Verdict.SAVED, "sent a new kettle", NOW)
    assert (case.status, case.verdict, case.verdict_reason) == ("resolved", "saved", "sent a new kettle")
    assert order_of(session, Wish(), Reader(0, NOW)) == []


def test_a_resolved_case_cannot_be_claimed_again(session):
    case, robin, mei = opened(session), agent(session, "Robin"), agent(session, "Mei")
    escalations.claim(session, case.id, robin, NOW)
    escalations.resolve(session, case.id, robin, escalations.Verdict.LEFT, "-", NOW)
    with pytest.raises(CaseClosed):
        escalations.claim(session, case.id, mei, NOW)


def test_an_offer_nobody_accepted_in_time_is_expired_and_an_accepted_one_stays(session):
    late, taken, running = (made(session, customer(session, key)) for key in ("a", "b", "c"))
    offers.accept_offer(session, taken.customer_id, taken.id, NOW)
    running.expires_at = NOW + timedelta(days=20)
    session.flush()
    assert [offers.expire(session, NOW + timedelta(days=15)) for _ in range(2)] == [1, 0]
    for offer in (late, taken, running):
        session.refresh(offer)
    assert (late.status, taken.status, running.status) == ("expired", "accepted", "made")
    with pytest.raises(OfferRefused, match="ended on"):
        offers.accept_offer(session, late.customer_id, late.id, NOW + timedelta(days=15))


def test_an_offer_that_waited_for_an_agent_too_long_is_expired_too(session):
    offer = made(
        session, customer(session), CatalogueOffer("half", 50, {"en": "half price"}, timedelta(days=3))
    )
    assert offers.expire(session, NOW + timedelta(days=4)) == 1
    session.refresh(offer)
    assert offer.status == "expired"


def test_declined_offer_is_kept_as_an_outcome_with_its_time_and_cannot_be_taken(session):
    who = customer(session)
    offer = made(session, who)
    offers.decline_offer(session, who.id, offer.id, NOW)
    (outcome,) = session.exec(select(tables.Outcome)).all()
    assert (outcome.kind, outcome.time, outcome.value) == ("offer_declined", NOW, offer.percent)
    with pytest.raises(OfferRefused, match="declined"):
        offers.accept_offer(session, who.id, offer.id, NOW)
    assert made(session, who, now=NOW + timedelta(days=1)) is None


def test_postponed_offer_can_be_taken_until_it_ends_and_then_expires(session):
    who = customer(session)
    offer = made(session, who)
    offers.postpone_offer(session, who.id, offer.id, NOW)
    assert offers.open_offer(session, offer.conversation_id, NOW) == offer
    assert offers.expire(session, NOW + timedelta(days=15)) == 1
    with pytest.raises(OfferRefused, match="ended on"):
        offers.accept_offer(session, who.id, offer.id, NOW + timedelta(days=15))


def test_postponed_offer_is_accepted_like_a_new_one(session):
    who = customer(session)
    offer = made(session, who)
    offers.postpone_offer(session, who.id, offer.id, NOW)
    assert offers.accept_offer(session, who.id, offer.id, NOW).status == "accepted"
