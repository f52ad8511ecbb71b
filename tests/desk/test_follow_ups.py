"""What plans a follow-up and what the gate is told about it, on both databases."""

from datetime import timedelta

import pytest
from sqlmodel import select

from db import tables
from db.session import unit_of_work
from desk import consent, escalations, flow, follow_ups, offers, outbox
from desk.feedback import Feedback
from desk.follow_ups_by_clock import plan_by_clock
from desk.policy import CARE_OFFER
from desk.rules import Stop, load_rules
from desk.send_gate import Answer, may_send
from tests.desk.people import EVERYBODY_HELD_OUT, NOBODY_HELD_OUT, NOW, FixedScorer, agent, customer, said

RULES = load_rules()
DAY = timedelta(days=1)


@pytest.fixture
def session(engine):
    with unit_of_work(engine) as opened:
        yield opened


def rows(session):
    return list(session.exec(select(tables.FollowUp).order_by(tables.FollowUp.id)))


def turn(session, who, probability=0.9):
    message = said(session, who)
    flow.handle(session, FixedScorer(probability), message, NOW, NOBODY_HELD_OUT)
    return message.conversation_id


def resolve(session, conversation_id, verdict=escalations.Verdict.SAVED, now=NOW + DAY):
    case = escalations.open_case(session, conversation_id)
    robin = agent(session, "Robin")
    escalations.claim(session, case.id, robin, now)
    escalations.resolve(session, case.id, robin, verdict, "-", now)


def did(session, who, kind, time):
    session.add(tables.Event(customer_id=who.id, time=time, kind=kind, row_key=f"{kind}{time}"))
    session.flush()


def ticked(session, time):
    session.merge(tables.Tick(job="plan", last_tick_at=time))
    session.flush()


def made_offer(session, who, now=NOW):
    return offers.make_offer(
        session, who, said(session, who).conversation_id, CARE_OFFER, NOBODY_HELD_OUT, now
    )


def by_clock(session, now, rules=RULES):
    return plan_by_clock(session, rules, NOBODY_HELD_OUT, now)


def test_a_bad_chat_brings_a_care_message_with_the_offer(session):
    turn(session, customer(session))
    (row,) = rows(session)
    (offer,) = session.exec(select(tables.Offer)).all()
    assert (row.rule, row.channel, row.due_at, row.not_after) == (
        "care_message",
        "email",
        NOW + DAY,
        NOW + 6 * DAY,
    )
    assert row.details == {
        "template": "care_message",
        "offer_title": offer.title,
        "offer_code": offer.code,
        "offer_ends": "2026-03-18",
    }


def test_a_resolved_case_brings_a_check_back_in_place_of_what_waits(session):
    resolve(session, turn(session, customer(session)))
    care, check = rows(session)
    assert (care.status, care.status_reason) == ("cancelled", "check_back was planned in its place")
    assert [(said.answer, said.reason) for said in outbox.answers(session, care.id)] == [
        ("cancelled", "check_back was planned in its place")
    ]
    assert (check.rule, check.status, check.due_at) == ("check_back", "pending", NOW + 2 * DAY)
    assert check.details["offer_code"]


def test_who_said_good_bye_is_not_asked_whether_all_is_well(session):
    resolve(session, turn(session, customer(session)), escalations.Verdict.LEFT)
    assert [row.rule for row in rows(session)] == ["care_message"]


def test_a_visitors_resolved_case_brings_nothing(session):
    message = said(session, None)
    conversation = session.get_one(tables.Conversation, message.conversation_id)
    escalations.open_escalation(session, conversation, escalations.Cause.ASKED, NOW)
    resolve(session, conversation.id)
    assert rows(session) == []


def test_a_resolution_that_rolls_back_leaves_no_row(engine):
    with unit_of_work(engine) as session:
        conversation_id = turn(session, customer(session))
    with pytest.raises(RuntimeError), unit_of_work(engine) as session:
        resolve(session, conversation_id)
        raise RuntimeError
    with unit_of_work(engine) as session:
        assert [(row.rule, row.status) for row in rows(session)] == [("care_message", "pending")]


def test_rules_decide_which_decision_has_a_follow_up(session):
    care_too = RULES.rules[0].model_copy(update={"decisions": frozenset({"care"})})
    rules = RULES.model_copy(update={"rules": (care_too,)})
    message = said(session, customer(session))
    result = flow.handle(session, FixedScorer(0.5), message, NOW, NOBODY_HELD_OUT, rules)
    assert result.decision.carried_out == ["care", "follow_up"]
    assert [row.rule for row in rows(session)] == ["care_message"]


