"""What the lead's overview counts."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random
from statistics import median, quantiles
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert

from db import tables
from db.session import unit_of_work
from desk import figures
from desk.case_figures import Span, Waits, cases
from risk_model.risk import AWAY
from tests.desk.people import NOW, customer, said

WEEK = Span.last(7, NOW, ZoneInfo("UTC"))


@pytest.fixture
def session(engine):
    with unit_of_work(engine) as opened:
        yield opened


def case(session, who, days_ago, answered=None, resolved=None, verdict=None):
    opened = NOW - timedelta(days=days_ago)
    row = tables.Escalation(
        conversation_id=said(session, who).conversation_id, customer_id=who.id, cause="risk", opened_at=opened,
        answered_at=opened + timedelta(minutes=answered) if answered else None,
        resolved_at=opened + timedelta(minutes=resolved) if resolved else None,
        status="resolved" if resolved else "open", verdict=verdict,
    )  # fmt: skip
    session.add(row)
    session.flush()


def test_cases_of_the_span_are_counted_by_day_with_their_waits_and_verdicts(session):
    who = customer(session)
    case(session, who, 1, answered=10, resolved=60, verdict="saved")
    case(session, who, 1, answered=20, resolved=30, verdict="left")
    case(session, who, 3, resolved=15)
    case(session, who, 0)
    case(session, who, 8, answered=1, resolved=2, verdict="saved")
    told = cases(session, WEEK)
    assert (told.n, told.still_open) == (4, 1)
    assert told.opened[date(2026, 3, 3)] == 2
    assert sum(told.resolved.values()) == 3
    assert len(told.opened) == 7
    assert (told.answers.n, told.answers.median) == (2, timedelta(minutes=15))
    assert (told.resolutions.n, told.resolutions.median) == (3, timedelta(minutes=30))
    assert told.verdicts == {"saved": 1, "left": 1, "closed unanswered": 1}


def test_days_are_those_of_the_shop():
    late = datetime(2026, 3, 4, 23, 30, tzinfo=UTC)
    assert Span.last(1, late, ZoneInfo("Asia/Shanghai")).days() == [date(2026, 3, 5)]
    assert Span.last(2, late, ZoneInfo("America/New_York")).days() == [date(2026, 3, 3), date(2026, 3, 4)]


def test_a_span_over_a_clock_change_has_each_day_once():
    after = datetime(2026, 3, 30, 12, tzinfo=UTC)
    span = Span.last(3, after, ZoneInfo("Europe/Berlin"))
    assert span.days() == [date(2026, 3, day) for day in (28, 29, 30)]
    assert span.since.utcoffset() == timedelta(hours=1)


def test_offers_and_follow_ups_are_counted_by_status_and_refusals_by_reason(session):
    who = customer(session)
    conversation_id = said(session, who).conversation_id
    for number, status in enumerate(("accepted", "accepted", "expired")):
        session.add(
            tables.Offer(
                customer_id=who.id, conversation_id=conversation_id, catalogue_key="k", title="-", percent=10,
                code=str(number), status=status, made_at=NOW - timedelta(days=number), expires_at=NOW,
            )
        )  # fmt: skip
    ends = [
        ("sent", None),
        ("cancelled", "in the hold-out"),
        ("cancelled", "in the hold-out"),
        ("dead", "gave up"),
    ]
    for number, (status, reason) in enumerate(ends):
        session.add(
            tables.FollowUp(
                idempotency_key=str(number), customer_id=who.id, rule="r", channel="email", details={},
                planned_at=NOW, due_at=NOW, not_after=NOW, status=status, status_reason=reason,
            )
        )  # fmt: skip
    session.flush()
    assert figures.offers(session, WEEK) == {"accepted": 2, "expired": 1}
    assert figures.follow_ups(session, WEEK) == {"sent": 1, "cancelled": 2, "dead": 1}
    assert figures.refusals(session, WEEK) == {"in the hold-out": 2, "gave up": 1}


def score(session, who, probability, reason="-", version="m1"):
    session.add(
        tables.Risk(
            customer_id=who.id, as_of=NOW, status="scored" if probability is not None else "unknown",
            probability=probability, reliability="high", reliability_reason=reason, reasons=[], inputs={},
            model_version=version,
        )
    )  # fmt: skip
    session.flush()


def test_unknown_scores_and_the_drift_of_this_models_night_are_told(session):
    who = customer(session)
    for probability in (0.05, 0.95, None):
        score(session, who, probability)
    score(session, who, 0.5, version="m0")
    score(session, who, 0.5, AWAY)
    then = [0.5] + [0.0] * 8 + [0.5]
    told = figures.scores(session, WEEK, "m1", then)
    assert (told.n, told.unknown, told.drift_n) == (5, 1, 2)
    assert told.drift == pytest.approx(0)
    assert figures.scores(session, WEEK, "m1", None).drift is None
    assert figures.scores(session, WEEK, "m2", then).drift is None


def test_waits_of_none_and_of_one(session):
    assert cases(session, WEEK).answers == Waits(0)
    case(session, customer(session), 1, answered=60)
    one = cases(session, WEEK).answers
    assert (one.n, one.median, one.most) == (1, timedelta(hours=1), timedelta(hours=1))


@pytest.mark.parametrize(
    ("zone", "now"),
    [
        ("Europe/Berlin", datetime(2026, 4, 20, 12, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 11, 20, 12, tzinfo=UTC)),
        ("Asia/Kolkata", datetime(2026, 3, 4, 12, tzinfo=UTC)),
    ],
    ids=["over a short day", "over a long day", "half an hour aside"],
)
def test_figures_of_5000_cases_are_those_of_counting_them_by_hand_and_no_case_leaves_the_database(
    session, zone, now
):
    span, chance = Span.last(90, now, ZoneInfo(zone)), Random(3)
    conversation_id = said(session, customer(session)).conversation_id
    made = []
    for _ in range(5000):
        opened = now - timedelta(seconds=chance.randrange(95 * 24 * 60 * 60))
        answered = opened + timedelta(seconds=chance.randrange(9000)) if chance.random() < 0.7 else None
        ended = opened + timedelta(seconds=chance.randrange(200_000)) if chance.random() < 0.8 else None
        resolved = ended if ended and ended < now else now
        verdict = chance.choice(("saved", "left", "not_at_risk", None))
        made.append((opened, answered, resolved, verdict))
    rows = [
        {"conversation_id": conversation_id, "cause": "risk", "opened_at": opened, "answered_at": answered,
         "resolved_at": resolved, "status": "resolved", "verdict": verdict}
        for opened, answered, resolved, verdict in made
    ]  # fmt: skip
    session.execute(insert(tables.Escalation), rows)
    session.expunge_all()
    started = perf_counter()
    told = cases(session, span)
    assert perf_counter() - started < 1
    assert not any(isinstance(one, tables.Escalation) for one in session.identity_map.values())
    inside = [one for one in made if one[0] >= span.since]
    by_day = [Counter(one[place].astimezone(span.zone).date() for one in inside) for place in (0, 2)]
    assert told.opened == {day: by_day[0][day] for day in span.days()}
    assert told.resolved == {day: by_day[1][day] for day in span.days()}
    assert told.verdicts == dict(Counter(one[3] or "closed unanswered" for one in inside))
    for waits, place in ((told.answers, 1), (told.resolutions, 2)):
        took = [(one[place] - one[0]).total_seconds() for one in inside if one[place]]
        assert waits.n == len(took)
        assert waits.median.total_seconds() == pytest.approx(median(took))
        assert waits.most.total_seconds() == pytest.approx(quantiles(took, n=10, method="inclusive")[-1])


def test_a_share_of_nobody_is_no_division_by_zero(session):
    assert cases(session, WEEK).n == 0
    assert figures.scores(session, WEEK, None, None).now == [0.0] * 10
