"""What a customer did, week by week: the picture and the table beside a case."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from db import tables

WEEKS = 26
WEEK = timedelta(days=7)
KINDS = ("order", "visit", "complaint", "rating")


@dataclass(slots=True)
class Week:
    """Seven days from `start`: how many orders, visits and complaints, what the orders came to, the mean rating."""

    start: datetime
    orders: int = 0
    spent: float = 0.0
    visits: int = 0
    complaints: int = 0
    ratings: int = 0
    stars: float = 0.0

    @property
    def rating(self) -> float | None:
        return self.stars / self.ratings if self.ratings else None

    def add(self, kind: str, value: float | None) -> None:
        match kind:
            case "order":
                self.orders += 1
                self.spent += value or 0.0
            case "visit":
                self.visits += 1
            case "complaint":
                self.complaints += 1
            case _ if value is not None:
                self.ratings += 1
                self.stars += value


def weeks_of(session: Session, customer_id: int, now: datetime) -> list[Week]:
    """The last `WEEKS` weeks up to now, the oldest first; none for who did nothing in them."""
    first = now - WEEKS * WEEK
    weeks = [Week(first + number * WEEK) for number in range(WEEKS)]
    done = _events(session, customer_id, first, now)
    for time, kind, value in done:
        weeks[min((time - first) // WEEK, WEEKS - 1)].add(kind, value)
    return weeks if done else []


def _events(
    session: Session, customer_id: int, first: datetime, now: datetime
) -> list[tuple[datetime, str, float | None]]:
    event, review = tables.Event, tables.Review
    events = select(event.time, event.kind, event.value).where(
        event.customer_id == customer_id,
        col(event.kind).in_(KINDS),
        col(event.time) > first,
        col(event.time) <= now,
    )
    reviews = select(review.time, review.rating).where(
        review.customer_id == customer_id, col(review.time) > first, col(review.time) <= now
    )
    rated = [(time, "rating", stars) for time, stars in session.exec(reviews)]
    return [*session.exec(events), *rated]
