"""Further processes beside the one that all tests have: of the service, and of a migration."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.data.store import Store
from app.main import create_app
from app.tasks.earlier_reminders import PROGRESS
from tests.architecture.inspection import Inspection
from tests.conftest import BASE_URL
from tests.fakes.clock import FakeClock
from tests.integration.tasks.earlier import VERSION
from tests.integration.tasks.reminding import RawDatabase


@pytest.fixture(scope="session")
async def _other_app(
    settings: Settings, _clock: FakeClock, inspection: Inspection, _app: FastAPI
) -> AsyncIterator[FastAPI]:
    """Shares nothing with the first one but the database, as another replica would."""
    app = create_app(settings, clock=_clock, listeners=[inspection])
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def ann_elsewhere(_other_app: FastAPI, ann: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """The same user as `ann`, through the other process."""
    transport = httpx.ASGITransport(_other_app)
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=ann.headers) as client:
        yield client


@pytest.fixture
async def migrating(
    settings: Settings, clock: FakeClock, inspection: Inspection, app: FastAPI, raw_database: RawDatabase
) -> AsyncIterator[Store]:
    """The data layer of a process beside the service, on a database that was not migrated yet."""
    await raw_database["migrations"].delete_many({"_id": {"$in": [VERSION, PROGRESS]}})
    store = Store.open(settings.mongo, clock, [inspection])
    yield store
    await store.close()
