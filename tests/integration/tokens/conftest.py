"""What the tests of personal tokens share: making them, sending them, and further processes."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pymongo.asynchronous.database import AsyncDatabase

from app.core.settings import Settings
from app.main import create_app
from tests.architecture.inspection import Inspection
from tests.conftest import BASE_URL, SignIn, until_cached
from tests.fakes.clock import FakeClock

ME, TASKS, TOKENS = "/api/v1/me", "/api/v1/tasks", "/api/v1/me/tokens"

Json = dict[str, Any]
RawDatabase = AsyncDatabase[dict[str, Any]]
OpenClient = Callable[..., httpx.AsyncClient]
MakeService = Callable[..., FastAPI]
StartService = Callable[..., Awaitable[FastAPI]]


async def make_token(owner: httpx.AsyncClient, *scopes: str, **fields: Any) -> Json:
    """Make a token for somebody who is signed in; without scopes, one that may read tasks."""
    draft = {"name": "Backup script", "scopes": list(scopes or ("tasks:read",)), **fields}
    answer = await owner.post(TOKENS, json=draft)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def bearer(secret: str) -> dict[str, str]:
    """The header of a request by a token."""
    return {"Authorization": f"Bearer {secret}"}


def assert_refused(answer: httpx.Response) -> None:
    """Check that a token is not accepted, and that its owner is told no more than that."""
    assert answer.status_code == 401, answer.text
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert answer.json()["type"] == "/problems/unauthenticated"


@pytest.fixture
async def admin(sign_in: SignIn, raw_database: RawDatabase) -> httpx.AsyncClient:
    """A signed-in administrator."""
    await sign_in("root@example.com")
    await raw_database["users"].update_one({"email": "root@example.com"}, {"$set": {"role": "admin"}})
    return await sign_in("root@example.com")


@pytest.fixture
def make_service(app: FastAPI, settings: Settings, clock: FakeClock, inspection: Inspection) -> MakeService:
    """Makes further processes on the same servers; the arguments replace groups of the settings."""

    def make(**groups: Any) -> FastAPI:
        return create_app(settings.model_copy(update=groups), clock=clock, listeners=[inspection])

    return make


@pytest.fixture
async def start_service(make_service: MakeService) -> AsyncIterator[StartService]:
    """Starts what `make_service` makes."""
    async with AsyncExitStack() as stack:

        async def start(**groups: Any) -> FastAPI:
            service = make_service(**groups)
            await stack.enter_async_context(service.router.lifespan_context(service))
            if "cache" not in groups:
                await until_cached(service)
            return service

        yield start


@pytest.fixture
async def open_client_of() -> AsyncIterator[OpenClient]:
    """Makes clients of a process that come from an address."""
    async with AsyncExitStack() as stack:

        def make(service: FastAPI, secret: str | None = None, address: str = "198.51.100.4") -> httpx.AsyncClient:
            transport = httpx.ASGITransport(service, client=(address, 4711))
            headers = {} if secret is None else bearer(secret)
            client = httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=headers)
            stack.push_async_callback(client.aclose)
            return client

        yield make
