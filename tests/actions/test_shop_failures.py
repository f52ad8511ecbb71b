"""What a customer hears when the shop does not answer, or refuses what was confirmed."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from actions.answer import FORMS, turn
from actions.forms.form import Form
from actions.people import ActionAskColleague
from actions.replies import Reply, Understood
from actions.returns import ActionRefundStatus
from actions.runtime import Said
from db import tables
from db.session import unit_of_work
from desk.shop import Cause, NotPossible, Order, Refund, ShopUnavailable
from desk.shop_tables import TablesShop
from tests.desk.people import NOW, customer, said

NUMBER = "SL-1042"
TALK = "/contact_human_agent"


class Silent(TablesShop):
    """A shop whose back end is down."""

    def orders(self, customer_key: str) -> list[Order]:
        raise ShopUnavailable

    def order(self, customer_key: str, number: str) -> Order | None:
        raise ShopUnavailable

    def refunds(self, customer_key: str) -> list[Refund]:
        raise ShopUnavailable


class SilentOnChanges(TablesShop):
    """A shop that goes down just when something is to be changed."""

    def cancel_order(self, customer_key: str, number: str, reason: str) -> Order:
        raise ShopUnavailable


class Refusing(TablesShop):
    """A shop that refuses every change for one cause."""

    cause = Cause.TOO_LATE

    def cancel_order(self, customer_key: str, number: str, reason: str) -> Order:
        raise NotPossible(self.cause)


class Conversation:
    """One customer with one order, at whatever shop."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def reply(self, shop: type[TablesShop], understood: Understood, form: Form | None, answer=None) -> Reply:
        with unit_of_work(self.engine) as session:
            who = session.exec(select(tables.Customer)).first() or customer(session)
            if session.get(tables.Order, NUMBER) is None:
                placed = {
                    "placed_at": NOW - timedelta(days=1),
                    "status": "placed",
                    "total": 20,
                    "items": "1 × Mug",
                }
                session.add(tables.Order(order_number=NUMBER, customer_id=who.id, **placed))
            message = said(session, who)
            conversation = session.get_one(tables.Conversation, message.conversation_id)
            here = Said(session, message, conversation, who, shop(session, NOW))
            reply = turn(
                here, understood, form, answer or (lambda one, other: FORMS[other.intent].start(one, other))
            )
            if reply.then:
                reply.then(here)
            return reply

    def causes(self) -> list[str]:
        with unit_of_work(self.engine) as session:
            return list(session.exec(select(tables.Escalation.cause)))


@pytest.fixture
def conversation(engine: Engine) -> Conversation:
    return Conversation(engine)


def words(reply: Reply) -> str:
    return " ".join(part.text or "" for part in reply.parts)


@pytest.mark.parametrize(
    "intent",
    [
        "track_order",
        "cancel_order",
        "change_shipping_address",
        "return_item",
        "damaged_or_wrong_item",
        "get_invoice",
    ],
)
def test_a_silent_shop_is_said_to_be_silent_and_a_person_looks(
    conversation: Conversation, intent: str
) -> None:
    reply = conversation.reply(Silent, Understood(intent, "about my order", {}), None)
    assert words(reply).startswith("I cannot reach the shop's records right now, so I do not know.")
    assert (reply.form, conversation.causes()) == (None, ["failure"])


def test_a_shop_that_falls_silent_in_a_form_ends_it(conversation: Conversation) -> None:
    form = Form("cancel_order", "confirm", order_number=NUMBER)
    reply = conversation.reply(Silent, Understood("affirm", "yes", {}), form)
    assert words(reply).startswith("I cannot reach the shop's records")
    assert reply.form is None


def test_without_an_answer_to_a_change_nobody_claims_it_and_a_person_looks(
    conversation: Conversation,
) -> None:
    form = Form("cancel_order", "confirm", order_number=NUMBER)
    reply = conversation.reply(SilentOnChanges, Understood("affirm", "yes", {}), form)
    assert "so I do not know whether it was done" in words(reply)
    assert reply.form is None
    assert conversation.causes() == ["failure"]


@pytest.mark.parametrize("cause", list(Cause))
def test_every_refusal_has_words_of_its_own_and_a_person(
    conversation: Conversation, cause: Cause, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Refusing, "cause", cause)
    form = Form("cancel_order", "confirm", order_number=NUMBER)
    reply = conversation.reply(Refusing, Understood("affirm", "yes", {}), form)
    assert words(reply)
    assert [button["payload"] for button in reply.parts[0].buttons] == [TALK]
    assert (reply.form, conversation.causes()) == (None, [])


def test_a_complaint_reaches_a_person_however_silent_the_shop(conversation: Conversation) -> None:
    reply = conversation.reply(
        Silent, Understood("complaint", "awful", {}), None, ActionAskColleague().answer
    )
    assert "let you down" in words(reply)
    assert conversation.causes() == ["asked"]


def test_refunds_of_a_silent_shop_are_not_said_to_be_none(conversation: Conversation) -> None:
    reply = conversation.reply(
        Silent, Understood("track_refund", "refund", {}), None, ActionRefundStatus().answer
    )
    assert words(reply).startswith("I cannot reach the shop's records")


def test_a_form_of_an_older_release_is_no_form() -> None:
    assert Form.from_slot({"name": "cancel_order", "colour": "blue"}) is None
    assert Form.from_slot("cancel_order") is None
