"""Signed links that work without signing in: the unsubscribe link of every e-mail."""

from typing import NamedTuple

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from desk.errors import NotFound

AUDIENCE = "unsubscribe"
LONGEST_TOKEN = 1_000


class Subscription(NamedTuple):
    """What a link ends: one customer's messages on one channel."""

    customer_id: int
    channel: str


def unsubscribe_token(secret: str, customer_id: int, channel: str) -> str:
    """A token that never ends, because an old e-mail must still be able to unsubscribe."""
    claims = {"aud": AUDIENCE, "sub": str(customer_id), "channel": channel}
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(secret))


def read_unsubscribe_token(secret: str, token: str) -> Subscription:
    """Raises `NotFound` for anything this secret did not sign as an unsubscribe link."""
    if len(token) > LONGEST_TOKEN:
        raise NotFound("unsubscribe link")
    try:
        claims = jwt.decode(token, OctKey.import_key(secret), algorithms=["HS256"]).claims
        if claims["aud"] != AUDIENCE:
            raise NotFound("unsubscribe link")
        return Subscription(int(claims["sub"]), str(claims["channel"]))
    except (JoseError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise NotFound("unsubscribe link") from error
