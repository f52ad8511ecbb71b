"""Customers with orders for the tests of forms: each test makes one of its own, so that none depends on another."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlmodel import select

from db import tables
from db.session import unit_of_work
from tests.actions.talking import ActionProcess, Talk, begin_talk

DAY = timedelta(days=1)


def customer_with(process: ActionProcess, *orders: tuple[str, str, str]) -> str:
    """A new customer with orders of (number, status, items), the newest first; gives the key."""
    key, now = uuid4().hex, datetime.now(UTC)
    with unit_of_work(process.engine) as session:
        who = tables.Customer(
            customer_key=key, name="Ana Lim", email="ana@example.org", address="1 Old Road, Leeds"
        )
        session.add(who)
        session.flush()
        for age, (number, status, items) in enumerate(orders):
            session.add(
                tables.Order(
                    order_number=number,
                    customer_id=who.id,
                    placed_at=now - (5 + age) * DAY,
                    status=status,
                    expected_at=now + 3 * DAY,
                    delivered_at=now - 2 * DAY if status in ("delivered", "returned") else None,
                    total=24.5,
                    items=items,
                )
            )
    return key


def talk_with(process: ActionProcess, *orders: tuple[str, str, str], language: str = "en") -> Talk:
    return begin_talk(process, customer_with(process, *orders), language)


def numbers(count: int) -> list[str]:
    """Order numbers that no other test has."""
    return [f"SL-{uuid4().int % 10**9 + 10**9}" for _ in range(count)]


def order(process: ActionProcess, number: str) -> tables.Order:
    with unit_of_work(process.engine) as session:
        return session.exec(select(tables.Order).where(tables.Order.order_number == number)).one()


def refund_of(process: ActionProcess, number: str) -> tables.Refund | None:
    with unit_of_work(process.engine) as session:
        return session.get(tables.Refund, number)


def causes_of_cases(talk: Talk) -> list[str]:
    with unit_of_work(talk.process.engine) as session:
        of_chat = tables.Escalation.conversation_id == talk.conversation_id
        return list(session.exec(select(tables.Escalation.cause).where(of_chat)))
