"""That a customer is writing: told at once to the agents who have the case open, and kept nowhere."""

from fastapi import APIRouter

from app.web.chat import ChatDep
from app.web.context import WebDep
from app.web.hub import typing_in
from app.web.rates import TYPING

router = APIRouter(prefix="/api/chat/typing", tags=["chat"])


@router.post("", status_code=202)
def customer_writes(web: WebDep, chat: ChatDep) -> dict[str, str]:
    """Say it again every few seconds for as long as it is so."""
    web.rates.count(TYPING, chat.conversation_id)
    web.hub.wake(typing_in(chat.conversation_id))
    return {}
