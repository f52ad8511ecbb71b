"""Signed links that work without signing in: unsubscribe and preferences, and the clicks of an e-mail."""

from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from desk.errors import NotFound

UNSUBSCRIBE = "unsubscribe"
CLICK = "click"
LONGEST_TOKEN = 2_000


class Subscription(NamedTuple):
    """What a link ends: one customer's messages on one channel."""

    customer_id: int
    channel: str


class Click(NamedTuple):
    """What a link in a mail leads to, and the follow-up it stood in."""

    follow_up_id: int
    url: str


def unsubscribe_token(secret: str, customer_id: int, channel: str) -> str:
    """A token that never ends, because an old e-mail must still be able to unsubscribe."""
    return _signed(secret, {"aud": UNSUBSCRIBE, "sub": str(customer_id), "channel": channel})


def read_unsubscribe_token(secret: str, token: str) -> Subscription:
    """Raises `NotFound` for anything this secret did not sign as an unsubscribe link."""
    claims = _claims(secret, token, UNSUBSCRIBE, "unsubscribe link")
    try:
        return Subscription(int(claims["sub"]), str(claims["channel"]))
    except (ValueError, KeyError, TypeError) as error:
        raise NotFound("unsubscribe link") from error


def click_token(secret: str, follow_up_id: int, url: str) -> str:
    return _signed(secret, {"aud": CLICK, "sub": str(follow_up_id), "url": url})


def read_click_token(secret: str, token: str) -> Click:
    """Raises `NotFound` for anything this secret did not sign as a link of a mail."""
    claims = _claims(secret, token, CLICK, "link")
    try:
        return Click(int(claims["sub"]), str(claims["url"]))
    except (ValueError, KeyError, TypeError) as error:
        raise NotFound("link") from error


def leads_to(url: str, hosts: frozenset[str]) -> bool:
    """Whether a browser that follows `url` ends at one of these hosts: plain http or https, nobody's password."""
    if "\\" in url or any(ord(character) <= 0x20 or ord(character) == 0x7F for character in url):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and "@" not in parts.netloc and parts.netloc.lower() in hosts


@lru_cache(maxsize=8)
def _key(secret: str) -> OctKey:
    return OctKey.import_key(secret)


def _signed(secret: str, claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "HS256"}, claims, _key(secret))


def _claims(secret: str, token: str, audience: str, what: str) -> dict[str, Any]:
    if len(token) > LONGEST_TOKEN:
        raise NotFound(what)
    try:
        claims: dict[str, Any] = jwt.decode(token, _key(secret), algorithms=["HS256"]).claims
    except (JoseError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise NotFound(what) from error
    if claims.get("aud") != audience:
        raise NotFound(what)
    return claims
