"""Where a request comes from, when only so many proxies in front of us may be believed."""

import ipaddress
import logging
from functools import cache

from fastapi import Request

FORWARDED = "x-forwarded-for"
V6_HOUSEHOLD = 64  # bits that one customer of a provider usually gets

logger = logging.getLogger(__name__)


def client_address(request: Request, trusted_proxies: int) -> str:
    """The address that the outermost trusted proxy saw; what a browser claims beyond it counts for nothing."""
    peer = request.client.host if request.client else "unknown"
    told = [part.strip() for line in request.headers.getlist(FORWARDED) for part in line.split(",")]
    if told and not trusted_proxies:
        _advise()
    chain = [*told, peer]
    return chain[max(0, len(chain) - 1 - trusted_proxies)]


def place_of(request: Request, trusted_proxies: int) -> str:
    """What limits count by: the address, or for IPv6 the network of it that one household has."""
    address = client_address(request, trusted_proxies)
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((found, V6_HOUSEHOLD), strict=False))
    return str(getattr(found, "ipv4_mapped", None) or found)


def is_this_machine(request: Request) -> bool:
    """Whether a program of this machine asks by itself: a proxy that passes somebody on says so."""
    if request.client is None or FORWARDED in request.headers or "forwarded" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


@cache
def _advise() -> None:
    """Once for each process."""
    logger.warning(
        "a proxy passes requests on, and none is trusted: its customers count as one place. "
        "Set STAYLINE_TRUSTED_PROXIES to the number of proxies in front"
    )
