"""Who a browser is: the shop's signed word for it, and our own random tokens."""

import hashlib
import secrets
from datetime import datetime, timedelta

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey

from app.storable import storable
from app.web.errors import NotSignedIn

AUDIENCE = "stayline"
LONGEST_LIFE = timedelta(hours=1)
CLOCK_SKEW = timedelta(minutes=1)
LONGEST_TOKEN = 4_096
LONGEST_KEY = 200
UNPROVEN = (
    "The identity token is not valid: expected one signed by the shop for this service, at most 1 hour ahead."
)


def read_identity(secret: str, token: str, now: datetime) -> str:
    """The customer_key a token proves. Raises `NotSignedIn` for every token that does not.

    `secret` is the shared secret (HS256) or the shop's public key in PEM (ES256): the key decides the
    algorithm, the token does not.
    """
    if len(token) > LONGEST_TOKEN:
        raise NotSignedIn(UNPROVEN)
    key, algorithm = _key_of(secret)
    try:
        claims = jwt.decode(token, key, algorithms=[algorithm]).claims
        jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=int(CLOCK_SKEW.total_seconds()),
            aud={"essential": True, "value": AUDIENCE},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        ).validate(claims)
        in_time = now.timestamp() < claims["exp"] <= (now + LONGEST_LIFE).timestamp()
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise NotSignedIn(UNPROVEN) from error
    customer_key: str = claims["sub"]
    if not in_time or not 1 <= len(customer_key) <= LONGEST_KEY or storable(customer_key) != customer_key:
        raise NotSignedIn(UNPROVEN)
    return customer_key


def mint_identity(
    secret: str, customer_key: str, now: datetime, life: timedelta = timedelta(minutes=10)
) -> str:
    """A token as the shop's own server makes it; ours only for the demo shop."""
    issued = int(now.timestamp())
    claims = {"aud": AUDIENCE, "sub": customer_key, "iat": issued, "exp": issued + int(life.total_seconds())}
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(secret))


def new_token() -> str:
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> str:
    """What is stored of a token: enough to recognise it, not to use it."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def bearer(authorization: str | None) -> str | None:
    """The token of an Authorization header, or None when there is none."""
    scheme, _, token = (authorization or "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _key_of(secret: str) -> tuple[OctKey | ECKey, str]:
    if secret.startswith("-----BEGIN PUBLIC KEY-----"):
        return ECKey.import_key(secret), "ES256"
    return OctKey.import_key(secret), "HS256"
