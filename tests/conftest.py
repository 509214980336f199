"""What all tests stand on: real servers for each test process, an empty database and a standing clock for each test."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from pymongo import AsyncMongoClient
from pymongo.monitoring import CommandListener
from pymongo.write_concern import WriteConcern

from app.core.settings import (
    CacheSettings,
    JwtSettings,
    MongoSettings,
    RateLimitSettings,
    RuntimeSettings,
    Settings,
)
from app.core.signing_keys import generate_signing_key
from app.data.store import Store
from app.embedded.cache import EmbeddedCache
from app.embedded.mongo import EmbeddedMongo
from tests import environment
from tests.fakes.clock import FakeClock
from tests.servers import make_cache, make_mongo

environment.isolate()

BASE_URL = "http://127.0.0.1:8000"

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.fixture(scope="session")
async def mongo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedMongo]:
    """The mongod of this test process."""
    async with make_mongo(tmp_path_factory.mktemp("mongo")) as server:
        yield server


@pytest.fixture(scope="session")
async def cache_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedCache]:
    """The cache server of this test process."""
    async with make_cache(tmp_path_factory.mktemp("cache")) as server:
        yield server


@pytest.fixture(scope="session")
def signing_key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An ES256 key of this run."""
    path = tmp_path_factory.mktemp("keys") / "signing-key.pem"
    generate_signing_key(path)
    return path


@pytest.fixture(scope="session")
def settings(mongo: EmbeddedMongo, cache_server: EmbeddedCache, signing_key_file: Path) -> Settings:
    """The local profile on the servers of this test process."""
    return Settings(
        runtime=RuntimeSettings(profile="local"),
        mongo=MongoSettings(url=mongo.url, database="taskfleet_test", driver=environment.mongo_driver()),
        cache=CacheSettings(url=cache_server.url),
        jwt=JwtSettings(private_key_file=signing_key_file),
        rate_limits=RateLimitSettings(user=None, address=None, auth=None),
    )


@pytest.fixture(scope="session")
def _clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def clock(_clock: FakeClock) -> FakeClock:
    """The clock that the app and the store go by; it starts at the same instant in every test."""
    _clock.reset()
    return _clock


@pytest.fixture(scope="session")
def listeners() -> list[CommandListener]:
    """What watches every command that the service sends to MongoDB."""
    return []


@pytest.fixture(scope="session")
async def _schema(settings: Settings) -> None:
    """The collections and indexes, made once."""
    try:
        from app.bootstrap import apply_migrations  # noqa: PLC0415
    except ModuleNotFoundError:  # until every feature is there
        await _apply_what_exists(settings)
    else:
        await apply_migrations(settings)


async def _apply_what_exists(settings: Settings) -> None:
    from app.core.clock import SystemClock
    from app.data.accounts import SESSIONS, USERS
    from app.data.idempotency import IDEMPOTENCY
    from app.data.migrations import Migrator
    from app.tasks.collections import TASK_COLLECTIONS

    store = Store.open(settings.mongo, SystemClock())
    await Migrator(store.database, SystemClock(), (USERS, SESSIONS, IDEMPOTENCY, *TASK_COLLECTIONS)).run()
    await store.close()


@pytest.fixture(scope="session")
async def _store(
    settings: Settings, _clock: FakeClock, listeners: list[CommandListener], _schema: None
) -> AsyncIterator[Store]:
    store = Store.open(settings.mongo, _clock, listeners)
    yield store
    await store.close()


@pytest.fixture(scope="session")
async def _app(
    settings: Settings, _clock: FakeClock, listeners: list[CommandListener], _schema: None
) -> AsyncIterator[FastAPI]:
    from app.main import create_app  # noqa: PLC0415 - many tests need no app

    app = create_app(settings, clock=_clock, listeners=listeners)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture(scope="session")
async def _sweeper(settings: Settings) -> AsyncIterator["Sweeper"]:
    client: AsyncMongoClient = AsyncMongoClient(settings.mongo.url.get_secret_value())
    yield Sweeper(client, settings.mongo.database)
    await client.close()


class Sweeper:
    """Empties the database without dropping anything, because indexes take long to make."""

    _KEPT = frozenset({"migrations"})

    def __init__(self, client: AsyncMongoClient, database: str) -> None:
        self._database = client.get_database(database, write_concern=WriteConcern(w=1, j=False))

    async def sweep(self) -> None:
        """Delete every document of every collection but the record of migrations."""
        for name in await self._database.list_collection_names():
            if name not in self._KEPT:
                await self._database[name].delete_many({})


@pytest.fixture
async def store(_store: Store, _sweeper: Sweeper, clock: FakeClock) -> Store:
    """The data layer on an empty database."""
    await _store.transactions.drain()
    await _sweeper.sweep()
    return _store


@pytest.fixture
async def app(_app: FastAPI, _sweeper: Sweeper, clock: FakeClock) -> FastAPI:
    """The running service on an empty database."""
    await _app.state.store.transactions.drain()
    await _sweeper.sweep()
    return _app


@pytest.fixture
async def open_client(app: FastAPI) -> AsyncIterator[Callable[..., httpx.AsyncClient]]:
    """Makes clients of the app; the arguments are those of `httpx.AsyncClient`."""
    async with AsyncExitStack() as stack:
        transport = httpx.ASGITransport(app)

        def make(**options: object) -> httpx.AsyncClient:
            client = httpx.AsyncClient(**{"transport": transport, "base_url": BASE_URL, **options})
            stack.push_async_callback(client.aclose)
            return client

        yield make


@pytest.fixture
def client(open_client: Callable[..., httpx.AsyncClient]) -> httpx.AsyncClient:
    """A client that is not signed in and is no browser."""
    return open_client()


@pytest.fixture
def sign_in(open_client: Callable[..., httpx.AsyncClient]) -> SignIn:
    """Signs somebody in: `await sign_in("ann@example.com")` is a client that sends the access token."""

    async def sign_in_as(email: str, name: str | None = None) -> httpx.AsyncClient:
        client = open_client()
        body = {"email": email} | ({} if name is None else {"name": name})
        answer = await client.post("/api/v1/auth/dev/login", json=body)
        answer.raise_for_status()
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return client

    return sign_in_as


@pytest.fixture
async def ann(sign_in: SignIn) -> httpx.AsyncClient:
    """A signed-in user."""
    return await sign_in("ann@example.com", "Ann")


@pytest.fixture
async def bob(sign_in: SignIn) -> httpx.AsyncClient:
    """Another signed-in user."""
    return await sign_in("bob@example.com", "Bob")