def test_a_rule_bound_by_time_has_its_say_once_over_all_conversations(session):
    seldom = RULES.rules[0].model_copy(update={"at_most": 90 * DAY})
    rules, who = RULES.model_copy(update={"rules": (seldom,)}), customer(session)
    for _ in range(2):
        flow.handle(session, FixedScorer(0.9), said(session, who), NOW, NOBODY_HELD_OUT, rules)
    assert len(rows(session)) == 1


def test_an_offer_kept_for_later_or_declined_brings_no_reminder(session):
    later, declined = customer(session), customer(session, "bo")
    offers.postpone_offer(session, later.id, made_offer(session, later).id, NOW)
    offers.decline_offer(session, declined.id, made_offer(session, declined).id, NOW)
    assert by_clock(session, NOW + 11 * DAY) == 0
    assert rows(session) == []


def test_an_offer_is_remembered_once_before_its_end_and_no_longer_than_that(session):
    offer = made_offer(session, customer(session))
    assert by_clock(session, NOW + 10 * DAY) == 0
    assert by_clock(session, NOW + 11 * DAY) == 1
    assert by_clock(session, NOW + 11 * DAY) == 0
    (row,) = rows(session)
    assert (row.rule, row.details["offer_code"]) == ("offer_reminder", offer.code)
    assert row.due_at == (NOW + 12 * DAY).replace(hour=10)
    assert row.not_after <= offer.expires_at


def test_an_accepted_or_ended_offer_is_not_remembered(session):
    who = customer(session)
    offer = made_offer(session, who)
    assert by_clock(session, NOW + 14 * DAY) == 0
    offers.accept_offer(session, who.id, offer.id, NOW)
    assert by_clock(session, NOW + 12 * DAY) == 0


def test_who_went_quiet_since_the_last_pass_is_won_back_once(session):
    who = customer(session)  # whose last event is 70 days old
    did(session, who, "visit", NOW - 45 * DAY - timedelta(minutes=30))
    ticked(session, NOW - timedelta(hours=1))
    assert by_clock(session, NOW) == 1
    assert by_clock(session, NOW) == 0
    (row,) = rows(session)
    assert (row.rule, row.due_at) == ("win_back", (NOW + DAY).replace(hour=10))


def test_six_hours_down_lose_no_win_back(session):
    did(session, customer(session), "visit", NOW - 45 * DAY - timedelta(hours=5))
    ticked(session, NOW - timedelta(hours=6))
    assert by_clock(session, NOW) == 1


def test_the_first_pass_leaves_those_alone_who_went_quiet_long_ago(session):
    did(session, customer(session), "visit", NOW - 46 * DAY)
    assert by_clock(session, NOW) == 0


@pytest.mark.parametrize("sign", ["event", "chat"])
def test_who_did_or_said_something_since_is_not_quiet(session, sign):
    who = customer(session)
    did(session, who, "visit", NOW - 45 * DAY - timedelta(minutes=30))
    ticked(session, NOW - timedelta(hours=1))
    if sign == "event":
        did(session, who, "view", NOW - 3 * DAY)
    else:
        said(session, who)
    assert by_clock(session, NOW) == 0


def test_a_bounce_or_a_mail_scanner_is_no_sign_of_life(session):
    who = customer(session)
    did(session, who, "visit", NOW - 45 * DAY - timedelta(minutes=30))
    ticked(session, NOW - timedelta(hours=1))
    for kind in (Feedback.BOUNCED, Feedback.SCANNED):
        did(session, who, kind, NOW - 3 * DAY)
    assert by_clock(session, NOW) == 1
    assert told(session, rows(session)[0]).happened == frozenset()


def test_who_bought_after_a_case_is_thanked_once(session):
    who = customer(session)
    turn(session, who)
    assert by_clock(session, NOW + DAY) == 0
    did(session, who, "order", NOW + DAY)
    did(session, who, "order", NOW + 2 * DAY)
    assert by_clock(session, NOW + 2 * DAY) == 1
    assert by_clock(session, NOW + 2 * DAY) == 0
    assert [row.rule for row in rows(session)] == ["care_message", "thank_you"]


def test_an_order_before_the_case_or_long_ago_is_no_recovery(session):
    who = customer(session)
    turn(session, who)
    did(session, who, "order", NOW - DAY)
    did(session, who, "order", NOW + DAY)
    assert by_clock(session, NOW + 7 * DAY) == 0


def told(session, row, now=NOW + DAY, policy=NOBODY_HELD_OUT):
    return follow_ups.circumstances(session, [row], policy, now)[0][0]


