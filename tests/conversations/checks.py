"""What a conversation may check besides the words, by its sentence. Each says what came instead, or None."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Engine
from sqlmodel import select

from db import tables
from db.session import read_only
from desk.consent import ANY_CHANNEL, Purpose, answers_for
from desk.escalations import Cause, open_case
from tests.conversations.telling import Message, offers_of


@dataclass(frozen=True, slots=True)
class Seen:
    """One conversation as the shop has it, and the order that it is about."""

    engine: Engine
    conversation_id: str
    transcript: list[Message]
    order_number: str | None = None

    def open_case(self) -> tables.Escalation | None:
        with read_only(self.engine) as session:
            return open_case(session, self.conversation_id)

    def cases(self) -> list[tables.Escalation]:
        with read_only(self.engine) as session:
            row = tables.Escalation
            return list(session.exec(select(row).where(row.conversation_id == self.conversation_id)))

    def offers(self) -> list[dict[str, Any]]:
        return offers_of(self.transcript)

    def unscored(self) -> list[str]:
        """What the customer wrote to the bot without a risk being kept for it."""
        with read_only(self.engine) as session:
            ids = [one["id"] for one in self.transcript if one["role"] == "customer"]
            known = set(session.exec(select(tables.Risk.message_id).where(tables.Risk.message_id.in_(ids))))
        return [one["text"] for one in self.transcript if one["id"] in set(ids) - known]

    def scored(self) -> int:
        return sum(one["role"] == "customer" for one in self.transcript) - len(self.unscored())

    def allows_messages(self) -> bool:
        with read_only(self.engine) as session:
            customer_id = session.get_one(tables.Conversation, self.conversation_id).customer_id
            return any(answers_for(session, customer_id, Purpose.FOLLOW_UP, ANY_CHANNEL))

    def language(self) -> str | None:
        with read_only(self.engine) as session:
            return session.get_one(tables.Conversation, self.conversation_id).language

    def order(self) -> tables.Order | None:
        with read_only(self.engine) as session:
            return session.get(tables.Order, self.order_number) if self.order_number else None

    def refund(self) -> tables.Refund | None:
        with read_only(self.engine) as session:
            return session.get(tables.Refund, self.order_number) if self.order_number else None

    def planned(self) -> int:
        with read_only(self.engine) as session:
            row = tables.FollowUp
            query = select(row).where(row.conversation_id == self.conversation_id, row.status == "pending")
            return len(session.exec(query).all())


Check = Callable[[Seen], str | None]
GOES_TO = "the order goes to "


def _one_open(seen: Seen, cause: Cause | None = None) -> str | None:
    cases = [case for case in seen.cases() if case.status != "resolved"]
    if len(cases) == 1 and cause in (None, cases[0].cause):
        return None
    return ", ".join(f"a case because of “{case.cause}”" for case in cases) or "no open case"


def _none_open(seen: Seen, cause: Cause | None = None) -> str | None:
    case = seen.open_case()
    return None if case is None or cause not in (None, case.cause) else f"a case because of “{case.cause}”"


def _status(seen: Seen, *, cancelled: bool) -> str | None:
    order = seen.order()
    if order is None:
        return "no order that this conversation is about"
    return (
        None
        if (order.status == "cancelled") is cancelled
        else f"order {order.order_number} is {order.status}"
    )


def _refund(seen: Seen, *, wanted: bool) -> str | None:
    refund = seen.refund()
    return None if (refund is not None) is wanted else f"a refund {refund.status}" if refund else "no refund"


def check_of(words: str) -> Check | None:
    """The check of this sentence, or None."""
    plain = " ".join(words.rstrip(".").split())
    if plain.lower().startswith(GOES_TO):
        return partial(_goes_to, address=plain[len(GOES_TO) :])
    return CHECKS.get(plain.lower())


def _goes_to(seen: Seen, address: str) -> str | None:
    order = seen.order()
    return (
        None
        if order is not None and order.ship_to == address
        else f"{order.ship_to if order else 'no order'}"
    )


CHECKS: dict[str, Check] = {
    "a case is open": _one_open,
    "a case is open because the customer asked": lambda seen: _one_open(seen, Cause.ASKED),
    "a case is open because of the risk": lambda seen: _one_open(seen, Cause.RISK),
    "a case is open because something failed": lambda seen: _one_open(seen, Cause.FAILURE),
    "a case is open because the customer wrote again": lambda seen: _one_open(seen, Cause.RETURNED),
    "no case is open": _none_open,
    "no case is open because of the risk": lambda seen: _none_open(seen, Cause.RISK),
    "the order is cancelled": lambda seen: _status(seen, cancelled=True),
    "the order is not cancelled": lambda seen: _status(seen, cancelled=False),
    "a return is asked for": lambda seen: _refund(seen, wanted=True),
    "no return is asked for": lambda seen: _refund(seen, wanted=False),
    "an offer came": lambda seen: None if len(seen.offers()) == 1 else f"{len(seen.offers())} offers",
    "no offer came": lambda seen: f"{len(seen.offers())} offers" if seen.offers() else None,
    "a follow-up is planned": lambda seen: None if seen.planned() == 1 else f"{seen.planned()} planned",
    "no follow-up is planned": lambda seen: f"{seen.planned()} planned" if seen.planned() else None,
    "every line has its risk": lambda seen: f"none for {seen.unscored()}" if seen.unscored() else None,
    "no risk is kept": lambda seen: f"{seen.scored()} risks" if seen.scored() else None,
    "we may still write": lambda seen: None if seen.allows_messages() else "a refusal of messages",
    "we may write no more": lambda seen: "no refusal of messages" if seen.allows_messages() else None,
    "the chat is in english": lambda seen: None if seen.language() == "en" else f"{seen.language()}",
    "the chat is in chinese": lambda seen: None if seen.language() == "zh" else f"{seen.language()}",
}
