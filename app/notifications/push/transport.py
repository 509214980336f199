"""Connections to push services, made to the very address that was checked, whatever the name leads to by then."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpcore
import httpx

from app.core.cookieless import make_cookie_refusal
from app.notifications.lane import SLOTS
from app.notifications.push.addresses import AddressPolicy

# Looks a name up: the addresses of a host, in the order in which to try them.
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

# Looking up, connecting and TLS take some tenths of a second from anywhere to anywhere.
_LOOKUP_SECONDS = 3.0
CONNECT_SECONDS = 3.0
# Pushes go to few services, each of which closes what is idle for some minutes.
_KEEPALIVE_SECONDS = 60.0


class UnknownHostError(Exception):
    """The name leads nowhere at present."""


class RefusedAddressError(Exception):
    """The name leads to no address that a push may go to."""


class CheckedAddresses:
    """Finds the addresses of a host that a push may go to."""

    def __init__(self, policy: AddressPolicy, resolve: Resolve) -> None:
        self._policy = policy
        self._resolve = resolve

    async def find(self, host: str, port: int) -> Sequence[str]:
        """Return at least one address. Raises `UnknownHostError` or `RefusedAddressError`."""
        try:
            async with asyncio.timeout(_LOOKUP_SECONDS):
                found = await self._resolve(host, port)
        except (OSError, UnicodeError):  # a `TimeoutError` is one, too
            raise UnknownHostError from None
        permitted = [address for address in dict.fromkeys(found) if self._policy.permits(address)]
        if not permitted:
            raise RefusedAddressError if found else UnknownHostError
        return permitted


def choose_tried(addresses: Sequence[str]) -> Sequence[str]:
    """Return the first address and the first of the other family, or else the next: two, for which there is time.

    Where a network has no way out by one family, all addresses of it fail alike.
    """
    first, *others = addresses
    of_other_family = [address for address in others if (":" in address) != (":" in first)]
    return [first, *(of_other_family or others)[:1]]


class _CheckedBackend(httpcore.AsyncNetworkBackend):
    """Connects to addresses; TLS, which comes after it, and the request go on naming the host."""

    def __init__(self, addresses: CheckedAddresses) -> None:
        self._addresses = addresses
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        *first, last = choose_tried(await self._addresses.find(host, port))
        for address in first:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._inner.connect_tcp(last, port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class _CheckedTransport(httpx.AsyncHTTPTransport):
    """The transport of httpx on a pool of connections to checked addresses.

    The pool knows its connections by the names of their hosts, so that none is used for another host whose
    certificate was not looked at. The pool is httpx's own in all else; the tests notice if it should lose its name.
    """

    def __init__(self, addresses: CheckedAddresses, tls: ssl.SSLContext) -> None:
        super().__init__(verify=tls, trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=SLOTS,  # no more pushes are under way
            max_keepalive_connections=SLOTS,
            keepalive_expiry=_KEEPALIVE_SECONDS,
            network_backend=_CheckedBackend(addresses),
        )


@asynccontextmanager
async def open_checked_http(
    addresses: CheckedAddresses, timeout_seconds: float, tls: ssl.SSLContext | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client that follows no redirects, keeps no cookies and uses no proxy, which would do the looking up."""
    transport = _CheckedTransport(addresses, tls or httpx.create_ssl_context())
    async with httpx.AsyncClient(
        transport=transport,
        timeout=httpx.Timeout(timeout_seconds, connect=CONNECT_SECONDS),
        follow_redirects=False,
        trust_env=False,
        cookies=make_cookie_refusal(),
    ) as client:
        yield client
