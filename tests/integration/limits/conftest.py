"""Services with limits, on a cache server that has no counts from other tests."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import httpx
import pytest
import redis.asyncio
from fastapi import FastAPI

from app.core.settings import RateLimitSettings, Settings
from app.embedded.cache import EmbeddedCache
from app.main import create_app
from tests.conftest import BASE_URL
from tests.fakes.clock import FakeClock

# For what happens in the background ten times a second, on a machine that is busy.
PATIENCE_SECONDS = 20.0

StartService = Callable[..., Awaitable[FastAPI]]
OpenClient = Callable[..., httpx.AsyncClient]


async def eventually(is_so: Callable[[], Awaitable[bool]]) -> None:
    """Return when it is so."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await is_so():  # noqa: ASYNC110 - another process or a background task brings it about
            await asyncio.sleep(0.01)


async def statuses(client: httpx.AsyncClient, path: str, times: int) -> list[int]:
    """The statuses of so many requests, one after the other."""
    return [(await client.get(path)).status_code for _ in range(times)]


async def sign_in(client: httpx.AsyncClient, email: str) -> None:
    """Make a client send the access token of a user."""
    answer = await client.post("/api/v1/auth/dev/login", json={"email": email})
    answer.raise_for_status()
    client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


async def total_of(shared_counts: redis.asyncio.Redis) -> int:
    """The sum of all shared counts."""
    keys = [key async for key in shared_counts.scan_iter(match="rate-limit/*")]
    return sum(int(count or 0) for count in await shared_counts.mget(keys)) if keys else 0


@pytest.fixture
async def shared_counts(cache_server: EmbeddedCache) -> AsyncIterator[redis.asyncio.Redis]:
    """The cache server itself, emptied."""
    async with redis.asyncio.Redis.from_url(cache_server.url, decode_responses=True) as client:
        await client.flushdb()
        yield client


@pytest.fixture
def make_service(
    app: FastAPI, settings: Settings, clock: FakeClock, shared_counts: redis.asyncio.Redis
) -> Callable[..., FastAPI]:
    """Makes services with the given limits on the servers of this process; `app` is there for the empty database."""

    def make(
        trusted_proxies: tuple[str, ...] = (), forwarded_header: str = "x-forwarded-for", **limits: str
    ) -> FastAPI:
        off = {"user": None, "address": None, "auth": None}
        changes = {
            "rate_limits": RateLimitSettings(**{**off, **limits}),
            "http": settings.http.model_copy(
                update={"trusted_proxies": trusted_proxies, "forwarded_header": forwarded_header}
            ),
        }
        return create_app(settings.model_copy(update=changes), clock=clock)

    return make


@pytest.fixture
async def start_service(make_service: Callable[..., FastAPI]) -> AsyncIterator[StartService]:
    """Starts services; the arguments are those of `make_service`."""
    async with AsyncExitStack() as stack:

        async def start(**options: object) -> FastAPI:
            service = make_service(**options)
            await stack.enter_async_context(service.router.lifespan_context(service))
            return service

        yield start


@pytest.fixture
async def open_client_of() -> AsyncIterator[OpenClient]:
    """Makes clients of a service that come from an address."""
    async with AsyncExitStack() as stack:

        def make(service: FastAPI, address: str = "198.51.100.4") -> httpx.AsyncClient:
            transport = httpx.ASGITransport(service, client=(address, 4711))
            client = httpx.AsyncClient(transport=transport, base_url=BASE_URL)
            stack.push_async_callback(client.aclose)
            return client

        yield make
