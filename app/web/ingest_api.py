"""Data from the shop's own systems: JSON lines with an API key."""

import hmac
import json
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from app.web.body import HeaderText
from app.web.context import Web, WebDep
from app.web.errors import BadRequest, NotSignedIn
from app.web.identity import bearer
from app.web.security import read_limited
from db.session import unit_of_work
from desk.ingest import Kind, ingest_rows

router = APIRouter(prefix="/api/ingest", tags=["ingest"])

BODY_LIMIT = 20_000_000
MOST_COLUMNS = 1_000


@router.post("/{kind}")
async def ingest(web: WebDep, request: Request, kind: Kind, authorization: HeaderText = None) -> JSONResponse:
    """Keep the good lines, once; 207 names the rejected ones with their line and reason."""
    key = bearer(authorization) or ""
    if not hmac.compare_digest(key.encode(), web.settings.secret("ingest_key").encode()):
        raise NotSignedIn("Expected the header: Authorization: Bearer, with the shop's ingest key.")
    body = await read_limited(request.headers, request.receive, BODY_LIMIT)
    if body is None:
        raise BadRequest("The body ended early; send it again.")
    told = await to_thread.run_sync(_keep, web, kind, body)
    return JSONResponse(told, 207 if told["rejected"] else 200)


def _keep(web: Web, kind: Kind, body: bytes) -> dict[str, Any]:
    rows, lines, rejected = _read_lines(body)
    with unit_of_work(web.engine) as session:
        summary = ingest_rows(session, kind, rows, now=web.clock())
    rejected += [{"line": lines[bad.index], "reason": bad.reason} for bad in summary.rejected]
    return {
        "kept": summary.kept,
        "new": summary.new,
        "skipped": summary.skipped,
        "rejected": sorted(rejected, key=lambda bad: bad["line"]),
    }


def _read_lines(body: bytes) -> tuple[list[dict[str, Any]], list[int], list[dict[str, Any]]]:
    """The objects, the line of each (from 1), and the lines that hold none."""
    rows: list[dict[str, Any]] = []
    lines: list[int] = []
    rejected: list[dict[str, Any]] = []
    for number, line in enumerate(body.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            rows.append(_read_object(line))
            lines.append(number)
        except (ValueError, TypeError, RecursionError) as error:
            rejected.append({"line": number, "reason": _reason(error)})
    return rows, lines, rejected


def _read_object(line: bytes) -> dict[str, Any]:
    found = json.loads(line.decode("utf-8-sig"))
    if not isinstance(found, dict):
        raise TypeError(f"expected a JSON object, got {type(found).__name__}")
    if len(found) > MOST_COLUMNS:
        raise TypeError(f"expected at most {MOST_COLUMNS:,} columns, got {len(found):,}")
    return found


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "expected UTF-8 text"
    if isinstance(error, RecursionError):
        return "expected JSON, got one nested too deep"
    return f"expected JSON: {error}" if isinstance(error, ValueError) else str(error)
