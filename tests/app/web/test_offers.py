"""An offer is its customer's alone, and used once."""

from datetime import timedelta
from typing import Any

from sqlmodel import select

from db import tables
from db.session import unit_of_work
from tests.app.web.world import Customer, World


def make_offer(world: World, customer: Customer, **changes: Any) -> int:
    now = world.clock()
    with unit_of_work(world.engine) as session:
        conversation = session.get_one(tables.Conversation, customer.conversation)
        assert conversation.customer_id is not None
        offer = tables.Offer(
            customer_id=conversation.customer_id,
            conversation_id=conversation.id,
            catalogue_key="thank-you-10",
            title="10 % off your next order",
            percent=10,
            code=changes.get("code", f"STAY-{customer.token[:8]}"),
            made_at=now,
            expires_at=changes.get("expires_at", now + timedelta(days=14)),
        )
        session.add(offer)
        session.flush()
        assert offer.id is not None
        return offer.id


def accept(customer: Customer, offer_id: object, what: str = "accept") -> tuple[int, dict[str, str]]:
    answer = customer.http.post(f"/api/chat/offers/{offer_id}/{what}", headers=customer.headers)
    return answer.status_code, answer.json()


def cards(customer: Customer) -> dict[str, Any]:
    with customer.events() as events:
        found: dict[str, Any] = next(event[2] for event in events if event[0] == "cards")
        return found


def test_accepted_offer_gives_its_code_and_says_so_in_the_chat(world: World) -> None:
    customer = world.customer()
    status, told = accept(customer, make_offer(world, customer))
    assert status == 200
    assert told["title"] == "10 % off your next order"
    assert told["code"] in customer.said("bot")[-1]


def test_card_of_an_accepted_offer_shows_its_code_from_then_on(world: World) -> None:
    customer = world.customer()
    offer = make_offer(world, customer)
    world.bot.answer = [{"custom": {"offer": {"id": offer, "title": "10 % off", "percent": 10}}}]
    customer.post("hi")
    shown = customer.replies(1)[0]
    accept(customer, offer)
    again = next(message for message in customer.transcript() if message["id"] == shown["id"])
    assert "code" not in shown["payload"]["offer"]
    assert again["payload"]["offer"]["code"].startswith("STAY-")


def test_declined_offer_is_put_away_in_the_chat_and_shown_so_in_every_tab(world: World) -> None:
    customer = world.customer()
    offer = make_offer(world, customer)
    status, told = accept(customer, offer, "decline")
    assert (status, told["status"]) == (200, "declined")
    assert "code" not in told
    assert "put the offer away" in customer.said("bot")[-1]
    assert cards(customer)["offers"] == [{"id": offer, "status": "declined"}]
    assert accept(customer, offer)[0] == accept(customer, offer, "later")[0] == 409


def test_offer_kept_for_later_brings_no_message_and_is_taken_later(world: World) -> None:
    customer = world.customer()
    offer = make_offer(world, customer)
    before = len(customer.transcript())
    assert accept(customer, offer, "later")[0] == 200
    assert len(customer.transcript()) == before
    assert cards(customer)["offers"] == [{"id": offer, "status": "later"}]
    assert accept(customer, offer)[0] == 200
    assert cards(customer)["offers"][0]["code"].startswith("STAY-")


def test_accepting_twice_or_too_late_is_refused_with_a_sentence(world: World) -> None:
    customer = world.customer()
    offer = make_offer(world, customer)
    accept(customer, offer)
    assert accept(customer, offer)[0] == 409
    assert "used once" in accept(customer, offer)[1]["error"]
    late = make_offer(
        world, customer, code=f"L{customer.token[:8]}", expires_at=world.clock() - timedelta(days=1)
    )
    assert accept(customer, late)[0] == 409
    assert "ended" in accept(customer, late)[1]["error"]


def test_offer_of_somebody_else_is_not_found_and_noted(world: World) -> None:
    owner, thief, visitor = world.customer(), world.customer(), world.visitor()
    offer = make_offer(world, owner)
    assert accept(thief, offer)[0] == accept(visitor, offer)[0] == 404
    assert accept(thief, offer, "decline")[0] == accept(thief, offer, "later")[0] == 404
    assert {audit.action for audit in world.audits(f"offer:{offer}")} == {"refused"}
    assert len(world.audits(f"offer:{offer}")) == 4
    with world.read() as session:
        assert session.exec(select(tables.Offer.status).where(tables.Offer.id == offer)).one() == "made"


def test_id_that_no_database_holds_is_not_found(world: World) -> None:
    customer = world.customer()
    for wrong in (0, -1, 10**30, "x"):
        assert accept(customer, wrong)[0] == 404


def test_conversation_of_somebody_else_is_not_found_and_noted(world: World) -> None:
    owner, other = world.customer(), world.customer()
    answer = world.http.get(f"/api/chat/conversations/{owner.conversation}", headers=other.headers)
    assert answer.status_code == 404
    assert world.audits(f"conversation:{owner.conversation}")[0].actor.startswith("customer:")


def test_nothing_of_the_chat_opens_without_a_session(world: World) -> None:
    customer = world.customer()
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": customer.token}):
        assert world.http.get("/api/chat/events", headers=headers).status_code == 401
        assert world.http.post("/api/chat/messages", json={}, headers=headers).status_code == 401
        assert world.http.post("/api/chat/offers/1/accept", headers=headers).status_code == 401
        path = f"/api/chat/conversations/{customer.conversation}"
        assert world.http.get(path, headers=headers).status_code == 401
