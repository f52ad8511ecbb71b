"""A rule's "09:00 local" as the rows that are planned, where clocks jump, on both databases."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import select

from db import tables
from db.session import unit_of_work
from desk.follow_ups import Occasion, plan_one
from desk.rules import load_rules
from tests.desk.people import customer

RULE = load_rules().rules[0]
DUE = {
    ("America/New_York", "02:30", "2026-03-07T08:00"): ["03-08T07:00", "03-09T06:30"],  # skipped: 03:00 EDT
    ("America/New_York", "01:30", "2026-10-31T06:00"): ["11-01T05:30", "11-02T06:30"],  # twice: the first
    ("Europe/Berlin", "02:15", "2026-03-28T02:00"): ["03-29T01:00", "03-30T00:15"],
    ("Europe/Berlin", "02:30", "2026-10-24T01:00"): ["10-25T00:30", "10-26T01:30"],
    ("Asia/Kolkata", "09:00", "2026-03-28T04:00"): ["03-29T03:30", "03-30T03:30"],  # no jumps there
    ("Pacific/Chatham", "03:00", "2026-09-25T15:00"): ["09-26T14:00", "09-27T13:15"],  # a gap at 02:45
    ("Pacific/Chatham", "03:15", "2026-04-03T14:00"): ["04-04T13:30", "04-05T14:30"],
}


def planned_each_hour(session, zone, at, first):
    """Ask for the same daily message every hour, as a clock does; its occasion is the day on which it is due."""
    rule = RULE.model_copy(update={"wait": None, "at": time.fromisoformat(at), "at_most": None})
    who, local = customer(session, f"{zone} {at} {first}"), ZoneInfo(zone)
    who.time_zone = zone
    for hour in range(36):
        moment = datetime.fromisoformat(first).replace(tzinfo=UTC) + timedelta(hours=hour)
        day = rule.due_at(moment, local).astimezone(local).date()
        plan_one(session, rule, Occasion(who, f"{who.id}.{day:%Y%m%d}", moment), moment)
    mine = select(tables.FollowUp).where(tables.FollowUp.customer_id == who.id)
    rows = session.exec(mine.order_by(tables.FollowUp.due_at)).all()
    return [f"{row.due_at.astimezone(UTC):%m-%dT%H:%M}" for row in rows]


def test_a_daily_message_is_one_row_a_day_at_the_first_valid_instant(engine):
    with unit_of_work(engine) as session:
        assert {case: planned_each_hour(session, *case) for case in DUE} == DUE
