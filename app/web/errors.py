"""What the web process refuses by itself, and how every refusal becomes an answer.

Refused
├── BadRequest       400  the body is not what it says it is
├── NotSignedIn      401  no, or no longer valid, token or key
├── WrongOrigin      403  a form sent from another site
├── TooLarge         413
├── NotAcceptable    422  well formed, but not something we keep
└── TooMany          429  with the seconds to wait
"""

import logging
import traceback
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.console_words import kept
from app.web.pages import language_of, page
from desk.errors import (
    AlreadyClaimed,
    AlreadyRated,
    ContestRefused,
    DeskError,
    FollowUpRefused,
    NotFound,
    NotLater,
    NotYourCase,
    OfferRefused,
    SentAlready,
)

logger = logging.getLogger(__name__)

STATUS_OF_DESK_ERROR: dict[type[DeskError], int] = {
    NotFound: 404,
    AlreadyClaimed: 409,
    OfferRefused: 409,
    AlreadyRated: 409,
    ContestRefused: 409,
    FollowUpRefused: 409,
    NotYourCase: 403,
    SentAlready: 409,
    NotLater: 422,
}
IN_A_FORM = (
    "A field has a value that is not possible there; nothing was changed. Please go back and correct it."
)
OUR_FAULT = "Something went wrong on our side. Please try again in a moment."


class Refused(Exception):
    """The root; `str(error)` is the sentence, `status` the HTTP status."""

    status = 400

    def headers(self) -> dict[str, str]:
        return {}


class BadRequest(Refused):
    pass


class NotSignedIn(Refused):
    status = 401

    def __init__(self, sentence: str = "This session has ended; please open the chat again.") -> None:
        super().__init__(sentence)

    def headers(self) -> dict[str, str]:
        return {"WWW-Authenticate": "Bearer"}


class WrongOrigin(Refused):
    status = 403

    def __init__(self) -> None:
        super().__init__("This form must be sent from the console itself; open the page again and retry.")


class TooLarge(Refused):
    status = 413

    def __init__(self, limit: int) -> None:
        super().__init__(f"The request is larger than the {limit:,} bytes that are accepted here.")


class NotAcceptable(Refused):
    status = 422


class TooMany(Refused):
    status = 429

    def __init__(self, wait_seconds: int) -> None:
        self.wait_seconds = wait_seconds
        super().__init__(f"That was very fast. Please wait {wait_seconds} seconds and try again.")

    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.wait_seconds)}


def status_of(error: DeskError) -> int:
    """The HTTP status of what the desk refuses; 400 for everything about unreadable data."""
    return next((status for kind, status in STATUS_OF_DESK_ERROR.items() if isinstance(error, kind)), 400)


def add_error_handlers(app: FastAPI) -> None:
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(DeskError, _desk_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid)


def answer(request: Request, status: int, sentence: str, headers: dict[str, str] | None = None) -> Response:
    """The sentence as JSON for programs, as a page for people."""
    if request.url.path.startswith(("/api/", "/hooks/", "/health", "/metrics")):
        return JSONResponse({"error": sentence}, status, headers=headers)
    language = language_of(request) if request.url.path.startswith("/console") else "en"
    return page(request, "error.html", status, headers, sentence=kept(sentence, language))


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return answer(request, error.status, str(error), error.headers())


async def _desk_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, DeskError)
    return answer(request, status_of(error), str(error))


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    sentence = (
        "There is nothing at this address."
        if error.status_code == 404
        else f"{HTTPStatus(error.status_code).phrase}."
    )
    return answer(request, error.status_code, sentence, dict(error.headers or {}))


async def _invalid(request: Request, error: Exception) -> Response:
    """A path that cannot be an id names nothing; else the first mistake is told, without its value."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    if first["loc"][0] == "path":
        return answer(request, 404, "There is nothing at this address.")
    told = f"{first['loc'][-1]}: {first['msg']}."
    return answer(request, 422, IN_A_FORM if request.url.path.startswith("/console") else told)


class LastResort:
    """Answers 500 for a mistake of ours, and logs where it happened but no value: it may be a customer's."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except Exception as error:  # noqa: BLE001  # the process edge
            log_without_values(logger, "a request failed", error)
            if scope["type"] == "http" and not started:
                await answer(Request(scope), 500, OUR_FAULT)(scope, receive, send)


def log_without_values(log: logging.Logger, what: str, error: BaseException) -> None:
    """The error's type and the lines it passed; its own words may quote a customer."""
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s: %s\n%s", what, type(error).__name__, where)
