"""How the customer found the chat, told once after its end."""

from typing import Any

from fastapi import APIRouter

from app.storable import storable
from app.web.body import JsonBody, text_of
from app.web.chat import ChatDep
from app.web.context import WebDep
from app.web.errors import NotAcceptable
from app.web.gateway import lock_conversation
from db.session import unit_of_work
from desk.satisfaction import rate

router = APIRouter(prefix="/api/chat/satisfaction", tags=["chat"])

LONGEST_WORDS = 1_000


@router.post("", status_code=201)
def tell(web: WebDep, chat: ChatDep, body: JsonBody) -> dict[str, Any]:
    """`stars` from 1 to 5, and `words` if there are any."""
    stars, words = _stars(body), _words(body)
    with unit_of_work(web.engine) as session:
        rate(session, lock_conversation(session, chat.conversation_id), stars, words, web.clock())
    web.hub.wake(chat.conversation_id)
    return {"stars": stars}


def _stars(body: dict[str, Any]) -> int:
    stars = body.get("stars")
    if isinstance(stars, bool) or not isinstance(stars, int) or not 1 <= stars <= 5:
        raise NotAcceptable("stars: expected a whole number from 1 to 5.")
    return stars


def _words(body: dict[str, Any]) -> str | None:
    words = storable(text_of(body, "words") or "").strip()
    if len(words) > LONGEST_WORDS:
        raise NotAcceptable(f"words: expected at most {LONGEST_WORDS:,} characters, got {len(words):,}.")
    return words or None
