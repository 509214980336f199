"""Limits hold, and nothing waits, while the cache server that the processes share their counts through is away."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
import redis
from fastapi import FastAPI
from pydantic import SecretStr

from app.core.settings import CacheSettings, RateLimitSettings, Settings
from app.embedded.cache import EmbeddedCache
from app.main import create_app
from tests.conftest import BASE_URL
from tests.faults.conftest import Victim
from tests.integration.limits.conftest import eventually

PROVIDERS = "/api/v1/auth/providers"
LIMIT = 40

# The promise: with the server frozen, nothing keeps the event loop for longer.
MAX_STALL_SECONDS = 0.05
# Another process on the machine may take the processor away, and would have to do so in every round.
ROUNDS = 5


class Watch:
    """Ticks on the event loop and remembers the longest time between two ticks."""

    def __init__(self) -> None:
        self.longest_stall_seconds = 0.0

    @asynccontextmanager
    async def ticking(self) -> AsyncIterator[None]:
        """Watch while the block runs."""
        task = asyncio.create_task(self._tick())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _tick(self) -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            self.longest_stall_seconds = max(self.longest_stall_seconds, now - last - 0.001)
            last = now


async def least_stall(act: Callable[[], Awaitable[object]]) -> float:
    """The longest stall of the event loop during an action, in the best of several rounds."""
    stalls = []
    for _ in range(ROUNDS):
        watch = Watch()
        async with watch.ticking():
            await act()
        stalls.append(watch.longest_stall_seconds)
        if stalls[-1] < MAX_STALL_SECONDS:
            break
    return min(stalls)


def url_of(victim: Victim) -> str:
    server = victim.server
    assert isinstance(server, EmbeddedCache)
    return server.url


@pytest.fixture
async def limited(app: FastAPI, settings: Settings, cache_victim: Victim) -> AsyncIterator[FastAPI]:
    """A service with limits that shares its counts through the victim."""
    changes = {
        "rate_limits": RateLimitSettings(user=None, address=f"{LIMIT}/day", auth=None),
        "cache": CacheSettings(url=SecretStr(url_of(cache_victim))),
    }
    service = create_app(settings.model_copy(update=changes))
    async with service.router.lifespan_context(service):
        await eventually(lambda: has_sample(service, "taskfleet_rate_limits_shared", 1))
        yield service
        cache_victim.thaw()


@pytest.fixture
async def client(limited: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(limited, client=("198.51.100.4", 4711))
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
        yield client


async def has_sample(service: FastAPI, name: str, least: float) -> bool:
    return (service.state.metrics.registry.get_sample_value(name) or 0) >= least


async def is_local(service: FastAPI) -> bool:
    return service.state.metrics.registry.get_sample_value("taskfleet_rate_limits_shared") == 0


async def shared_count(victim: Victim) -> int:
    async with redis.asyncio.Redis.from_url(url_of(victim)) as server:
        keys = [key async for key in server.scan_iter(match="rate-limit/*")]
        return sum(int(count) for count in await server.mget(keys)) if keys else 0


async def send(client: httpx.AsyncClient, times: int) -> list[int]:
    return [(await client.get(PROVIDERS)).status_code for _ in range(times)]


class TestACacheThatIsFrozen:
    async def test_neither_stalls_the_event_loop_nor_lifts_the_limits(
        self, client: httpx.AsyncClient, limited: FastAPI, cache_victim: Victim
    ) -> None:
        failures = "taskfleet_rate_limit_exchange_failures_total"
        cache_victim.freeze()
        found: list[int] = []

        async def send_until_it_is_noticed() -> None:
            before = limited.state.metrics.registry.get_sample_value(failures)

            async def has_failed_again() -> bool:
                found.extend(await send(client, 2))
                return await has_sample(limited, failures, before + 1)

            await eventually(has_failed_again)

        stall = await least_stall(send_until_it_is_noticed)

        assert stall < MAX_STALL_SECONDS
        assert await is_local(limited)
        found += await send(client, LIMIT)
        assert set(found) == {200, 429}
        assert found.count(200) == LIMIT

    async def test_learns_the_counts_when_it_is_thawed(
        self, client: httpx.AsyncClient, limited: FastAPI, cache_victim: Victim
    ) -> None:
        assert await send(client, 5) == [200] * 5
        await eventually(lambda: has_count(cache_victim, 5))
        cache_victim.freeze()
        assert await send(client, 20) == [200] * 20
        await eventually(lambda: is_local(limited))
        assert await send(client, 5) == [200] * 5
        cache_victim.thaw()

        await eventually(lambda: has_sample(limited, "taskfleet_rate_limits_shared", 1))
        await eventually(lambda: has_count(cache_victim, 30))
        # What was on its way when it froze may have been carried out as well as repeated.
        assert await shared_count(cache_victim) <= 30 + 20

    async def test_leaves_no_reply_for_the_next_question(
        self, client: httpx.AsyncClient, limited: FastAPI, cache_victim: Victim
    ) -> None:
        """A reply that comes too late belongs to a connection that is gone."""
        await send(client, 7)
        await eventually(lambda: has_count(cache_victim, 7))
        cache_victim.freeze()
        await send(client, 1)
        await eventually(lambda: is_local(limited))
        cache_victim.thaw()
        await eventually(lambda: has_sample(limited, "taskfleet_rate_limits_shared", 1))
        assert await send(client, 1) == [200]
        await eventually(lambda: has_count(cache_victim, 9))

        remaining = int((await client.get(PROVIDERS)).headers["X-RateLimit-Remaining"])
        assert LIMIT - 11 <= remaining <= LIMIT - 10


async def has_count(victim: Victim, least: int) -> bool:
    return await shared_count(victim) >= least


class TestACacheThatDies:
    async def test_leaves_the_limits_to_each_process_until_it_is_back(
        self, client: httpx.AsyncClient, limited: FastAPI, cache_victim: Victim
    ) -> None:
        assert await send(client, 10) == [200] * 10
        await eventually(lambda: has_count(cache_victim, 10))
        await cache_victim.kill()
        assert await send(client, 10) == [200] * 10
        await eventually(lambda: is_local(limited))

        await cache_victim.start()  # empty
        await eventually(lambda: has_sample(limited, "taskfleet_rate_limits_shared", 1))

        # What it had lost is brought back with what it was not told.
        await eventually(lambda: has_count(cache_victim, 20))
        assert await shared_count(cache_victim) == 20
        assert await send(client, LIMIT) == [200] * (LIMIT - 20) + [429] * 20


class TestTheWatch:
    async def test_notices_a_call_that_blocks(self, cache_victim: Victim) -> None:
        """The control: what slowapi does with its own Redis storage."""
        with redis.Redis.from_url(url_of(cache_victim), socket_timeout=0.2, retry=None) as blocking:
            blocking.ping()
            cache_victim.freeze()

            async def ask() -> None:
                await asyncio.sleep(0.01)
                with pytest.raises(redis.TimeoutError):
                    blocking.ping()
                await asyncio.sleep(0.01)

            stall = await least_stall(ask)
            cache_victim.thaw()

        assert stall > MAX_STALL_SECONDS
