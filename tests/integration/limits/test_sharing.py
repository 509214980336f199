"""Several processes, one budget: what they know of each other through a real cache server."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import redis.asyncio
from fastapi import FastAPI
from pydantic import SecretStr

from app.bootstrap import apply_migrations
from app.core.settings import Settings
from app.embedded.server import LOOPBACK
from tests.integration.limits.conftest import OpenClient, StartService, eventually, statuses, total_of
from tests.integration.local_stack.local_process import clean_environment
from tests.ports import find_free_port

PROVIDERS = "/api/v1/auth/providers"


async def has_reached(shared_counts: redis.asyncio.Redis, count: int) -> bool:
    return await total_of(shared_counts) >= count


async def is_refused(client: httpx.AsyncClient) -> bool:
    return (await client.get(PROVIDERS)).status_code == 429


class TestTwoServices:
    async def test_share_one_budget(
        self, start_service: StartService, open_client_of: OpenClient, shared_counts: redis.asyncio.Redis
    ) -> None:
        first, second = [open_client_of(await start_service(address="10/hour")) for _ in range(2)]
        assert await statuses(first, PROVIDERS, 9) == [200] * 9
        await eventually(lambda: has_reached(shared_counts, 9))

        # With the first request that it counts, the second one learns what the first one admitted.
        assert await statuses(second, PROVIDERS, 1) == [200]
        await eventually(lambda: has_reached(shared_counts, 10))
        await eventually(lambda: is_refused(second))

        # The first one may admit what it believed to remain.
        assert (await statuses(first, PROVIDERS, 20)).count(200) == 1

    async def test_are_told_the_counts_of_one_that_ends(
        self,
        make_service: Callable[..., FastAPI],
        open_client_of: OpenClient,
        shared_counts: redis.asyncio.Redis,
    ) -> None:
        other = make_service(address="10/hour")
        async with other.router.lifespan_context(other):
            assert await statuses(open_client_of(other), PROVIDERS, 9) == [200] * 9

        assert await total_of(shared_counts) == 9

    async def test_leave_no_key_for_ever(
        self, start_service: StartService, open_client_of: OpenClient, shared_counts: redis.asyncio.Redis
    ) -> None:
        assert await statuses(open_client_of(await start_service(address="10/minute")), PROVIDERS, 3) == [200] * 3
        await eventually(lambda: has_reached(shared_counts, 3))

        (key,) = [key async for key in shared_counts.scan_iter()]
        assert 0 < await shared_counts.pttl(key) <= 120_000


class TestTwoProcesses:
    LIMIT, BURST = 60, 10

    async def test_overshoot_by_no_more_than_one_burst(
        self, settings: Settings, shared_counts: redis.asyncio.Redis
    ) -> None:
        """The bound of the documents: the limit, and what the other process admits before it has heard."""
        database = f"limits-{os.getpid()}"
        await apply_migrations(
            settings.model_copy(update={"mongo": settings.mongo.model_copy(update={"database": database})})
        )
        variables = {
            "TASKFLEET_PROFILE": "local",
            "TASKFLEET_MONGO_URL": settings.mongo.url.get_secret_value(),
            "TASKFLEET_MONGO_DATABASE": database,
            "TASKFLEET_JWT_PRIVATE_KEY_FILE": str(settings.jwt.private_key_file),
            "TASKFLEET_REDIS_URL": _text(settings.cache.url),
            "TASKFLEET_RATE_LIMIT_ADDRESS": f"{self.LIMIT}/day",
        }
        async with serving(variables) as first, serving(variables) as second:
            admitted, bursts = 0, []
            while bursts[-2:] != [0, 0]:
                for client in (first, second):
                    bursts.append((await statuses(client, PROVIDERS, self.BURST)).count(200))
                    admitted += bursts[-1]
                    expected = admitted
                    await eventually(lambda expected=expected: has_reached(shared_counts, expected))

        assert self.LIMIT <= admitted <= self.LIMIT + self.BURST
        assert await total_of(shared_counts) == admitted


def _text(url: SecretStr | None) -> str:
    assert url is not None
    return url.get_secret_value()


@asynccontextmanager
async def serving(settings: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service in a process of its own."""
    port = find_free_port()
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port)]
    process = await asyncio.create_subprocess_exec(
        *command, env=clean_environment(**settings), stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{port}") as client:
            await eventually(lambda: is_alive(client))
            yield client
    finally:
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), 60)


async def is_alive(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/livez")).status_code == 200
    except httpx.TransportError:
        return False
