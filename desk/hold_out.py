"""The sticky hold-out: a keyed hash of the customer, the same on every path and after every restart."""

import hmac
from hashlib import sha256


def is_held_out(customer_key: str, key: bytes, share: float) -> bool:
    """Whether this customer gets no offer and no follow-up, so that their effect can be measured against this group."""
    digest = hmac.new(key, customer_key.encode(), sha256).digest()
    return int.from_bytes(digest[:8]) < share * 2**64
