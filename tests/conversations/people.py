"""Who writes: for each conversation somebody of its own, so that no conversation changes another.

Most are found among the simulated customers by what their orders look like. Where the risk decides what happens, it must
be known: then it is a twin, who has lived what a customer of the demo page has lived.
"""

import itertools
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import Engine, func, insert
from sqlmodel import Session, col, select

from app.settings import Settings
from db import tables
from db.session import unit_of_work
from desk.hold_out import is_held_out
from tests.conversations.situations import SITUATIONS, asked_about, orders_of

TWINS = {"ana": "demo-ana", "maya": "demo-maya", "wei": "demo-wei"}
LIVED = (tables.Event, tables.Review, tables.Consent, tables.Subscription)
VISITOR, STRANGER = "a visitor", "a new customer"
KNOWN = (
    VISITOR,
    STRANGER,
    "a customer like Ana, like Wei or like Maya (and “in the hold-out”)",
    *(f"a customer with {situation}" for situation in SITUATIONS),
)


class NobodyLikeThat(Exception):
    """The words after "Who:" name nobody that we know how to find."""

    def __init__(self, who: str, why: str = f"expected one of: {'; '.join(KNOWN)}.") -> None:
        super().__init__(f"“{who}” cannot be found; {why}")


@dataclass(frozen=True, slots=True)
class Person:
    """`key` is None for a visitor. `values` are what the lines of a conversation may name in braces."""

    key: str | None
    values: dict[str, str]


class Casting:
    """Gives each conversation its person; safe to ask from several threads."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine, self._policy = engine, settings.policy
        self._taken: set[int] = set()
        self._numbers = itertools.count(900_001)
        self._lock = threading.Lock()

    def find(self, who: str, language: str) -> Person:
        """Raises NobodyLikeThat."""
        wish = " ".join(who.lower().split()).rstrip(".")
        with self._lock, unit_of_work(self._engine) as session:
            if wish == VISITOR:
                return Person(None, self._foreign(session))
            if wish == STRANGER:
                return Person(f"new-{uuid4().hex[:8]}", self._foreign(session))
            if like := re.fullmatch(r"a customer like (\w+)( in the hold-out)?", wish):
                return self._twin(session, who, like[1], held_out=bool(like[2]))
            if wish.startswith("a customer with "):
                return self._with(session, who, wish.removeprefix("a customer with "), language)
        raise NobodyLikeThat(who)

    def _with(self, session: Session, who: str, situation: str, language: str) -> Person:
        if situation not in SITUATIONS:
            raise NobodyLikeThat(who)
        for customer_id in self._candidates(session, language):
            orders = orders_of(session, customer_id)
            order = SITUATIONS[situation](orders, datetime.now(UTC)) if orders else None
            if order is not None and customer_id not in self._taken:
                self._taken.add(customer_id)
                customer = session.get_one(tables.Customer, customer_id)
                return Person(customer.customer_key, self._values(session, order))
        raise NobodyLikeThat(who, "everybody of that kind has a conversation already.")

    def _candidates(self, session: Session, language: str) -> Iterable[int]:
        """Customers of this language, who ordered last first; none of the demo page's."""
        row, order = tables.Customer, tables.Order
        query = (
            select(row.id)
            .join(order)
            .where(
                row.language == language,
                col(row.customer_key).like("demo-%"),  # no twin of another conversation
                col(row.customer_key).not_in(TWINS.values()),
            )
            .group_by(col(row.id))
            .order_by(func.max(order.placed_at).desc())
        )
        return session.exec(query).all()

    def _twin(self, session: Session, who: str, name: str, held_out: bool) -> Person:
        if name not in TWINS:
            raise NobodyLikeThat(who)
        original = _customer(session, TWINS[name])
        key = self._key(held_out)
        twin = tables.Customer(
            **{**original.model_dump(exclude={"id"}), "customer_key": key, "email": f"{key}@shop.example"}
        )
        session.add(twin)
        session.flush()
        for table in LIVED:
            _copy(session, table, original.id, {"customer_id": twin.id})
        self._copy_orders(session, original, twin)
        _copy_chats(session, original.id, twin.id)
        return Person(key, self._values(session, asked_about(orders_of(session, twin.id))))

    def _key(self, held_out: bool) -> str:
        keys = (f"twin-{uuid4().hex[:8]}" for _ in itertools.count())
        wanted = (
            key
            for key in keys
            if is_held_out(key, self._policy.hold_out_key, self._policy.hold_out_share) is held_out
        )
        return next(wanted)

    def _copy_orders(self, session: Session, original: tables.Customer, twin: tables.Customer) -> None:
        """Under numbers of their own, with refund and invoice."""
        for order in orders_of(session, original.id):
            number = f"SL-{next(self._numbers)}"
            changed = {"customer_id": twin.id, "order_number": number}
            session.add(tables.Order(**{**order.model_dump(), **changed}))
            session.flush()
            for table in (tables.Refund, tables.Invoice):
                if (row := session.get(table, order.order_number)) is not None:
                    own = {"number": f"INV-{number}"} if table is tables.Invoice else {}
                    session.add(table(**{**row.model_dump(), **changed, **own}))
        session.flush()

    def _values(self, session: Session, order: tables.Order) -> dict[str, str]:
        number = order.order_number
        return {"order": number, "order in small letters": number.lower(), **self._foreign(session)}

    def _foreign(self, session: Session) -> dict[str, str]:
        """An order of somebody else's."""
        orders = orders_of(session, _customer(session, "demo-wei").id)
        return {"somebody else's order": asked_about(orders).order_number}


def _customer(session: Session, key: str) -> tables.Customer:
    return session.exec(select(tables.Customer).where(tables.Customer.customer_key == key)).one()


def _copy(session: Session, table: type, original: int, changed: dict[str, object]) -> None:
    found = session.exec(select(table).where(table.customer_id == original)).all()
    rows = [{**row.model_dump(exclude={"id"}), **changed} for row in found]
    if rows:
        session.execute(insert(table), rows)


def _copy_chats(session: Session, original: int, twin: int) -> None:
    """The chats that the shop brought along; those of the widget would be shown as the twin's own."""
    chat = tables.Conversation
    for old in session.exec(select(chat).where(chat.customer_id == original, chat.source != "widget")).all():
        new = chat(**{**old.model_dump(exclude={"id"}), "customer_id": twin})
        session.add(new)
        session.flush()
        said = session.exec(select(tables.Message).where(tables.Message.conversation_id == old.id)).all()
        rows = [{**row.model_dump(exclude={"id"}), "conversation_id": new.id} for row in said]
        if rows:
            session.execute(insert(tables.Message), rows)
