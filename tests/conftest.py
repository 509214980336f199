"""What all tests stand on: real servers for a process, an empty database and a standing clock for a test."""

import functools
import gc
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import pytest
import structlog
from fastapi import FastAPI
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.write_concern import WriteConcern

from app.api import token_uses
from app.auth import erasure
from app.bootstrap import COLLECTIONS, apply_migrations
from app.core.settings import (
    CacheSettings,
    JwtSettings,
    MongoSettings,
    NotificationSettings,
    RateLimitSettings,
    RuntimeSettings,
    Settings,
)
from app.core.signing_keys import generate_signing_key
from app.data.leases import LEASES
from app.data.migrations import MIGRATIONS
from app.data.store import Store
from app.embedded.cache import EmbeddedCache
from app.embedded.mongo import EmbeddedMongo
from app.main import create_app
from tests import environment
from tests.architecture.inspection import Inspection
from tests.factories.web_dist import make_web_dist
from tests.fakes.clock import FakeClock
from tests.servers import FailPoint, fail_commands, make_cache, make_mongo
from tests.split_apps import SplitTransport, run_apart
from tests.tracing import leave_driver_threads_out
from tests.waiting import until

environment.isolate()
# By default an example may take 200 ms of wall time, and making ten of them a second, which a busy machine may spend
# on others. In CI the parent is Hypothesis' own profile for it, with the same examples each time.
hypothesis.settings.register_profile(
    "unhurried",
    parent=hypothesis.settings.get_profile(hypothesis.settings.get_current_profile_name()),
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("unhurried")
# The default shows every local variable, which takes seconds for each exception that a test provokes.
structlog.configure(processors=[structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)])

BASE_URL = "http://127.0.0.1:8000"


async def until_cached(app: FastAPI) -> None:
    """Return when a process that has just started believes its cache server, which it watches for a moment first."""
    await until(lambda: b"taskfleet_cache_breaker_open 0.0" in app.state.metrics.render())


SignIn = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.hookimpl(trylast=True)
def pytest_sessionstart() -> None:
    """Begin once the measurement of coverage, if there is one, has begun."""
    leave_driver_threads_out()


def pytest_collection_finish() -> None:
    """Leave what was collected, all modules and tests, out of what is looked through for garbage from now on.

    Else the process stands still for up to a second now and then, and a service in it takes that for an outage.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _quiet_background() -> Iterator[None]:
    """Keep what processes write once a minute out of the tests that count commands, whichever test began it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(token_uses, "PERIOD_SECONDS", 3_600)
        patch.setattr(erasure, "_PERIOD_SECONDS", 3_600)
        yield


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
def push_key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The key of this run that signs web pushes."""
    path = tmp_path_factory.mktemp("keys") / "vapid-key.pem"
    generate_signing_key(path)
    return path


@pytest.fixture(scope="session")
def web_dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built browser app; nobody changes it."""
    return make_web_dist(tmp_path_factory.mktemp("web") / "dist")


