"""A sharded cluster that somebody started (`make sharded-cluster`), or what rehearses its tests without one.

The stand-in is a mongod behind something that calls itself mongos and keeps a catalogue. It routes nothing: with it,
the tests show that they can be carried out and that the service works through a router's answers. What they say of
routing they say on a real cluster alone.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from app.core.settings import CacheSettings, JwtSettings, MongoSettings, RateLimitSettings, RuntimeSettings, Settings
from app.embedded.cache import EmbeddedCache
from app.embedded.mongo import EmbeddedMongo
from app.main import create_app
from tests import environment
from tests.fakes.cluster import FakeCluster
from tests.fakes.router import FakeRouter
from tests.integration.data.test_sharded_migration import Result, migrate
from tests.sharded.routing import Recorder
from tests.waiting import DEADLINE_SECONDS, until

NO_CLUSTER = "needs a sharded cluster, named by TASKFLEET_TEST_SHARDED_URL; `make sharded-cluster` starts one"


@dataclass
class Cluster:
    """A cluster with a migrated database, and the services that tests start on it."""

    url: str
    database: AsyncDatabase[dict[str, Any]]
    settings: Settings
    first_migration: Result
    services: AsyncExitStack
    recorder: Recorder
    is_real: bool

    @property
    def admin(self) -> AsyncDatabase[dict[str, Any]]:
        """What a router says of itself."""
        return self.database.client["admin"]

    async def start_service(self) -> FastAPI:
        """Start one more process' worth of the service."""
        app = create_app(self.settings, listeners=[self.recorder])
        await self.services.enter_async_context(app.router.lifespan_context(app))
        return app

    async def client_of(self, app: FastAPI) -> httpx.AsyncClient:
        """A client that is not signed in."""
        transport = httpx.ASGITransport(app)
        return await self.services.enter_async_context(
            httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000", timeout=30)
        )

    async def sign_in(self, app: FastAPI, email: str) -> httpx.AsyncClient:
        """A client of somebody who is signed in."""
        client = await self.client_of(app)
        answer = await client.post("/api/v1/auth/dev/login", json={"email": email})
        answer.raise_for_status()
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return client


@asynccontextmanager
async def open_cluster(url: str, cache_url: str, key: Path, *, is_real: bool) -> AsyncIterator[Cluster]:
    """Migrate a database of its own."""
    name = f"routed-{os.getpid()}"
    async with AsyncExitStack() as services:
        client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(url, uuidRepresentation="standard", tz_aware=True)
        services.push_async_callback(client.close)
        if is_real:  # the other one goes with its mongod
            services.push_async_callback(client.drop_database, name)
        yield Cluster(
            url=url,
            database=client[name],
            settings=Settings(
                runtime=RuntimeSettings(profile="local"),
                mongo=MongoSettings(url=url, database=name, driver=environment.mongo_driver()),
                cache=CacheSettings(url=cache_url),
                jwt=JwtSettings(private_key_file=key),
                rate_limits=RateLimitSettings(user=None, address=None, auth=None),
            ),
            first_migration=await migrate(url, client[name], "--sharded"),
            services=services,
            recorder=Recorder(name),
            is_real=is_real,
        )


@contextmanager
def run_stand_in(mongod_port: int) -> Iterator[str]:
    """Keep a stand-in for mongos in a thread of its own, since Motor blocks the event loop while it is closed."""
    ready: Future[tuple[int, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        router, stop = FakeRouter(FakeCluster({"first": set(), "second": set()}), mongod_port), asyncio.Event()
        async with router.listen():
            ready.set_result((router.port, asyncio.get_running_loop(), stop))
            await stop.wait()
            # Its clients are closed by now; each conversation ends once it hears of that.
            await until(lambda: len(asyncio.all_tasks()) == 1)

    with ThreadPoolExecutor(max_workers=1) as pool:
        served = pool.submit(asyncio.run, serve())
        port, loop, stop = ready.result(timeout=DEADLINE_SECONDS)
        try:
            yield f"mongodb://127.0.0.1:{port}/"
        finally:
            loop.call_soon_threadsafe(stop.set)
            served.result()


@pytest.fixture(scope="session")
async def rehearsal(
    mongo: EmbeddedMongo, cache_server: EmbeddedCache, signing_key_file: Path
) -> AsyncIterator[Cluster]:
    """The stand-in."""
    with run_stand_in(urlsplit(mongo.url).port or 0) as url:
        async with open_cluster(url, cache_server.url, signing_key_file, is_real=False) as cluster:
            yield cluster


@pytest.fixture(scope="session")
async def real_cluster(cache_server: EmbeddedCache, signing_key_file: Path) -> AsyncIterator[Cluster]:
    """The cluster that the environment names, with the cache server that it names or the embedded one."""
    url = environment.sharded_url()
    if url is None:
        pytest.skip(NO_CLUSTER)
    cache_url = environment.redis_url() or cache_server.url
    async with open_cluster(url, cache_url, signing_key_file, is_real=True) as cluster:
        yield cluster


@pytest.fixture(params=["rehearsal", "real_cluster"])
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """Either of them."""
    cluster: Cluster = request.getfixturevalue(request.param)
    return cluster
