"""Agents' passwords and sessions. A session lives in the database, so that leaving ends it everywhere."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from sqlalchemy import func, update
from sqlmodel import Session, col, select
from starlette.responses import RedirectResponse, Response

from app.settings import Environment
from app.web.addresses import place_of
from app.web.audit import note
from app.web.console_words import told_in
from app.web.context import Web, WebDep
from app.web.identity import hash_of, new_token
from app.web.pages import LANGUAGE_COOKIE, language_of, page
from app.web.rates import LOGINS_FROM_ONE_PLACE, LOGINS_OF_ONE_AGENT
from app.web.security import require_same_origin
from app.web.tags import known_language
from db import tables
from db.session import read_only, unit_of_work

router = APIRouter(prefix="/console", include_in_schema=False, dependencies=[Depends(require_same_origin)])

SESSION_LIFE = timedelta(hours=12)
LONGEST_PASSWORD = 1_000
LANGUAGE_KEPT = timedelta(days=365)


class MustSignIn(Exception):
    """A console page was asked for without a session."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The agent behind a request, and the session that says so."""

    agent: tables.Agent
    token_hash: str

    @property
    def actor(self) -> str:
        return f"agent:{self.agent.id}"


def hash_password(password: str) -> str:
    """Argon2id with the library's recommended costs."""
    return PasswordHash.recommended().hash(password)


def signed_in(web: WebDep, request: Request) -> SignedIn:
    token = request.cookies.get(_cookie_name(web))
    with read_only(web.engine) as session:
        agent = agent_of(session, hash_of(token), web.clock()) if token else None
    if agent is None or not token:
        raise MustSignIn
    return SignedIn(agent, hash_of(token))


def agent_of(session: Session, token_hash: str, now: datetime) -> tables.Agent | None:
    """The agent of a session that has neither ended nor been revoked."""
    found = session.get(tables.AgentSession, token_hash)
    if found is None or found.revoked_at is not None or found.expires_at <= now:
        return None
    return session.get(tables.Agent, found.agent_id)


def still_signed_in(web: Web, user: SignedIn) -> bool:
    with read_only(web.engine) as session:
        return agent_of(session, user.token_hash, web.clock()) is not None


SignedInDep = Annotated[SignedIn, Depends(signed_in)]


@router.get("/login")
def show_login(web: WebDep, request: Request) -> Response:
    return page(request, "login.html", shop=web.settings.shop_name, email="", refusal=None)


@router.post("/login")
def log_in(
    web: WebDep, request: Request, email: Annotated[str, Form()] = "", password: Annotated[str, Form()] = ""
) -> Response:
    where = place_of(request, web.settings.trusted_proxies)
    web.rates.count(LOGINS_FROM_ONE_PLACE, "place", where)
    web.rates.count(LOGINS_OF_ONE_AGENT, "agent", hash_of(email.strip().lower()))
    agent = _agent_with(web, email.strip().lower(), password)
    if agent is None or agent.id is None:
        refused = told_in(language_of(request))("frame.refused")
        return page(request, "login.html", 401, shop=web.settings.shop_name, email=email, refusal=refused)
    answer = RedirectResponse("/console", 303)
    answer.set_cookie(
        _cookie_name(web),
        _open_session(web, agent.id),
        max_age=int(SESSION_LIFE.total_seconds()),
        path="/",
        secure=_is_production(web),
        httponly=True,
        samesite="strict",
    )
    return answer


@router.post("/language")
def choose_language(
    web: WebDep, language: Annotated[str, Form()] = "", back: Annotated[str, Form()] = "/console"
) -> Response:
    """Show the console in this language from now on, in this browser, and go back to the page."""
    answer = RedirectResponse(back if re.match("/console(?:[/?]|$)", back) else "/console", 303)
    answer.set_cookie(
        LANGUAGE_COOKIE,
        known_language(language),
        max_age=int(LANGUAGE_KEPT.total_seconds()),
        path="/",
        secure=_is_production(web),
        httponly=True,
        samesite="lax",
    )
    return answer


@router.post("/logout")
def log_out(web: WebDep, user: SignedInDep) -> Response:
    with unit_of_work(web.engine) as session:
        session.exec(
            update(tables.AgentSession)
            .where(col(tables.AgentSession.token_hash) == user.token_hash)
            .values(revoked_at=web.clock())
        )
    answer = RedirectResponse("/console/login", 303)
    answer.delete_cookie(
        _cookie_name(web), path="/", secure=_is_production(web), httponly=True, samesite="strict"
    )
    return answer


def _agent_with(web: Web, email: str, password: str) -> tables.Agent | None:
    """The agent whose password this is. An unknown address costs the same time as a known one."""
    with read_only(web.engine) as session:
        agent = session.exec(select(tables.Agent).where(func.lower(tables.Agent.email) == email)).first()
    stored = agent.password_hash if agent else _somebody_elses_hash()
    try:
        matches = PasswordHash.recommended().verify(password[:LONGEST_PASSWORD], stored)
    except UnknownHashError:
        matches = False
    return agent if agent and matches else None


def _open_session(web: Web, agent_id: int) -> str:
    token, now = new_token(), web.clock()
    with unit_of_work(web.engine) as session:
        session.add(
            tables.AgentSession(
                token_hash=hash_of(token), agent_id=agent_id, created_at=now, expires_at=now + SESSION_LIFE
            )
        )
        note(session, now, f"agent:{agent_id}", "login", "console")
    return token


@cache
def _somebody_elses_hash() -> str:
    return hash_password(new_token())


def _is_production(web: Web) -> bool:
    return web.settings.env is Environment.PRODUCTION


def _cookie_name(web: Web) -> str:
    """The prefix makes browsers refuse the cookie from a subdomain or without TLS."""
    return "__Host-stayline_agent" if _is_production(web) else "stayline_agent"
