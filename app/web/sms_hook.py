"""SMS that customers write to the shop's number, from whatever service receives them.

The service posts to `/hooks/sms/TOKEN`, where TOKEN is STAYLINE_SMS_HOOK_TOKEN, either JSON or a form:

| field | meaning                                                                        |
|-------|--------------------------------------------------------------------------------|
| from  | the sender's number, with its country's code                                   |
| text  | what was written                                                               |
| id    | optional: the service's own id of the message, so that a repeated call is one  |

The answer is 202 without a body, also for a number that is nobody's: whose number it is stays ours.
"""

import hmac
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

from anyio import to_thread
from fastapi import APIRouter, Request
from starlette.responses import Response

from app.channels.in_chat import newest_conversation
from app.storable import storable
from app.web.body import json_object, text_of
from app.web.context import Web, WebDep
from app.web.errors import BadRequest, NotAcceptable
from app.web.gateway import lock_conversation
from app.web.hub import QUEUE
from app.web.rates import MESSAGES
from app.web.security import read_limited
from app.web.text import is_chinese, words_of
from db.session import read_only, unit_of_work
from desk.errors import NotFound
from desk.feedback import is_stop, stop
from desk.phone_numbers import customers_of, e164
from desk.replies import keep_sms, last_texted

router = APIRouter(prefix="/hooks/sms", tags=["hooks"])

BODY_LIMIT = 16_000  # bytes
LONGEST_ID = 150
MOST_FIELDS = 60


@router.post("/{token}", status_code=202)
async def receive(web: WebDep, request: Request, token: str) -> Response:
    """Apply STOP at once; everything else is a reply that a person will see."""
    _check(web, token)
    fields = await _fields(request)
    number, text = _number(fields), words_of(text_of(fields, "text"))
    if not is_stop(text):  # which is never too often
        web.rates.count(MESSAGES, "sms", number)
    message_id = f"sms:{storable(text_of(fields, 'id') or uuid4().hex)[:LONGEST_ID]}"
    await to_thread.run_sync(_take, web, number, text, message_id)
    return Response(status_code=202)


def _check(web: Web, token: str) -> None:
    """An address with a wrong token is none, and without a token of the shop's own there is no address at all."""
    expected = web.settings.sms_hook_token.get_secret_value()
    if not expected or not hmac.compare_digest(token.encode(), expected.encode()):
        raise NotFound("address")


async def _fields(request: Request) -> dict[str, Any]:
    body = await read_limited(request.headers, request.receive, BODY_LIMIT)
    if body is None:
        raise BadRequest("The body ended early; send it again.")
    if request.headers.get("content-type", "").startswith("application/json"):
        return json_object(body)
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError as error:
        raise BadRequest("The body is neither JSON nor a form in UTF-8 with from and text.") from error


def _number(fields: dict[str, Any]) -> str:
    """The sender's number as E.164; many services leave out the plus sign."""
    sender = text_of(fields, "from") or ""
    if (number := e164(sender) or e164(f"+{sender}")) is None:
        raise NotAcceptable("from: expected a phone number with its country's code, such as +4915112345678.")
    return number


def _take(web: Web, number: str, text: str, message_id: str) -> None:
    now = web.clock()
    with read_only(web.engine) as session:  # it reads every number, which nobody who writes should wait for
        customers = customers_of(session, number)
    with unit_of_work(web.engine) as session:
        if is_stop(text):
            for customer in customers:
                stop(session, customer.id, now, "STOP by SMS")
            return
        if not customers:
            return
        language = "zh" if is_chinese(text) else None
        newest = newest_conversation(session, last_texted(session, customers), now, language)
        conversation = lock_conversation(session, newest.id)
        keep_sms(session, conversation, text, message_id, now)
    web.hub.wake(conversation.id, QUEUE)
