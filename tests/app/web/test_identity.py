"""A token that is not exactly what the shop promises is refused, never linked to a customer."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from app.web.errors import NotSignedIn
from app.web.identity import mint_identity, read_identity
from db import tables
from tests.app.web.world import World

SECRET = "a secret of the shop that is long enough"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def claims(**changes: Any) -> dict[str, Any]:
    issued = int(NOW.timestamp())
    whole = {"sub": "ana", "aud": "stayline", "iat": issued, "exp": issued + 600, **changes}
    return {name: value for name, value in whole.items() if value is not None}


def signed(secret: str = SECRET, algorithm: str = "HS256", **changes: Any) -> str:
    return jwt.encode(
        {"alg": algorithm}, claims(**changes), OctKey.import_key(secret), algorithms=[algorithm]
    )


def unsigned(header: dict[str, Any], **changes: Any) -> str:
    parts = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
        for part in (header, claims(**changes))
    )
    return b".".join((*parts, b"")).decode()


def in_seconds(seconds: float) -> float:
    return (NOW + timedelta(seconds=seconds)).timestamp()


BAD_TOKENS = {
    "expired": signed(exp=in_seconds(-1)),
    "ends more than an hour ahead": signed(exp=in_seconds(3700)),
    "never ends": signed(exp=None),
    "ends at no number": signed(exp=float("nan")),
    "ends at infinity": signed(exp=float("inf")),
    "issued in the future": signed(iat=in_seconds(600)),
    "not issued": signed(iat=None),
    "other audience": signed(aud="another-service"),
    "no audience": signed(aud=None),
    "no subject": signed(sub=None),
    "empty subject": signed(sub=""),
    "subject is a number": signed(sub=5),
    "subject too long": signed(sub="x" * 201),
    "subject with NUL": signed(sub="a\x00"),
    "other secret": signed("another secret that is also long enough"),
    "HS512 is not allowed": signed(algorithm="HS512"),
    "alg none": unsigned({"alg": "none"}),
    "alg None": unsigned({"alg": "NONE"}),
    "signature cut off": signed().rsplit(".", 1)[0] + ".",
    "payload changed": ".".join(
        [signed().split(".")[0], signed(sub="wei").split(".")[1], signed().split(".")[2]]
    ),
    "not a token": "hello",
    "too long": "x" * 5000,
    "nested deep": base64.urlsafe_b64encode(b"[" * 2500).decode() + ".e30.e30",
    "not text": "\u2603.\u2603.\u2603",
}


@pytest.mark.parametrize("token", BAD_TOKENS.values(), ids=BAD_TOKENS.keys())
def test_bad_token_is_refused(token: str) -> None:
    with pytest.raises(NotSignedIn):
        read_identity(SECRET, token, NOW)


def test_good_token_names_the_customer() -> None:
    assert read_identity(SECRET, signed(), NOW) == "ana"
    assert read_identity(SECRET, mint_identity(SECRET, "wei", NOW), NOW) == "wei"


def test_public_key_of_the_shop_accepts_es256_and_nothing_signed_with_that_text() -> None:
    private = ECKey.generate_key("P-256")
    public = private.as_pem(private=False).decode()
    token = jwt.encode({"alg": "ES256"}, claims(), private, algorithms=["ES256"])
    assert read_identity(public, token, NOW) == "ana"
    for forged in (
        signed(),
        jwt.encode({"alg": "ES256"}, claims(), ECKey.generate_key("P-256"), algorithms=["ES256"]),
    ):
        with pytest.raises(NotSignedIn):
            read_identity(public, forged, NOW)


def test_bad_token_opens_no_session(world: World) -> None:
    answer = world.http.post("/api/chat/sessions", json={"identity": unsigned({"alg": "none"})})
    assert answer.status_code == 401
    assert "identity token" in answer.json()["error"]


def test_without_a_token_the_chat_is_anonymous(world: World) -> None:
    visitor = world.visitor()
    assert visitor.opened["verified"] is False
    assert world.conversation(visitor).customer_id is None


def test_bearer_of_one_customer_does_not_open_their_chat_for_the_next(world: World) -> None:
    first = world.customer()
    body = {"identity": world.identity("somebody-else")}
    answer = world.http.post("/api/chat/sessions", json=body, headers=first.headers).json()
    assert answer["conversation"] != first.conversation
    assert answer["token"] != first.token


def test_only_the_hash_of_a_session_token_is_stored(world: World) -> None:
    visitor = world.visitor()
    with world.read() as session:
        assert session.get(tables.ChatSession, visitor.token) is None
