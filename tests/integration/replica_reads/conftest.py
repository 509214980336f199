"""Services on a replica set of three, which tell who answered what."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)
from pymongo.read_concern import ReadConcern

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
from app.data import replica_reads
from app.data.leases import LEASES
from app.data.migrations import MIGRATIONS
from app.embedded.cache import EmbeddedCache
from app.main import create_app
from tests import environment
from tests.architecture.inspection import Inspection
from tests.fakes.clock import FakeClock
from tests.replica_set import Address, ReplicaSet, Role, run_replica_set

DATABASE = "replicas"
# Until a member has applied what another one has: the delay of the slow one, on a machine that is busy.
REPLICATION_SECONDS = 30.0


class Commands(CommandListener):
    """Which command went where: `(name, collection, address)`."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, object, Address]] = []

    def started(self, event: CommandStartedEvent) -> None:
        """Take note; called by the driver, from whatever thread."""
        if event.database_name == DATABASE:
            self.sent.append((event.command_name, event.command[event.command_name], event.connection_id))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """What became of a command is of no interest."""

    def failed(self, event: CommandFailedEvent) -> None:
        """What became of a command is of no interest."""

    def addresses(self) -> set[Address]:
        """Where all of them went since they were last forgotten."""
        return {address for _, _, address in self.sent}

    def count(self, name: str, collection: str, address: Address) -> int:
        """How many of a kind went there."""
        return self.sent.count((name, collection, address))


@dataclass(frozen=True)
class Service:
    """One process of the service, signed in as its caller."""

    app: FastAPI
    client: httpx.AsyncClient
    commands: Commands
    user_id: UUID

    def count(self, outcome: str) -> float:
        """How many requests had this outcome."""
        value = self.app.state.metrics.registry.get_sample_value(
            "taskfleet_replica_reads_total", {"outcome": outcome}
        )
        return value or 0.0

    async def add(self, title: str) -> dict[str, Any]:
        """Add a task."""
        answer = await self.client.post("/api/v1/tasks", json={"title": title, "labels": ["home"]})
        answer.raise_for_status()
        task: dict[str, Any] = answer.json()
        return task

    async def forget_answers(self) -> None:
        """Empty the cache, but for the session that asks."""
        await self.app.state.cache.redis.execute_command("FLUSHALL")
        (await self.client.get("/api/v1/tasks?limit=199")).raise_for_status()


OpenService = Callable[..., Awaitable[Service]]
Replicated = Callable[[Role, Service], Awaitable[None]]

_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
async def replica_set(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ReplicaSet]:
    """The set of this test process, with the schema on it."""
    async with run_replica_set(tmp_path_factory.mktemp("replica-set")) as replica_set:
        await apply_migrations(Settings(runtime=RuntimeSettings(profile="local"), mongo=_mongo_settings(replica_set)))
        yield replica_set


def _mongo_settings(replica_set: ReplicaSet, role: Role | None = None, *, is_on: bool = False) -> MongoSettings:
    url = SecretStr(replica_set.url(role))
    return MongoSettings(url=url, database=DATABASE, driver=environment.mongo_driver(), replica_reads=is_on)


@pytest.fixture
def inspection_of_replicas(replica_set: ReplicaSet) -> Any:
    """Fails a test in which a command broke a rule of the data layer, wherever it went."""
    inspection = Inspection(DATABASE, replica_set.url(), (LEASES, MIGRATIONS, *COLLECTIONS))
    yield inspection
    inspection.verify()
    inspection.close()


@pytest.fixture
async def open_service(
    replica_set: ReplicaSet,
    cache_server: EmbeddedCache,
    signing_key_file: Path,
    inspection_of_replicas: Inspection,
) -> AsyncIterator[OpenService]:
    """`await open_service("prompt")` reads on that secondary, as a new user; `like=other` is that one's user."""
    async with AsyncExitStack() as stack:

        async def open_on(role: Role | None = None, *, is_on: bool = True, like: Service | None = None) -> Service:
            settings = Settings(
                runtime=RuntimeSettings(profile="local"),
                mongo=_mongo_settings(replica_set, role, is_on=is_on),
                cache=CacheSettings(url=SecretStr(cache_server.url)),
                jwt=JwtSettings(private_key_file=signing_key_file),
                rate_limits=RateLimitSettings(user=None, address=None, auth=None),
                # What it looks for in the background is asked of the primary.
                notifications=NotificationSettings(deliver_in_api=False),
            )
            commands = Commands()
            app = create_app(settings, clock=FakeClock(), listeners=[commands, inspection_of_replicas])
            await stack.enter_async_context(app.router.lifespan_context(app))
            client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000")
            await stack.enter_async_context(client)
            client.headers["Authorization"] = like.client.headers["Authorization"] if like else await sign_in(client)
            profile = await client.get("/api/v1/me")
            async with asyncio.timeout(REPLICATION_SECONDS):
                while commands.sent:  # a service that has just started may not trust the cache yet
                    commands.sent.clear()
                    profile = await client.get("/api/v1/me")
            return Service(app, client, commands, UUID(profile.json()["id"]))

        yield open_on


async def sign_in(client: httpx.AsyncClient) -> str:
    """Make a new user; return the header that tells who it is."""
    answer = await client.post("/api/v1/auth/dev/login", json={"email": f"user-{next(_NUMBERS)}@example.com"})
    return f"Bearer {answer.json()['access_token']}"


@pytest.fixture
def replicated(replica_set: ReplicaSet) -> Replicated:
    """Waits until a member holds what the primary holds of a user."""

    async def find(role: Role, service: Service) -> Any:
        users = replica_set.client(role)[DATABASE].get_collection("users", read_concern=ReadConcern("majority"))
        return await users.find_one({"_id": service.user_id})

    async def wait_for(role: Role, service: Service) -> None:
        current = await find("primary", service)
        async with asyncio.timeout(REPLICATION_SECONDS):
            while await find(role, service) != current:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.02)

    return wait_for


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of who answers: a machine that is busy may be slow, and every request asks a secondary."""
    monkeypatch.setattr(replica_reads, "PATIENCE_SECONDS", 3.0)
    monkeypatch.setattr(replica_reads, "PAUSE_SECONDS", 0.0)
