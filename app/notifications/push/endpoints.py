"""Endpoints: the addresses at push services that browsers give away, which are anybody's word."""

import re
from dataclasses import dataclass
from typing import Self

# Those of the large push services have some 200 to 500 characters.
MAX_ENDPOINT_LENGTH = 2_048

# Narrower than RFC 3986, so that no two programs can read it in two ways: no user, no fragment, no IPv6 literal, no
# backslash. The names of hosts are in ASCII, as browsers give them.
_SHAPE = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(:(?P<port>[1-9][0-9]{0,4}))?"
    r"/[!\"$-\[\]-~]*",
    re.ASCII | re.IGNORECASE,
)
_LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1"})
_DEFAULT_PORTS = {"http": 80, "https": 443}


class InvalidEndpointError(ValueError):
    """No push can go there; the text says why, for the one who gave it."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint in its parts."""

    scheme: str
    host: str
    port: int

    @classmethod
    def parse(cls, text: str, *, allows_loopback: bool) -> Self:
        """Read an endpoint: https on its own port at a name that can be public.

        `allows_loopback` lets it be on this machine, at any port and without TLS. Raises `InvalidEndpointError`.
        """
        match = _SHAPE.fullmatch(text)
        if match is None or len(text) > MAX_ENDPOINT_LENGTH:
            raise InvalidEndpointError("must be the https address of a push service")
        scheme, host = match["scheme"].lower(), match["host"].lower()
        port = int(match["port"] or _DEFAULT_PORTS[scheme])
        endpoint = cls(scheme, host, port)
        if port > 65_535:
            raise InvalidEndpointError("names a port that there cannot be")
        if allows_loopback and host in _LOOPBACK_HOSTS:
            return endpoint
        if scheme != "https" or port != _DEFAULT_PORTS["https"]:
            raise InvalidEndpointError("must be https, on port 443")
        # An address in any of its spellings (127.1, 0x7f000001) ends in a label that begins with a digit.
        if "." not in host or not host.rpartition(".")[2][0].isalpha():
            raise InvalidEndpointError("must name its host, not an address")
        return endpoint

    @property
    def origin(self) -> str:
        """The origin (RFC 6454), for which a push is signed."""
        port = "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"
