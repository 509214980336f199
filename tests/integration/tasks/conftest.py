"""A second process of the service beside the one that all tests have."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.main import create_app
from tests.architecture.inspection import Inspection
from tests.conftest import BASE_URL
from tests.fakes.clock import FakeClock


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
