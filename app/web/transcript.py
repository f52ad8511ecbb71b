"""A chat as a text file for the customer whose chat it is."""

from datetime import datetime

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import PlainTextResponse

from app.web.chat import ChatDep
from app.web.context import Web, WebDep
from app.web.text import known_language
from db import tables
from db.session import read_only
from desk.conversations import find_conversation, messages_after

router = APIRouter(prefix="/api/chat/transcript", tags=["chat"])

_HEADINGS = {
    "en": "Your chat with {shop}, saved on {now:%Y-%m-%d %H:%M} UTC. Times are UTC.",
    "zh": "您与 {shop} 的对话，保存于 {now:%Y-%m-%d %H:%M}（UTC）。以下均为 UTC 时间。",
}
_SPEAKERS = {
    "en": {"customer": "You", "bot": "Automated assistant", "agent": "Colleague"},
    "zh": {"customer": "您", "bot": "自动客服助手", "agent": "客服同事"},
}


@router.get("", response_class=PlainTextResponse)
def download(web: WebDep, chat: ChatDep) -> PlainTextResponse:
    """The session's own conversation, whole; there is no way to name another."""
    with read_only(web.engine) as session:
        text = _text(session, web, chat.conversation_id, web.clock())
    return PlainTextResponse(text, headers={"Content-Disposition": 'attachment; filename="chat.txt"'})


def _text(session: Session, web: Web, conversation_id: str, now: datetime) -> str:
    language = known_language(find_conversation(session, conversation_id).language)
    heading = _HEADINGS[language].format(shop=web.settings.shop_name, now=now)
    said = [_lines(message, language) for message in messages_after(session, conversation_id)]
    return "\n\n".join((heading, *said)) + "\n"


def _lines(message: tables.Message, language: str) -> str:
    """One utterance: when, who, and the words; an offer's card is its title."""
    who = message.author or _SPEAKERS[language].get(message.role, message.role)
    offer = (message.payload or {}).get("offer")
    card = [str(offer["title"])] if isinstance(offer, dict) and "title" in offer else []
    return "\n".join((f"{message.time:%Y-%m-%d %H:%M}  {who}", *filter(None, (message.text, *card))))
