"""Whose requests are counted together when nobody is signed in: the client's address, behind trusted proxies too."""

import functools
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Literal

from starlette.types import Scope

# Clients on a Unix socket have no address, and neither have those whose server does not know it.
UNKNOWN = "unknown"

# One customer has a /64 at least (RFC 6177), and may change the address within it for every request.
_IPV6_PREFIX_LENGTH = 64

# The longest text of an address: IPv6 with an embedded IPv4 address, brackets and a port.
_MAX_TEXT_LENGTH = 53
# Addresses whose reading is remembered, a few hundred bytes each: as many as are active at one time.
_REMEMBERED = 10_000

_Header = Literal["x-forwarded-for", "forwarded"]


class ClientAddresses:
    """Finds the address that a request is counted under.

    That is the peer's, unless the peer is a trusted proxy. Then the header is read from the right, where each proxy
    added whom it spoke to: the first address that is no trusted proxy is the client's. What stands further left was
    written by the client itself. One header is read, that of the proxies: the other is the client's to write.
    """

    def __init__(self, trusted_proxies: Sequence[str], header: _Header = "x-forwarded-for") -> None:
        self._header = header.encode()
        self._address_in = _address_of_element if header == "forwarded" else str.strip
        self._trusted = [ip_network(network, strict=False) for network in trusted_proxies]
        self._read = functools.lru_cache(_REMEMBERED)(self._read_anew)

    def find(self, scope: Scope) -> str:
        """Return the key of a request's client: an IPv4 address, an IPv6 network, or `UNKNOWN`."""
        client = scope.get("client")
        if client is None:
            return UNKNOWN
        key, is_trusted = self._read(client[0])
        if key is None:
            return UNKNOWN
        return self._walk(scope, key) if is_trusted else key

    def _walk(self, scope: Scope, peer: str) -> str:
        lines = [value for name, value in scope["headers"] if name == self._header]
        nearest = peer
        for text in reversed(b",".join(lines).decode("latin-1").split(",")):
            key, is_trusted = self._read(self._address_in(text))
            if key is None:
                break  # what stands left of it was handed on by nobody whom we know
            nearest = key
            if not is_trusted:
                break
        return nearest

    def _read_anew(self, text: str) -> tuple[str | None, bool]:
        """Return the key of an address and whether it is a trusted proxy; no key if it is no address."""
        address = _parse(text) if len(text) <= _MAX_TEXT_LENGTH else None
        if address is None:
            return None, False
        return _key_of(address), any(address in network for network in self._trusted)


def _address_of_element(element: str) -> str:
    """Return what an element of `Forwarded` has for `for` (RFC 7239, section 4), or nothing.

    Elements are cut at each comma, within quotes too: no address has one, and a quote that a client leaves open must
    not reach the elements on its right.
    """
    for pair in element.split(";"):
        name, _, value = pair.partition("=")
        if name.strip().lower() == "for":
            return value.strip().strip('"')
    return ""


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]  # IPv4 with a port, as some proxies write it
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _key_of(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    network = int(address) >> (128 - _IPV6_PREFIX_LENGTH) << (128 - _IPV6_PREFIX_LENGTH)
    return f"{IPv6Address(network)}/{_IPV6_PREFIX_LENGTH}"