def planned(session, who, rule="care_message", key="k1", **fields):
    row = tables.FollowUp(
        idempotency_key=key, customer_id=who.id, rule=rule, channel="email", details={}, planned_at=NOW,
        due_at=NOW + DAY, not_after=NOW + 6 * DAY, **fields,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def agreed(session, who, channel="email", granted=True):
    consent.record(session, who.id, consent.Purpose.FOLLOW_UP, granted, NOW, "test", channel)


def test_the_gate_is_told_what_is_true_of_the_customer(session):
    who = customer(session, country="DE")
    row = planned(session, who)
    assert told(session, row).consent is None
    agreed(session, who)
    fine = told(session, row)
    assert may_send(fine, NOBODY_HELD_OUT).answer is Answer.SEND
    assert (fine.country, fine.not_after, fine.sent_lately) == ("DE", row.not_after, ())
    assert told(session, row, policy=EVERYBODY_HELD_OUT).held_out
    who.email_refused = "550"
    assert told(session, row).address_refused == "550"
    who.email = None
    assert not told(session, row).has_address


def test_the_newest_answer_counts_for_this_channel_or_for_any(session):
    who = customer(session)
    row = planned(session, who)
    agreed(session, who, "any", granted=False)
    assert told(session, row).consent is False
    agreed(session, who, "email")
    assert told(session, row).consent is True
    agreed(session, who, "sms", granted=False)
    assert told(session, row).consent is True
    agreed(session, who, "any", granted=False)
    assert told(session, row).consent is False


def test_a_human_in_any_chat_of_the_customer_holds_it_up(session):
    who = customer(session)
    row = planned(session, who)
    assert not told(session, row).human_has_chat
    conversation = session.get_one(tables.Conversation, said(session, who).conversation_id)
    conversation.agent_id = agent(session, "Mei").id
    session.flush()
    assert told(session, row).human_has_chat


@pytest.mark.parametrize(
    ("rule", "kind", "happened"),
    [
        ("care_message", "order", {Stop.ORDER}),
        ("care_message", "visit", set()),
        ("win_back", "visit", {Stop.ACTIVITY}),
        ("thank_you", "order", set()),  # it is about having bought
        ("check_back", "order", set()),  # the question stays
        ("rule_of_last_year", "order", {Stop.ORDER}),
    ],
)
def test_each_rule_has_its_own_reasons_to_stop(session, rule, kind, happened):
    who = customer(session)
    row = planned(session, who, rule)
    did(session, who, kind, NOW + timedelta(hours=2))
    assert told(session, row).happened == happened


@pytest.mark.parametrize(
    ("accepted", "days", "closed"), [(False, 1, False), (True, 1, True), (False, 15, True)]
)
def test_a_reminder_stops_when_its_offer_is_accepted_or_ends(session, accepted, days, closed):
    who = customer(session)
    offer = made_offer(session, who)
    row = planned(session, who, "offer_reminder")
    row.details = {"offer_code": offer.code}
    if accepted:
        offers.accept_offer(session, who.id, offer.id, NOW)
    assert (Stop.OFFER_CLOSED in told(session, row, NOW + days * DAY).happened) is closed


def test_the_cap_counts_what_went_out_and_of_several_claimed_at_once_those_before(session):
    who = customer(session)
    planned(session, who, key="long ago", status="sent", sent_at=NOW - 20 * DAY)
    planned(session, who, key="sent", status="sent", sent_at=NOW)
    planned(session, who, key="cancelled", status="cancelled")
    first, second, third = (planned(session, who, key=f"at once {n}", status="leased") for n in range(3))
    assert [(told(session, row).sent_lately, told(session, row).undecided) for row in (first, second)] == [
        ((NOW,), 0),
        ((NOW,), 1),
    ]
    agreed(session, who)
    answers = [may_send(told(session, row), NOBODY_HELD_OUT) for row in (first, second, third)]
    assert [answer.answer for answer in answers] == [Answer.SEND, Answer.SEND, Answer.LATER]
    assert answers[2].until == NOW + DAY + timedelta(minutes=1)  # the others may yet be refused


def test_an_erased_customers_follow_up_never_goes(session):
    ana = customer(session)
    row = planned(session, ana)
    session.delete(ana)
    session.flush()
    assert may_send(told(session, row), NOBODY_HELD_OUT).reason == "the customer was erased"


def test_the_same_occasion_planned_by_two_at_once_is_one_row(engine):
    from concurrent.futures import ThreadPoolExecutor

    with unit_of_work(engine) as session:
        did(session, customer(session), "visit", NOW - 45 * DAY - timedelta(minutes=30))
        ticked(session, NOW - timedelta(hours=1))

    def plan(_number):
        with unit_of_work(engine) as session:
            return by_clock(session, NOW)

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(plan, range(4))) == 1
