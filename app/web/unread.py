"""How much waits for a browser whose chat is not open: a number for the badge, and nothing else of the chat.

The loader asks from the shop's page, where it has the shop's identity token or, after a first chat, a ticket of ours.
A ticket is good for this number alone: it opens no conversation.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from sqlmodel import Session, col, func, select

from app.web.body import JsonBody, text_of
from app.web.context import LARGEST_ID, Web, WebDep
from app.web.errors import NotAcceptable, NotSignedIn
from app.web.identity import LONGEST_TOKEN, read_identity
from app.web.rates import LOOKS
from app.web.sessions import SESSION_LIFE, conversation_to_show
from db import tables
from db.session import read_only
from desk.conversations import messages_after

router = APIRouter(prefix="/api/chat/unread", tags=["chat"])

AUDIENCE = "stayline-unread"
UNPROVEN = "The ticket is not valid; open the chat to get a new one."


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose badge it is: a customer's, or that of an anonymous visitor's one conversation."""

    customer_id: int | None
    conversation_id: str | None = None

    @property
    def subject(self) -> str:
        return str(self.customer_id) if self.customer_id is not None else f"visitor:{self.conversation_id}"


def reader_of(conversation: tables.Conversation) -> Reader:
    """A customer's badge follows the customer into later conversations; a visitor's stays with this one."""
    return Reader(conversation.customer_id, None if conversation.customer_id else conversation.id)


def give_ticket(secret: str, reader: Reader, now: datetime) -> str:
    ends = int((now + SESSION_LIFE).timestamp())
    claims = {"aud": AUDIENCE, "sub": reader.subject, "exp": ends}
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(secret))


def read_ticket(secret: str, ticket: str, now: datetime) -> Reader:
    """Raises `NotSignedIn` for what this secret did not sign as a ticket, and for one that has ended."""
    if len(ticket) > LONGEST_TOKEN:
        raise NotSignedIn(UNPROVEN)
    try:
        claims = jwt.decode(ticket, OctKey.import_key(secret), algorithms=["HS256"]).claims
        good = claims["aud"] == AUDIENCE and now.timestamp() < claims["exp"]
        kind, _, conversation_id = str(claims["sub"]).partition("visitor:")
        reader = Reader(None, conversation_id) if conversation_id else Reader(int(kind))
    except (JoseError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise NotSignedIn(UNPROVEN) from error
    if not good:
        raise NotSignedIn(UNPROVEN)
    return reader


@router.post("")
def look(web: WebDep, body: JsonBody) -> dict[str, Any]:
    """`unread` after the message `after`, the newest that this browser has shown (0: it has shown none), and the
    `ticket` for the next look. Who proves nothing, and a customer we do not know, has nothing unread.
    """
    after, now = _after(body), web.clock()
    with read_only(web.engine) as session:
        reader = _reader(session, web, body, now)
        if reader is None:
            return {"unread": 0, "ticket": None}
        web.rates.count(LOOKS, reader.subject)
        ticket = give_ticket(web.settings.secret("link_secret"), reader, now)
        return {"unread": _unread(session, reader, after, now), "ticket": ticket}


def _after(body: dict[str, Any]) -> int:
    after = body.get("after", 0)
    if isinstance(after, bool) or not isinstance(after, int) or not 0 <= after <= LARGEST_ID:
        raise NotAcceptable("after: expected the id of a message, or 0.")
    return after


def _reader(session: Session, web: Web, body: dict[str, Any], now: datetime) -> Reader | None:
    if (identity := text_of(body, "identity")) is not None:
        key = read_identity(web.settings.secret("identity_secret"), identity, now)
        known = select(tables.Customer.id).where(tables.Customer.customer_key == key)
        customer_id = session.exec(known).first()
        return None if customer_id is None else Reader(customer_id)
    ticket = text_of(body, "ticket")
    return read_ticket(web.settings.secret("link_secret"), ticket, now) if ticket else None


def _unread(session: Session, reader: Reader, after: int, now: datetime) -> int:
    """Counts in the conversation that opening the chat would show, from the customer's own last words on."""
    conversation_id = reader.conversation_id
    if reader.customer_id is not None:
        shown = conversation_to_show(session, reader.customer_id, now)
        conversation_id = shown.id if shown else None
    if conversation_id is None:
        return 0
    own = select(func.max(tables.Message.id)).where(
        tables.Message.conversation_id == conversation_id, col(tables.Message.role) == "customer"
    )
    since = max(after, session.exec(own).one() or 0)
    return sum(_is_news(message, after) for message in messages_after(session, conversation_id, since))


def _is_news(message: tables.Message, after: int) -> bool:
    """To a browser that has shown this customer nothing yet, what the bot answered elsewhere is no news."""
    return message.role == "agent" or bool((message.payload or {}).get("follow_up")) or after > 0
