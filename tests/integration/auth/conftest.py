"""What the tests of sign-in and sessions share: apps with other settings, and browsers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pymongo.asynchronous.database import AsyncDatabase

from app.core.settings import HttpSettings, RuntimeSettings, Settings
from app.main import create_app
from tests.conftest import BASE_URL
from tests.fakes.clock import FakeClock

PRODUCTION_URL = "https://tasks.example.org"

RunApp = Callable[..., AbstractAsyncContextManager[FastAPI]]
OpenClient = Callable[..., httpx.AsyncClient]
RawDatabase = AsyncDatabase[dict[str, Any]]
LogIn = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def run_app(app: FastAPI, settings: Settings, clock: FakeClock) -> RunApp:
    """Runs a further app on the same database; the arguments replace groups of the settings."""

    @asynccontextmanager
    async def run(**groups: Any) -> AsyncIterator[FastAPI]:
        another = create_app(settings.model_copy(update=groups), clock=clock)
        async with another.router.lifespan_context(another):
            yield another

    return run


@pytest.fixture
def production() -> dict[str, Any]:
    """The groups of settings that make an app a production one, for `run_app`."""
    return {"runtime": RuntimeSettings(profile="production"), "http": HttpSettings(public_url=PRODUCTION_URL)}


def client_of(app: FastAPI, base_url: str = BASE_URL, **options: Any) -> httpx.AsyncClient:
    """A client of an app; to be used as a context manager."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base_url, **options)


@pytest.fixture
def browser(open_client: OpenClient) -> httpx.AsyncClient:
    """A client that keeps cookies and says, as browsers do, where its requests come from."""
    return open_client(headers={"Origin": BASE_URL, "Sec-Fetch-Site": "same-origin"})


@pytest.fixture
def log_in(client: httpx.AsyncClient) -> LogIn:
    """Signs in and returns the answer: `await log_in("ada@example.org", name="Ada")`."""

    async def log_in(
        email: str = "ada@example.org", via: httpx.AsyncClient = client, **fields: Any
    ) -> httpx.Response:
        return await via.post("/api/v1/auth/dev/login", json={"email": email, **fields})

    return log_in
