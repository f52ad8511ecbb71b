"""What the bot has shown beside words: buttons, of which only the shown ones may act, and offers."""

from sqlmodel import Session

from db import tables
from desk.conversations import messages_after


def offered_title(session: Session, conversation_id: str, payload: str | None) -> str | None:
    """The title of the newest button with this payload here, or None when none was ever shown."""
    if not payload:
        return None
    shown = [
        button
        for message in messages_after(session, conversation_id)
        if message.role == "bot"
        for button in (message.payload or {}).get("buttons", [])
    ]
    return next((button["title"] for button in reversed(shown) if button["payload"] == payload), None)


def mark_card(session: Session, conversation_id: str, offer: tables.Offer) -> None:
    """From now on the offer's card in this conversation shows what was answered, and an accepted one its code."""
    shown = {"status": offer.status} | ({"code": offer.code} if offer.status == "accepted" else {})
    for message in messages_after(session, conversation_id):
        card = (message.payload or {}).get("offer")
        if isinstance(card, dict) and card.get("id") == offer.id:
            message.payload = {**(message.payload or {}), "offer": {**card, **shown}}
