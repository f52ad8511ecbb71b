"""Reading what programs send."""

import json
from typing import Annotated, Any

from fastapi import Depends, Header, Request

from app.web.errors import BadRequest, NotAcceptable

HeaderText = Annotated[str | None, Header()]


async def json_body(request: Request) -> dict[str, Any]:
    """The body as a JSON object; every other body is refused with a sentence."""
    return json_object(await request.body())


def json_object(body: bytes) -> dict[str, Any]:
    """These bytes as a JSON object. Raises `BadRequest` for anything else."""
    try:
        found = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise BadRequest("The body is not JSON that can be read; send one flat JSON object.") from error
    if not isinstance(found, dict):
        raise BadRequest(f"Expected a JSON object, got {type(found).__name__}.")
    return found


def text_of(body: dict[str, Any], key: str) -> str | None:
    """The text under this key, None where there is none."""
    found = body.get(key)
    if found is not None and not isinstance(found, str):
        raise NotAcceptable(f"{key}: expected text, got {type(found).__name__}.")
    return found or None


JsonBody = Annotated[dict[str, Any], Depends(json_body)]