@pytest.fixture(scope="session")
def settings(
    mongo: EmbeddedMongo, cache_server: EmbeddedCache, signing_key_file: Path, push_key_file: Path
) -> Settings:
    """The local profile on the servers of this test process."""
    return Settings(
        runtime=RuntimeSettings(profile="local"),
        mongo=MongoSettings(url=mongo.url, database="taskfleet_test", driver=environment.mongo_driver()),
        cache=CacheSettings(url=cache_server.url),
        jwt=JwtSettings(private_key_file=signing_key_file),
        # Or any test would see what it looks for in the background.
        notifications=NotificationSettings(deliver_in_api=False, vapid_private_key_file=push_key_file),
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
def inspection(settings: Settings) -> Iterator[Inspection]:
    """What watches every command that the service sends to MongoDB."""
    url, database = settings.mongo.url.get_secret_value(), settings.mongo.database
    inspection = Inspection(database, url, (LEASES, MIGRATIONS, *COLLECTIONS))
    _INSPECTIONS.append(inspection)
    yield inspection
    _INSPECTIONS.remove(inspection)
    inspection.close()


_INSPECTIONS: list[Inspection] = []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test that made the service break a rule of the data layer."""
    try:
        result = yield
        for inspection in _INSPECTIONS:
            inspection.verify()
        return result
    finally:
        for inspection in _INSPECTIONS:
            inspection.forget()


@pytest.fixture(scope="session")
async def _schema(settings: Settings) -> None:
    """The collections and indexes, made once."""
    await apply_migrations(settings)


@pytest.fixture(scope="session")
async def _store(
    settings: Settings, _clock: FakeClock, inspection: Inspection, _schema: None
) -> AsyncIterator[Store]:
    store = Store.open(settings.mongo, _clock, [inspection])
    yield store
    await store.close()


@pytest.fixture(scope="session")
async def _app(
    settings: Settings, _clock: FakeClock, inspection: Inspection, _schema: None
) -> AsyncIterator[FastAPI]:
    app = create_app(settings, clock=_clock, listeners=[inspection])
    async with app.router.lifespan_context(app):
        await until_cached(app)
        yield app


@pytest.fixture(scope="session")
async def raw_database(settings: Settings) -> AsyncIterator[AsyncDatabase[dict[str, Any]]]:
    """The same database past the service, for what a test arranges and asserts; nobody inspects it."""
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
        settings.mongo.url.get_secret_value(), uuidRepresentation="standard", tz_aware=True
    )
    # The service reads what a majority holds, and must see what a test arranges.
    yield client.get_database(settings.mongo.database, write_concern=WriteConcern("majority"))
    await client.close()


async def _sweep(database: AsyncDatabase[dict[str, Any]]) -> None:
    """Empty every collection but the record of migrations; none is dropped, because indexes take long to make."""
    quick = WriteConcern(w=1, j=False)
    names = [name for name in await database.list_collection_names() if name != MIGRATIONS.name]
    # Most are empty, and to ask all at once takes a fifth of the 7.5 ms of as many commands that delete nothing.
    async for filled in await database[LEASES.name].aggregate(
        [
            {"$match": {"_id": {"$in": []}}},
            *({"$unionWith": {"coll": name, "pipeline": _name_if_filled(name)}} for name in names),
        ]
    ):
        await database[filled["_id"]].with_options(write_concern=quick).delete_many({})
    await database[LEASES.name].delete_many({})  # by a majority, which confirms all of the above with it


def _name_if_filled(collection: str) -> list[dict[str, Any]]:
    return [{"$limit": 1}, {"$project": {"_id": {"$literal": collection}}}]


@pytest.fixture
def driver_may_leak_sockets() -> Iterator[None]:
    """For tests of faults: PyMongo Async closes no socket of an operation or a connect that is cancelled."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield
        gc.collect()


@pytest.fixture
async def store(_store: Store, raw_database: AsyncDatabase[dict[str, Any]], clock: FakeClock) -> Store:
    """The data layer on an empty database."""
    await _store.transactions.drain()
    await _sweep(raw_database)
    return _store


@pytest.fixture
async def app(_app: FastAPI, raw_database: AsyncDatabase[dict[str, Any]], clock: FakeClock) -> FastAPI:
    """The running service on an empty database and an empty cache."""
    await _app.state.store.transactions.drain()
    await _app.state.token_uses.flush()  # or the test would see a command of the one before
    await _sweep(raw_database)
    await _app.state.cache.redis.execute_command("FLUSHALL")
    return _app


@pytest.fixture
def forget_answers(app: FastAPI) -> Callable[[], Awaitable[None]]:
    """Makes the service forget its cached answers, as it does by itself some seconds later."""

    async def forget() -> None:
        await app.state.cache.redis.execute_command("FLUSHALL")

    return forget


@pytest.fixture(scope="session")
async def _split_apps(
    settings: Settings, signing_key_file: Path, _clock: FakeClock, inspection: Inspection, _schema: None
) -> AsyncIterator[Mapping[str, FastAPI]]:
    async with run_apart(settings, signing_key_file, _clock, [inspection]) as apps:
        for app in apps.values():
            await until_cached(app)
        yield apps


@pytest.fixture
def _transport(app: FastAPI, request: pytest.FixtureRequest) -> httpx.AsyncBaseTransport:
    """The way to the service: to the one app, or to the three of them where those are under test."""
    if not environment.is_split():
        return httpx.ASGITransport(app)
    return SplitTransport(request.getfixturevalue("_split_apps"))


@pytest.fixture
async def open_client(_transport: httpx.AsyncBaseTransport) -> AsyncIterator[Callable[..., httpx.AsyncClient]]:
    """Makes clients of the app; the arguments are those of `httpx.AsyncClient`."""
    async with AsyncExitStack() as stack:

        def make(**options: object) -> httpx.AsyncClient:
            client = httpx.AsyncClient(**{"transport": _transport, "base_url": BASE_URL, **options})
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


@pytest.fixture
async def failing(raw_database: AsyncDatabase[dict[str, Any]]) -> AsyncIterator[FailPoint]:
    """Makes mongod fail commands of the service: `async with failing("update", times=1, errorCode=112)`."""
    admin = raw_database.client.admin
    yield functools.partial(fail_commands, admin)
    # Whatever was left open would keep its documents locked for a minute.
    await admin.command({"killAllSessions": []})
