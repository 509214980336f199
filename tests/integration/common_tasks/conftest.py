"""An administrator, and a second process that shares the cache server."""

from collections.abc import AsyncIterator, Awaitable, Callable
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
from tests.integration.tasks.calls import API, Json, expect

RawDatabase = AsyncDatabase[dict[str, Any]]

COMMON, ADMIN = f"{API}/common-tasks", f"{API}/admin/common-tasks"

MakeAdmin = Callable[[str], Awaitable[httpx.AsyncClient]]


async def add_common(admin: httpx.AsyncClient, title: str = "Back up the laptop", **fields: Any) -> Json:
    """Add a common task and return it."""
    return expect(await admin.post(ADMIN, json={"title": title, **fields}), 201)


async def titles_of(client: httpx.AsyncClient) -> list[str]:
    """Return the titles of the catalogue."""
    return [item["title"] for item in expect(await client.get(COMMON))["items"]]


@pytest.fixture
def make_admin(sign_in: SignIn, raw_database: RawDatabase) -> MakeAdmin:
    """Makes an administrator and signs them in."""

    async def make(email: str) -> httpx.AsyncClient:
        await sign_in(email)
        await raw_database["users"].update_one({"email": email}, {"$set": {"role": "admin"}})
        return await sign_in(email)  # a token tells the role that there was when it was made

    return make


@pytest.fixture
async def admin(make_admin: MakeAdmin) -> httpx.AsyncClient:
    """An administrator."""
    return await make_admin("root@example.com")


@pytest.fixture
async def other_admin(make_admin: MakeAdmin) -> httpx.AsyncClient:
    """Another one."""
    return await make_admin("other-root@example.com")


@pytest.fixture(scope="session")
async def _second_app(
    settings: Settings, _clock: FakeClock, inspection: Inspection, _app: FastAPI
) -> AsyncIterator[FastAPI]:
    app = create_app(settings, clock=_clock, listeners=[inspection])
    async with app.router.lifespan_context(app):
        await until_cached(app)
        yield app


@pytest.fixture(autouse=True)
async def _forget_catalogue(app: FastAPI, _second_app: FastAPI) -> None:
    """The database of every test is empty, and both processes remember that of the test before."""
    for process in (_second_app, app):
        await process.state.common_tasks.catalogue.forget()


@pytest.fixture
async def ann_elsewhere(_second_app: FastAPI, ann: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """The same user as `ann`, through another process."""
    async with _elsewhere(ann, _second_app) as client:
        yield client


@pytest.fixture
async def admin_elsewhere(_second_app: FastAPI, admin: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """The same administrator as `admin`, through another process."""
    async with _elsewhere(admin, _second_app) as client:
        yield client


def _elsewhere(client: httpx.AsyncClient, app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE_URL, headers=client.headers)
